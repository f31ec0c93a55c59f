"""The Kubernetes DNS specification as questions and zone-file lines."""

import pytest

from cluster_dns.records import EndpointInfo, Port, ServiceInfo, SliceInfo, pod_address, reverse_name
from cluster_dns.zone import Zone

HTTP = (Port("http", "tcp", 80),)


def make_zone() -> Zone:
    zone = Zone("cluster.local", dns_ips=("10.96.0.10",))
    zone.set_namespace("default", True)
    zone.set_service(ServiceInfo("default", "myapp", ("10.96.0.20",), HTTP))
    zone.set_service(ServiceInfo("default", "dual", ("10.96.0.21", "fd00::21"), HTTP))
    zone.set_service(ServiceInfo("default", "web", (), (Port("http", "tcp", 80),), headless=True))
    endpoints = (EndpointInfo("10.244.1.2", "web-0"), EndpointInfo("10.244.2.3", "10-244-2-3"))
    zone.set_slice(SliceInfo("default", "web-abc", "web", endpoints, (Port("http", "tcp", 8080),)))
    zone.set_slice(SliceInfo("default", "myapp-x", "myapp", (EndpointInfo("10.244.3.4", "10-244-3-4"),), HTTP))
    zone.set_service(ServiceInfo("default", "empty", (), HTTP, headless=True))
    zone.set_service(ServiceInfo("default", "ext", external_name="Example.org."))
    zone.set_service(ServiceInfo("default", "numeric", external_name="192.0.2.1"))
    two = (Port("dns", "udp", 53), Port("", "tcp", 9153))
    zone.set_service(ServiceInfo("default", "two-ports", ("10.96.0.22",), two))
    zone.set_service(ServiceInfo("default", "both", (), HTTP, headless=True))
    zone.set_slice(SliceInfo("default", "both-4", "both", (EndpointInfo("10.244.1.5", "db-0"),), HTTP))
    zone.set_slice(SliceInfo("default", "both-6", "both", (EndpointInfo("fd00:10:244:1::5", "db-0"),), HTTP))
    # A rolling update that changes the port: two slices, each with its own.
    zone.set_service(ServiceInfo("default", "moving", (), HTTP, headless=True))
    zone.set_slice(SliceInfo("default", "moving-a", "moving", (EndpointInfo("10.244.1.6", "old"),), HTTP))
    moved = (Port("http", "tcp", 8080),)
    zone.set_slice(SliceInfo("default", "moving-b", "moving", (EndpointInfo("10.244.1.7", "new"),), moved))
    return zone


