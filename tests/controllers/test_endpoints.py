"""Endpoints of Services, and slices that mirror hand-made ones."""

from __future__ import annotations

import pytest

from controllers.endpoints.controller import EndpointsController
from controllers.endpoints.subsets import subsets_of, truncate
from controllers.endpointslice_mirroring.controller import EndpointSliceMirroringController, mirror, should_mirror
from kube.api.core_v1 import EndpointAddress, Endpoints, EndpointSubset, Pod, Service
from kube.api.discovery_v1 import EndpointSlice
from tests.controllers.conftest import World


def service(**spec) -> Service:
    given = {"clusterIP": "10.96.0.1", "ports": [{"name": "p", "port": 80, "targetPort": 8080}], **spec}
    return Service.from_dict({"metadata": {"name": "db", "namespace": "default", "labels": {"l": "1"}}, "spec": given})


def endpoint_pod(name: str, ip: str, ready: bool = True) -> Pod:
    return Pod.from_dict(
        {
            "metadata": {"name": name, "namespace": "default", "labels": {"app": "db"}},
            "spec": {"nodeName": "n1"},
            "status": {
                "phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}],
                "conditions": [{"type": "Ready", "status": str(ready)}],
            },
        }
    )  # fmt: skip


async def test_endpoints_of_a_service(world: World) -> None:
    world.server.seed(
        endpoint_pod("b", "10.0.0.10"), endpoint_pod("a", "10.0.0.9"), endpoint_pod("c", "10.0.0.8", False)
    )
    world.start(EndpointsController)
    await world.client.create(service(selector={"app": "db"}))
    await world.settle(1)
    found = world.server.get(Endpoints, "db", "default")
    [subset] = found.subsets
    assert [a.ip for a in subset.addresses] == ["10.0.0.9", "10.0.0.10"]
    assert [a.ip for a in subset.notReadyAddresses] == ["10.0.0.8"]
    assert [(p.name, p.port, p.protocol) for p in subset.ports] == [("p", 8080, "TCP")]
    assert found.metadata.labels == {"l": "1", "endpoints.kubernetes.io/managed-by": "endpoint-controller"}
    await world.client.delete(Service, "db", "default")
    await world.settle()
    assert world.server.all(Endpoints) == []


async def test_endpoints_say_when_the_change_was_and_keep_what_is_published(world: World) -> None:
    going = endpoint_pod("b", "10.0.0.10")
    going.metadata.deletionTimestamp = "2026-01-01T00:00:00Z"
    world.server.seed(endpoint_pod("a", "10.0.0.9"), going)
    world.start(EndpointsController)
    of = service(selector={"app": "db"})
    of.metadata.creationTimestamp = "2026-01-01T00:00:00Z"
    world.server.seed(of)
    await world.settle(1)
    found = world.server.get(Endpoints, "db", "default")
    assert found.metadata.annotations == {"endpoints.kubernetes.io/last-change-trigger-time": "2026-01-01T00:00:00Z"}
    assert [a.ip for a in found.subsets[0].addresses] == ["10.0.0.9"]
    world.set_pod(world.server.get(Pod, "a", "default"), ready=False)
    await world.settle(1)
    found = world.server.get(Endpoints, "db", "default")
    [stamp] = found.metadata.annotations.values()
    assert stamp == world.server.get(Pod, "a", "default").status.conditions[0].lastTransitionTime
    of = world.server.get(Service, "db", "default")
    of.spec.publishNotReadyAddresses = True
    await world.client.update(of)
    await world.settle(1)
    found = world.server.get(Endpoints, "db", "default")
    assert [a.ip for a in found.subsets[0].addresses] == ["10.0.0.9", "10.0.0.10"], "even those that are going"
    assert found.metadata.annotations == {}, "no pod has changed"


