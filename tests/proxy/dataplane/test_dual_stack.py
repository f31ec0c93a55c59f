"""The same over IPv6: one Service with an address of each family."""

from __future__ import annotations

import pytest

from tests.proxy.dataplane.node import Node
from tests.proxy.dataplane.vocabulary import NODE_IP
from tests.proxy.dataplane.world import six
from tests.proxy.objects import endpoint, endpoint_slice, service

pytestmark = pytest.mark.root

VIP = "fd00:10:96::10"
BRIDGE, LAN = "fd00:10:244:1::1", "fd00:77::11"


def _slices(*pods: tuple[str, str]):
    """pod addresses of IPv4, and their nodes."""
    yield endpoint_slice("myapp", [endpoint(a, n) for a, n in pods])
    yield endpoint_slice("myapp", [endpoint(six(a), n) for a, n in pods], name="six", addressType="IPv6")


def test_both_families_are_served(node: Node):
    svc = service(
        type="NodePort", clusterIPs=["10.96.0.10", VIP], ports=[{"protocol": "TCP", "port": 80, "nodePort": 30080}]
    )
    node.set(svc, *_slices(("10.244.1.3", "node1"), ("10.244.2.2", "node2")))
    assert set(node.answers("pod1", VIP, 80)) == {"pod2 fd00:10:244:1::2", "pod3 fd00:10:244:1::2"}
    assert set(node.answers("outside", VIP, 80)) == {f"pod2 {BRIDGE}", f"pod3 {LAN}"}
    assert set(node.answers("outside", six(NODE_IP), 30080)) == {f"pod2 {BRIDGE}", f"pod3 {LAN}"}
    assert set(node.answers("node1", VIP, 80)) == {f"pod2 {BRIDGE}", f"pod3 {LAN}"}
    assert set(node.answers("pod1", "10.96.0.10", 80)) == {"pod2 10.244.1.2", "pod3 10.244.1.2"}
    assert node.world.ask("outside", VIP, 22) == "refused"


def test_hairpin_and_no_endpoints(node: Node):
    svc = service(clusterIPs=["10.96.0.10", VIP])
    node.set(svc, *_slices(("10.244.1.2", "node1")))
    assert set(node.answers("pod1", VIP, 80, times=3)) == {f"pod1 {BRIDGE}"}
    node.set(*_slices())

    for client in ("pod1", "outside", "node1"):
        assert node.world.ask(client, VIP, 80) == "refused", client


def test_udp_flows_leave_a_removed_endpoint(node: Node):
    svc = service(clusterIPs=["10.96.0.10", VIP], ports=[{"protocol": "UDP", "port": 53}])

    def slices(address: str):
        pods = [endpoint(six(address), "node1")]
        return endpoint_slice("myapp", pods, name="six", addressType="IPv6", protocol="UDP")

    node.set(svc, slices("10.244.1.3"))
    assert node.world.ask("outside", VIP, 53, "UDP", source=40056).startswith("pod2")
    node.set(slices("10.244.1.2"))
    assert node.world.ask("outside", VIP, 53, "UDP", source=40056).startswith("pod1")