FOUND = [
    ("myapp.default.svc.cluster.local. A", ["myapp.default.svc.cluster.local. 5 IN A 10.96.0.20"]),
    ("dual.default.svc.cluster.local. AAAA", ["dual.default.svc.cluster.local. 5 IN AAAA fd00::21"]),
    (
        "myapp.default.svc.cluster.local. SRV",
        ["myapp.default.svc.cluster.local. 5 IN SRV 0 100 80 myapp.default.svc.cluster.local."],
    ),
    (
        "_http._tcp.myapp.default.svc.cluster.local. SRV",
        ["_http._tcp.myapp.default.svc.cluster.local. 5 IN SRV 0 100 80 myapp.default.svc.cluster.local."],
    ),
    (
        "web.default.svc.cluster.local. A",
        ["web.default.svc.cluster.local. 5 IN A 10.244.1.2", "web.default.svc.cluster.local. 5 IN A 10.244.2.3"],
    ),
    ("web-0.web.default.svc.cluster.local. A", ["web-0.web.default.svc.cluster.local. 5 IN A 10.244.1.2"]),
    (
        "_http._tcp.web.default.svc.cluster.local. SRV",
        [
            "_http._tcp.web.default.svc.cluster.local. 5 IN SRV 0 50 8080 web-0.web.default.svc.cluster.local.",
            "_http._tcp.web.default.svc.cluster.local. 5 IN SRV 0 50 8080 10-244-2-3.web.default.svc.cluster.local.",
        ],
    ),
    (
        "two-ports.default.svc.cluster.local. SRV",
        [
            "two-ports.default.svc.cluster.local. 5 IN SRV 0 50 53 two-ports.default.svc.cluster.local.",
            "two-ports.default.svc.cluster.local. 5 IN SRV 0 50 9153 two-ports.default.svc.cluster.local.",
        ],
    ),
    (
        "_dns._udp.two-ports.default.svc.cluster.local. SRV",
        ["_dns._udp.two-ports.default.svc.cluster.local. 5 IN SRV 0 100 53 two-ports.default.svc.cluster.local."],
    ),
    ("both.default.svc.cluster.local. A", ["both.default.svc.cluster.local. 5 IN A 10.244.1.5"]),
    ("both.default.svc.cluster.local. AAAA", ["both.default.svc.cluster.local. 5 IN AAAA fd00:10:244:1::5"]),
    ("db-0.both.default.svc.cluster.local. AAAA", ["db-0.both.default.svc.cluster.local. 5 IN AAAA fd00:10:244:1::5"]),
    (
        "_http._tcp.both.default.svc.cluster.local. SRV",
        ["_http._tcp.both.default.svc.cluster.local. 5 IN SRV 0 100 80 db-0.both.default.svc.cluster.local."],
    ),
    (
        "_http._tcp.moving.default.svc.cluster.local. SRV",
        [
            "_http._tcp.moving.default.svc.cluster.local. 5 IN SRV 0 50 80 old.moving.default.svc.cluster.local.",
            "_http._tcp.moving.default.svc.cluster.local. 5 IN SRV 0 50 8080 new.moving.default.svc.cluster.local.",
        ],
    ),
    # A Service with a cluster IP: its endpoints have names too, and the names lead back.
    (
        "10-244-3-4.myapp.default.svc.cluster.local. A",
        ["10-244-3-4.myapp.default.svc.cluster.local. 5 IN A 10.244.3.4"],
    ),
    ("4.3.244.10.in-addr.arpa. PTR", ["4.3.244.10.in-addr.arpa. 5 IN PTR 10-244-3-4.myapp.default.svc.cluster.local."]),
    (
        reverse_name("fd00:10:244:1::5") + " PTR",
        [reverse_name("fd00:10:244:1::5") + " 5 IN PTR db-0.both.default.svc.cluster.local."],
    ),
    ("fd00--9.default.pod.cluster.local. AAAA", ["fd00--9.default.pod.cluster.local. 5 IN AAAA fd00::9"]),
    ("ext.default.svc.cluster.local. A", ["ext.default.svc.cluster.local. 5 IN CNAME example.org."]),
    ("ext.default.svc.cluster.local. CNAME", ["ext.default.svc.cluster.local. 5 IN CNAME example.org."]),
    ("dns-version.cluster.local. TXT", ['dns-version.cluster.local. 5 IN TXT "1.1.0"']),
    ("20.0.96.10.in-addr.arpa. PTR", ["20.0.96.10.in-addr.arpa. 5 IN PTR myapp.default.svc.cluster.local."]),
    ("2.1.244.10.in-addr.arpa. PTR", ["2.1.244.10.in-addr.arpa. 5 IN PTR web-0.web.default.svc.cluster.local."]),
    (reverse_name("fd00::21") + " PTR", [reverse_name("fd00::21") + " 5 IN PTR dual.default.svc.cluster.local."]),
    ("10-244-9-9.default.pod.cluster.local. A", ["10-244-9-9.default.pod.cluster.local. 5 IN A 10.244.9.9"]),
    ("ns.dns.cluster.local. A", ["ns.dns.cluster.local. 5 IN A 10.96.0.10"]),
    ("cluster.local. NS", ["cluster.local. 5 IN NS ns.dns.cluster.local."]),
]


@pytest.mark.parametrize(("asked", "lines"), FOUND, ids=[asked for asked, _ in FOUND])
def test_found(asked: str, lines: list[str]) -> None:
    answer = make_zone().resolve(*asked.split(" "))
    assert answer is not None and answer.rcode == "NOERROR"
    assert [str(r) for r in answer.answers] == lines


