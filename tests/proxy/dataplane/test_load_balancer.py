"""A load balancer's address: taken by the node where packets arrive as they were sent, left alone where not."""

from __future__ import annotations

import pytest

from tests.proxy.dataplane.node import Node
from tests.proxy.dataplane.process import holds
from tests.proxy.dataplane.vocabulary import BALANCER, BRIDGE, NODE_IP, OUTSIDE, POD2, VIP, full
from tests.proxy.objects import endpoint_slice

pytestmark = pytest.mark.root


def test_ip_mode_proxy_leaves_the_address_to_the_balancer(node: Node, mode: str):
    """KEP-1860: the balancer ends connections itself, or rewrites them to the node port."""
    node.set(full(ip_mode="Proxy"), endpoint_slice("myapp", [POD2]))
    assert BALANCER not in holds(node, mode)
    assert not node.world.ask("outside", BALANCER, 80, timeout=0.4).startswith("pod")
    assert node.world.ask("outside", NODE_IP, 30080, timeout=10) == f"pod2 {BRIDGE}"
    assert node.world.ask("pod1", VIP, 80, timeout=10) == "pod2 10.244.1.2"


def test_ip_mode_can_change(node: Node, mode: str):
    node.set(full(ip_mode="Proxy"), endpoint_slice("myapp", [POD2]))
    node.set(full(ip_mode="VIP"))
    for client in ("outside", "pod1", "node1"):
        assert node.world.ask(client, BALANCER, 80, timeout=10) == f"pod2 {BRIDGE}", client
    node.set(full(ip_mode="Proxy"))
    assert BALANCER not in holds(node, mode)
    assert not node.world.ask("outside", BALANCER, 80, timeout=0.4).startswith("pod")


def test_source_ranges_of_both_kinds_of_policy(node: Node):
    """The client's own address is what is compared, and what the pod sees where it is kept."""
    ranges = {"loadBalancerSourceRanges": [f"{OUTSIDE}/32", "10.244.1.3/32"]}
    node.set(full(externalTrafficPolicy="Local", **ranges), endpoint_slice("myapp", [POD2]))
    assert node.world.ask("outside", BALANCER, 80, timeout=10) == f"pod2 {OUTSIDE}"
    assert node.world.ask("pod2", BALANCER, 80, timeout=10) == f"pod2 {BRIDGE}"
    assert node.world.ask("pod1", BALANCER, 80, timeout=0.4) == "dropped"