@pytest.mark.parametrize(
    ("cluster_ip", "ports", "expected"),
    [
        ("None", [], [([], ["10.0.0.9"])]),  # a headless Service needs no ports
        ("10.96.0.1", [{"port": 80, "targetPort": "web"}], []),  # the pod has no port of that name
        ("10.96.0.1", [{"port": 80}, {"name": "u", "port": 53, "protocol": "UDP"}],
         [(["80/TCP", "53/UDP"], ["10.0.0.9"])]),
    ],
)  # fmt: skip
def test_subsets(cluster_ip: str, ports: list, expected: list) -> None:
    of = service(selector={"app": "db"}, clusterIP=cluster_ip, ports=ports)
    found = subsets_of(of, [endpoint_pod("a", "10.0.0.9")])
    shown = [([f"{p.port}/{p.protocol}" for p in s.ports], [a.ip for a in s.addresses]) for s in found]
    assert shown == expected


def test_mirroring_has_limits_and_says_so() -> None:
    many = [{"ip": f"10.0.{n // 250}.{n % 250}"} for n in range(1001)]
    subsets = [{"addresses": [*many, {"ip": "nonsense"}], "notReadyAddresses": many[:2], "ports": [{"port": 80}]}]
    found = mirror(Endpoints.from_dict({"metadata": {"name": "db"}, "subsets": subsets}))
    assert sum(map(len, found.groups.values())) == 1000
    assert list(found.complaints()) == [
        ("InvalidAddress", "Skipped 1 invalid IP addresses when mirroring to EndpointSlices"),
        ("TooManyAddressesToMirror",
         "A max of 1000 addresses can be mirrored to EndpointSlices per Endpoints subset. 3 addresses were skipped"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("annotations", "labels", "selector", "expected"),
    [
        ({}, {}, {}, True),
        ({}, {"endpointslice.kubernetes.io/skip-mirror": "true"}, {}, False),
        ({}, {"endpointslice.kubernetes.io/skip-mirror": "false"}, {}, True),
        ({"control-plane.alpha.kubernetes.io/leader": "{}"}, {}, {}, False),
        ({}, {}, {"app": "db"}, False),
    ],
)
def test_what_is_mirrored(annotations: dict, labels: dict, selector: dict, expected: bool) -> None:
    meta = {"name": "db", "namespace": "default", "annotations": annotations, "labels": labels}
    assert should_mirror(Endpoints.from_dict({"metadata": meta}), service(selector=selector)) is expected
    assert not should_mirror(Endpoints.from_dict({"metadata": meta}), None)


def test_a_thousand_addresses_are_enough() -> None:
    addresses = [EndpointAddress(ip=f"10.0.{n // 256}.{n % 256}") for n in range(1500)]
    kept, truncated = truncate([EndpointSubset(addresses=addresses, notReadyAddresses=addresses[:10])])
    assert truncated
    assert (len(kept[0].addresses), len(kept[0].notReadyAddresses)) == (1000, 0)


async def test_hand_made_endpoints_are_mirrored(world: World) -> None:
    world.start(EndpointSliceMirroringController)
    made = Endpoints.from_dict(
        {
            "metadata": {"name": "db", "namespace": "default", "labels": {"team": "x"}},
            "subsets": [
                {
                    "addresses": [{"ip": "192.0.2.1"}, {"ip": "2001:db8::1"}],
                    "notReadyAddresses": [{"ip": "192.0.2.2"}],
                    "ports": [{"name": "p", "port": 5432}],
                }
            ],
        }
    )
    await world.client.create(made)
    await world.settle()
    assert world.server.all(EndpointSlice) == [], "without a Service there is nothing to mirror for"
    await world.client.create(service())
    await world.settle()
    found = {s.addressType: s for s in world.server.all(EndpointSlice)}
    four = {e.addresses[0]: e.conditions.ready for e in found["IPv4"].endpoints}
    assert four == {"192.0.2.1": True, "192.0.2.2": False}
    assert [e.addresses for e in found["IPv6"].endpoints] == [["2001:db8::1"]]
    assert found["IPv4"].metadata.labels == {
        "team": "x",
        "kubernetes.io/service-name": "db",
        "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io",
    }
    changed = world.server.get(Endpoints, "db", "default")
    changed.metadata.labels["endpointslice.kubernetes.io/skip-mirror"] = "true"
    await world.client.update(changed)
    await world.settle()
    assert world.server.all(EndpointSlice) == []