NO_DATA = [
    "myapp.default.svc.cluster.local. AAAA",
    "myapp.default.svc.cluster.local. MX",
    "svc.cluster.local. A",
    "default.svc.cluster.local. A",
    "cluster.local. A",
    "_tcp.myapp.default.svc.cluster.local. SRV",
    "10-244-9-9.default.pod.cluster.local. AAAA",
]
NO_NAME = [
    "absent.default.svc.cluster.local. A",
    "myapp.absent.svc.cluster.local. A",
    "absent.svc.cluster.local. A",
    "web-9.web.default.svc.cluster.local. A",
    "numeric.default.svc.cluster.local. A",
    "_http._tcp.absent.default.svc.cluster.local. SRV",
    "_tcp.absent.default.svc.cluster.local. SRV",
    "_sctp.myapp.default.svc.cluster.local. SRV",
    "10-244-1-2.web.default.svc.cluster.local. A",
    "empty.default.svc.cluster.local. A",
    "_dns._tcp.myapp.default.svc.cluster.local. SRV",
    "_http._udp.myapp.default.svc.cluster.local. SRV",
    "a.b.c.d.e.cluster.local. A",
    "x.default.pod.cluster.local. A",
    "10-244-9-9.absent.pod.cluster.local. A",
]


@pytest.mark.parametrize("asked", NO_DATA)
def test_no_data_carries_the_soa(asked: str) -> None:
    answer = make_zone().resolve(*asked.split(" "))
    assert answer is not None
    assert (answer.rcode, answer.answers, [r.type for r in answer.authority]) == ("NOERROR", (), ["SOA"])


@pytest.mark.parametrize("asked", NO_NAME)
def test_no_such_name_carries_the_soa(asked: str) -> None:
    answer = make_zone().resolve(*asked.split(" "))
    assert answer is not None
    assert (answer.rcode, answer.answers, [r.type for r in answer.authority]) == ("NXDOMAIN", (), ["SOA"])


OTHERS = ["example.org. A", "1.2.3.4.in-addr.arpa. PTR", "in-addr.arpa. PTR", "notcluster.local. A"]


@pytest.mark.parametrize("asked", OTHERS)
def test_names_of_others_are_not_ours(asked: str) -> None:
    assert make_zone().resolve(*asked.split(" ")) is None


def test_srv_brings_the_addresses_of_its_targets() -> None:
    answer = make_zone().resolve("_http._tcp.web.default.svc.cluster.local.", "SRV")
    assert answer is not None
    assert [str(r) for r in answer.additional] == [
        "web-0.web.default.svc.cluster.local. 5 IN A 10.244.1.2",
        "10-244-2-3.web.default.svc.cluster.local. 5 IN A 10.244.2.3",
    ]


def test_a_change_names_what_is_stale() -> None:
    zone = make_zone()
    stale = zone.set_slice(SliceInfo("default", "web-abc", "web", (EndpointInfo("10.244.5.5", "web-0"),), HTTP))
    assert stale == {"svc/default/web", "ip/10.244.1.2", "ip/10.244.2.3", "ip/10.244.5.5"}
    assert zone.resolve("2.1.244.10.in-addr.arpa.", "PTR") is None


def test_a_deleted_service_leaves_nothing() -> None:
    zone = make_zone()
    zone.delete_service("default", "myapp")
    answer = zone.resolve("myapp.default.svc.cluster.local.", "A")
    assert answer is not None and answer.rcode == "NXDOMAIN"
    assert zone.resolve("20.0.96.10.in-addr.arpa.", "PTR") is None


@pytest.mark.parametrize(
    ("label", "address"),
    [("10-0-0-1", "10.0.0.1"), ("fd00--1", "fd00::1"), ("10-0-0", None), ("a-b-c-d", None), ("300-0-0-1", None)],
)
def test_pod_address(label: str, address: str | None) -> None:
    assert pod_address(label) == address
