"""Which UDP flows a change makes stale."""

from __future__ import annotations

from proxy.conntrack.plan import stale_flows
from proxy.dataplane import Change
from proxy.model.desired import NOTHING, ServiceState
from tests.proxy.objects import endpoint, endpoint_slice, service, state

KEY = ("default", "dns")


def _dns(*addresses: str, protocol: str = "UDP") -> ServiceState:
    ports = [{"protocol": protocol, "port": 53, "nodePort": 30053}]
    svc = service("dns", ports, type="NodePort")
    return state(svc, endpoint_slice("dns", [endpoint(a) for a in addresses], protocol=protocol))


def _lines(old: ServiceState, new: ServiceState) -> list[str]:
    return [str(flow) for flow in stale_flows([Change(KEY, old, new)])]


def test_flows_to_a_removed_endpoint():
    assert _lines(_dns("10.244.1.2", "10.244.1.3"), _dns("10.244.1.3")) == [
        "conntrack -D -p udp --orig-dst 10.96.0.10 --orig-port-dst 53 --reply-src 10.244.1.2",
        "conntrack -D -p udp --orig-port-dst 30053 --reply-src 10.244.1.2",
    ]


def test_flows_that_nobody_answered():
    assert _lines(_dns(), _dns("10.244.1.2")) == [
        "conntrack -D -p udp --orig-dst 10.96.0.10 --orig-port-dst 53 --reply-src 10.96.0.10",
        "conntrack -D -p udp --orig-port-dst 30053 --reply-src itself",
    ]


def test_a_deleted_service_and_one_more_endpoint():
    assert len(_lines(_dns("10.244.1.2"), NOTHING)) == 2
    assert _lines(_dns("10.244.1.2"), _dns("10.244.1.2", "10.244.1.3")) == []


def test_tcp_is_left_alone():
    assert _lines(_dns("10.244.1.2", protocol="TCP"), NOTHING) == []
