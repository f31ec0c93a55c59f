"""The small pure parts: resolv.conf, environment, addresses, routes, images, back-off, logs."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube.api.core_v1 import ConfigMap, Container, NodeAddress, NodeStatus, Pod, Service
from kubelet import images
from kubelet.network.ipam import Addresses, Exhausted, next_free
from kubelet.network.plan import link_name, route_changes, wanted_routes
from kubelet.node.registration import status_patch
from kubelet.pods import dns, environment
from kubelet.pods.backoff import BackOff
from kubelet.server.logs import LogOptions, select

NODE = dns.parse("nameserver 1.1.1.1\nsearch corp.example\noptions timeout:1\n")


def pod(**spec) -> Pod:
    return Pod.from_dict({"metadata": {"name": "web-1", "namespace": "shop", "uid": "u"}, "spec": spec})


# ---- resolv.conf ----

CLUSTER = """\
search shop.svc.cluster.local svc.cluster.local cluster.local corp.example
nameserver 10.96.0.10
options ndots:5
"""
RESOLV = [
    ({}, CLUSTER),
    ({"dnsPolicy": "Default"}, "search corp.example\nnameserver 1.1.1.1\noptions timeout:1\n"),
    ({"hostNetwork": True}, "search corp.example\nnameserver 1.1.1.1\noptions timeout:1\n"),
    ({"dnsPolicy": "ClusterFirstWithHostNet", "hostNetwork": True}, CLUSTER),
    ({"dnsPolicy": "None", "dnsConfig": {"nameservers": ["9.9.9.9"], "searches": ["a.b"]}},
     "search a.b\nnameserver 9.9.9.9\n"),
    ({"dnsPolicy": "Default", "dnsConfig": {"options": [{"name": "timeout", "value": "3"}, {"name": "edns0"}]}},
     "search corp.example\nnameserver 1.1.1.1\noptions timeout:3 edns0\n"),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "expected"), RESOLV)
def test_resolv_conf(spec: dict, expected: str) -> None:
    assert dns.resolver(pod(**spec), ["10.96.0.10"], "cluster.local", NODE).text() == expected


def test_hostname_and_subdomain() -> None:
    assert dns.hostname_and_domain(pod(), "cluster.local") == ("web-1", "")
    named = pod(hostname="db", subdomain="inner")
    assert dns.hostname_and_domain(named, "cluster.local") == ("db", "inner.shop.svc.cluster.local")
    overridden = pod(hostname="db", subdomain="inner", hostnameOverride="www.example.com")
    assert dns.hostname_and_domain(overridden, "cluster.local") == ("www.example.com", "")


# ---- environment ----


def test_variables_refer_to_what_was_before() -> None:
    container = Container.from_dict({"name": "c", "envFrom": [{"prefix": "P_", "configMapRef": {"name": "m"}}], "env": [
        {"name": "A", "value": "1"}, {"name": "B", "value": "$(A)$(P_K)-$$(A)-$(NO)"},
        {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
        {"name": "K", "valueFrom": {"configMapKeyRef": {"name": "m", "key": "k"}}},
        {"name": "GONE", "valueFrom": {"configMapKeyRef": {"name": "m", "key": "x", "optional": True}}},
    ]})  # fmt: skip
    maps = {"m": ConfigMap.from_dict({"data": {"k": "v", "K": "w"}})}
    sources = environment.Sources(pod(), "node1", "192.168.77.11", ["10.244.0.2"], maps)
    made = environment.environment(container, sources)
    assert made == {"P_k": "v", "P_K": "w", "A": "1", "B": "1w-$(A)-$(NO)", "POD": "web-1", "IP": "10.244.0.2",
                    "K": "v"}  # fmt: skip


def test_a_missing_config_map_is_an_error() -> None:
    container = Container.from_dict({"name": "c", "envFrom": [{"configMapRef": {"name": "m"}}]})
    with pytest.raises(environment.ConfigError, match='configmap "m" not found'):
        environment.environment(container, environment.Sources(pod(), "n", "1.2.3.4"))


def test_service_variables() -> None:
    service = Service.from_dict({"metadata": {"name": "my-db", "namespace": "shop"}, "spec": {
        "clusterIP": "10.96.0.7", "ports": [{"name": "sql", "port": 5432, "protocol": "TCP"}]}})  # fmt: skip
    made = environment.service_variables(environment.Sources(pod(), "n", "1.2.3.4", services=[service]))
    assert made["MY_DB_SERVICE_HOST"] == "10.96.0.7"
    assert made["MY_DB_SERVICE_PORT_SQL"] == "5432"
    assert made["MY_DB_PORT_5432_TCP"] == "tcp://10.96.0.7:5432"
    unlinked = environment.Sources(pod(enableServiceLinks=False), "n", "1.2.3.4", services=[service])
    assert environment.service_variables(unlinked) == {}


# ---- addresses ----


@given(st.sets(st.integers(2, 14)), st.integers(2, 14))
def test_next_free_goes_round_and_gives_no_address_twice(taken: set[int], last: int) -> None:
    network = ipaddress.ip_network("10.0.0.0/28")
    used = {str(network[i]) for i in taken}
    if len(used) == 13:
        with pytest.raises(Exhausted):
            next_free(network, used, str(network[last]))
        return
    found = next_free(network, used, str(network[last]))
    assert found not in used
    assert int(ipaddress.ip_address(found)) - int(network[0]) in range(2, 15)


def test_addresses_survive_and_are_not_reused_at_once(tmp_path) -> None:
    networks = [ipaddress.ip_network("10.0.0.0/29"), ipaddress.ip_network("fd00::/64")]
    addresses = Addresses(tmp_path)
    assert addresses.allocate("one", networks) == ("10.0.0.2", "fd00::2")
    assert Addresses(tmp_path).allocate("one", networks) == ("10.0.0.2", "fd00::2")
    addresses.release("one")
    assert addresses.allocate("two", networks) == ("10.0.0.3", "fd00::3")
    assert addresses.owners() == {"two"}


def test_a_kubelet_that_was_killed_half_way_is_gone_on_from(tmp_path) -> None:
    networks = [ipaddress.ip_network("10.0.0.0/29"), ipaddress.ip_network("fd00::/64")]
    assert Addresses(tmp_path).allocate("one", networks[:1]) == ("10.0.0.2",)
    (tmp_path / "last_taken_10.0.0.3").write_text("")
    addresses = Addresses(tmp_path)
    assert addresses.allocate("one", networks) == ("10.0.0.2", "fd00::2")
    assert addresses.owners() == {"one"}


# ---- routes ----


def test_routes_follow_the_nodes() -> None:
    nodes = {"n1": (["10.244.0.0/24"], ["192.168.77.11"]), "n2": (["10.244.1.0/24", "fd00:1::/64"],
             ["192.168.77.12", "fd00::12"]), "n3": ([], ["192.168.77.13"])}  # fmt: skip
    wanted = wanted_routes("n1", nodes)
    assert wanted == {"10.244.1.0/24": "192.168.77.12", "fd00:1::/64": "fd00::12"}
    assert route_changes(wanted, {"10.244.1.0/24": "192.168.77.12", "10.244.9.0/24": "192.168.77.19"}) == [
        "route del 10.244.9.0/24 proto 77",
        "route replace fd00:1::/64 via fd00::12 proto 77",
    ]


def test_link_names_fit() -> None:
    assert len(link_name("a2430ece-0229-4e02-a7e7-5f1ae20bc3f4")) == 15


# ---- images ----


@pytest.mark.parametrize(("name", "expected"), [
    ("nginx", ("docker.io/library/nginx", "latest")),
    ("docker.io/nginx", ("docker.io/library/nginx", "latest")),
    ("nginx:1.27-alpine", ("docker.io/library/nginx", "1.27-alpine")),
    ("docker.io/library/nginx:1", ("docker.io/library/nginx", "1")),
    ("curlimages/curl", ("docker.io/curlimages/curl", "latest")),
    ("localhost:5000/a/b:t", ("localhost:5000/a/b", "t")),
    ("registry.k8s.io/pause:3.9", ("registry.k8s.io/pause", "3.9")),
])  # fmt: skip
def test_image_names(name: str, expected: tuple[str, str]) -> None:
    assert images.parse(name) == expected


@pytest.mark.parametrize("name", ["", "NGINX", "a b", "nginx:", "-x", "a//b"])
def test_bad_image_names(name: str) -> None:
    with pytest.raises(ValueError, match="invalid reference format"):
        images.parse(name)


def test_only_known_images_are_found() -> None:
    assert images.find("nginx:anything") is images.TABLE["docker.io/library/nginx"]
    assert images.find("quay.io/nobody/nothing") is None


# ---- back-off ----


def test_back_off_doubles_up_to_five_minutes_and_starts_over() -> None:
    backoff, now, waits = BackOff(), 0.0, []
    for _ in range(8):
        until = backoff.until("c", now)
        waits.append(until - now)
        backoff.next("c", now)
        now = until + 1
    assert waits == [0, 10, 20, 40, 80, 160, 300, 300]
    assert backoff.until("c", now + 601) == now + 601


# ---- logs ----

LOG = [
    b"2026-01-01T00:00:01.5Z stdout F one\n", b"2026-01-01T00:00:02.000000000Z stderr F two\n",
    b"2026-01-01T00:00:03Z stdout P thr\n", b"2026-01-01T00:00:03Z stdout F ee\n", b"broken\n",
]  # fmt: skip


@pytest.mark.parametrize(("options", "expected"), [
    (LogOptions(), b"one\ntwo\nthree\n"),
    (LogOptions(tail_lines=1), b"ee\n"),
    (LogOptions(tail_lines=0), b""),
    (LogOptions(since="2026-01-01T00:00:02Z"), b"two\nthree\n"),
    (LogOptions(since="2026-01-01T00:00:01.6Z", stream="Stdout"), b"three\n"),
    (LogOptions(timestamps=True, tail_lines=4, stream="Stderr"), b"2026-01-01T00:00:02.000000000Z two\n"),
])  # fmt: skip
def test_log_lines(options: LogOptions, expected: bytes) -> None:
    assert b"".join(select(LOG, options)) == expected


def test_the_addresses_of_both_families_are_patched_as_a_whole() -> None:
    addresses = [NodeAddress(type="InternalIP", address="10.0.0.1"), NodeAddress(type="InternalIP", address="fd00::1")]
    patch = status_patch(NodeStatus(addresses=addresses))
    assert patch["addresses"][0] == {"$patch": "replace"}
    assert [one["address"] for one in patch["addresses"][1:]] == ["10.0.0.1", "fd00::1"]
