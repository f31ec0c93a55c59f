"""What the flags do to packets and to the kernel."""

from __future__ import annotations

import pytest

from kube.client.fake import FakeServer
from tests.proxy.dataplane.node import Node
from tests.proxy.dataplane.process import holds, run
from tests.proxy.dataplane.vocabulary import BRIDGE, LAN, NODE_IP, VIP

pytestmark = pytest.mark.root

ALL_OF_PODS = {f"pod2 {BRIDGE}", f"pod3 {LAN}"}


def answers(node: Node, client: str, address: str, port: int) -> set[str]:
    return {node.world.ask(client, address, port, timeout=10) for _ in range(20)}


def test_masquerade_all(bare: Node, server: FakeServer, mode: str):
    run(bare, server, mode, masquerade_all=True)
    assert answers(bare, "pod1", VIP, 80) == ALL_OF_PODS
    assert answers(bare, "outside", VIP, 80) == ALL_OF_PODS


@pytest.mark.parametrize(
    "how",
    [
        {"detect_local_mode": "BridgeInterface", "pod_bridge_interface": "cni0"},
        {"detect_local_mode": "InterfaceNamePrefix", "pod_interface_name_prefix": "cni"},
    ],
)
def test_pods_are_told_by_their_interface(bare: Node, server: FakeServer, mode: str, how: dict[str, str]):
    run(bare, server, mode, **how)
    assert answers(bare, "pod1", VIP, 80) == {"pod2 10.244.1.2", "pod3 10.244.1.2"}
    assert answers(bare, "outside", VIP, 80) == ALL_OF_PODS
    assert answers(bare, "node1", VIP, 80) == ALL_OF_PODS


def test_another_bit_of_the_mark(bare: Node, server: FakeServer, mode: str):
    run(bare, server, mode, iptables_masquerade_bit=3)
    assert "0x4000" not in holds(bare, mode)
    assert answers(bare, "outside", NODE_IP, 30080) == ALL_OF_PODS


def test_conntrack_settings(bare: Node, server: FakeServer, mode: str):
    run(bare, server, mode, conntrack_udp_timeout=7.0, conntrack_tcp_be_liberal=True)
    names = "net.netfilter.nf_conntrack_udp_timeout net.netfilter.nf_conntrack_tcp_be_liberal"
    assert bare.shell(f"sysctl -n {names}").split() == ["7", "1"]


@pytest.mark.meant_for(lambda mode: mode == "ipvs")
def test_ipvs_timeouts_and_what_is_excluded(bare: Node, server: FakeServer, mode: str):
    run(bare, server, mode, ipvs_tcp_timeout=600.0, ipvs_udp_timeout=60.0)
    tcp, _, udp = bare.shell("ipvsadm -L --timeout").split()[-3:]
    assert (tcp, udp) == ("600", "60")
    foreign = "10.96.7.7:80"
    bare.shell(f"ipvsadm -A -t {foreign} -s rr; ip addr add 10.96.7.7/32 dev kube-ipvs0")
    run(bare, server, mode, ipvs_exclude_cidrs="10.96.7.0/24")
    assert foreign in holds(bare, mode)
    bare.shell("ip addr replace 10.96.7.7/32 dev kube-ipvs0")
    run(bare, server, mode)
    assert foreign not in holds(bare, mode)
