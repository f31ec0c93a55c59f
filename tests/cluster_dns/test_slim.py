"""From API objects to zone-file lines: what of a Service and its slices reaches DNS."""

import pytest

from cluster_dns.slim import service_info, slice_info
from cluster_dns.zone import Zone
from kube.api.core_v1 import Service
from kube.api.discovery_v1 import EndpointSlice


def service(name: str = "db", **spec: object) -> Service:
    whole = {"ports": [{"name": "sql", "port": 5432}], **spec}
    return Service.from_dict({"metadata": {"name": name, "namespace": "shop"}, "spec": whole})


def endpoint_slice(*endpoints: dict, type_: str = "IPv4", labels: dict | None = None) -> EndpointSlice:
    labels = {"kubernetes.io/service-name": "db"} if labels is None else labels
    meta = {"name": "db-x", "namespace": "shop", "labels": labels}
    ports = [{"name": "sql", "port": 5432, "protocol": "TCP"}]
    return EndpointSlice.from_dict(
        {"metadata": meta, "addressType": type_, "endpoints": list(endpoints), "ports": ports}
    )


def lines(service: Service, *slices: EndpointSlice, name: str = "db", type_: str = "A") -> list[str]:
    zone = Zone()
    zone.set_namespace("shop", True)
    zone.set_service(service_info(service))
    for one in slices:
        if info := slice_info(one):
            zone.set_slice(info)
    answer = zone.resolve(f"{name}.shop.svc.cluster.local.", type_)
    assert answer is not None
    return [str(record) for record in answer.answers]


HEADLESS = service(clusterIP="None", clusterIPs=["None"])
DB = "db.shop.svc.cluster.local. 5 IN"


@pytest.mark.parametrize(
    ("spec", "type_", "expected"),
    [
        ({"clusterIP": "10.96.0.9", "clusterIPs": ["10.96.0.9", "fd00::9"]}, "A", [f"{DB} A 10.96.0.9"]),
        ({"clusterIP": "10.96.0.9", "clusterIPs": ["10.96.0.9", "fd00::9"]}, "AAAA", [f"{DB} AAAA fd00::9"]),
        ({"clusterIP": "fd00::9"}, "AAAA", [f"{DB} AAAA fd00::9"]),
        ({"type": "ExternalName", "externalName": "db.example.com"}, "A", [f"{DB} CNAME db.example.com."]),
        ({"type": "ExternalName", "externalName": "192.0.2.1"}, "A", []),
        ({"clusterIP": "10.96.0.9"}, "SRV", [f"{DB} SRV 0 100 5432 db.shop.svc.cluster.local."]),
    ],
)  # fmt: skip
def test_services(spec: dict, type_: str, expected: list[str]) -> None:
    assert lines(service(**spec), type_=type_) == expected


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ({"addresses": ["10.1.0.1"]}, ["10.1.0.1"]),
        ({"addresses": ["10.1.0.1"], "conditions": {"ready": True}}, ["10.1.0.1"]),
        ({"addresses": ["10.1.0.1"], "conditions": {"ready": False}}, []),
        ({"addresses": ["10.1.0.1"], "conditions": {"ready": False, "serving": True, "terminating": True}}, []),
        # publishNotReadyAddresses: the endpoint slice controller says that it is ready.
        ({"addresses": ["10.1.0.1"], "conditions": {"ready": True, "serving": False}}, ["10.1.0.1"]),
    ],
)  # fmt: skip
def test_only_ready_endpoints_have_records(endpoint: dict, expected: list[str]) -> None:
    assert lines(HEADLESS, endpoint_slice(endpoint)) == [f"{DB} A {address}" for address in expected]


def test_endpoints_have_names() -> None:
    """The pod's hostname, else the address with dashes."""
    named = endpoint_slice({"addresses": ["10.1.0.1"], "hostname": "db-0"}, {"addresses": ["10.1.0.2"]})
    six = endpoint_slice({"addresses": ["fd00::2"]}, type_="IPv6")
    six.metadata.name = "db-y"
    assert lines(HEADLESS, named, name="db-0.db") == ["db-0.db.shop.svc.cluster.local. 5 IN A 10.1.0.1"]
    assert lines(HEADLESS, named, name="10-1-0-2.db") == ["10-1-0-2.db.shop.svc.cluster.local. 5 IN A 10.1.0.2"]
    assert lines(HEADLESS, named, six, name="_sql._tcp.db", type_="SRV") == [
        "_sql._tcp.db.shop.svc.cluster.local. 5 IN SRV 0 33 5432 db-0.db.shop.svc.cluster.local.",
        "_sql._tcp.db.shop.svc.cluster.local. 5 IN SRV 0 33 5432 10-1-0-2.db.shop.svc.cluster.local.",
        "_sql._tcp.db.shop.svc.cluster.local. 5 IN SRV 0 33 5432 fd00--2.db.shop.svc.cluster.local.",
    ]


def test_slices_of_no_service_and_of_names_are_left_out() -> None:
    assert slice_info(endpoint_slice({"addresses": ["10.1.0.1"]}, labels={})) is None
    assert slice_info(endpoint_slice({"addresses": ["a.example"]}, type_="FQDN")) is None
