"""What is known to go wrong with service proxies, each with the test that it does not here, in both modes."""

from __future__ import annotations

import socket
import struct

import pytest

from proxy.ipvs.draining import Draining
from tests.proxy.dataplane.node import Node
from tests.proxy.dataplane.vocabulary import EXTERNAL, NODE_IP, POD1, POD2, POD3, VIP
from tests.proxy.dataplane.world import PORT
from tests.proxy.objects import endpoint, endpoint_slice, service

pytestmark = pytest.mark.root

UDP_PORTS = [{"protocol": "UDP", "port": 53, "nodePort": 30053}]


def _talk(connection: socket.socket) -> str:
    connection.settimeout(2)
    connection.sendall(b"who?")
    return connection.recv(2048).decode()


only_ipvs = pytest.mark.meant_for(lambda mode: mode == "ipvs")
"""Weights exist there only."""


# ---- UDP flows stuck to a dead backend ----


@pytest.mark.parametrize("address, port", [(VIP, 53), (NODE_IP, 30053)])
def test_udp_flows_leave_a_removed_endpoint_at_once(node: Node, address: str, port: int):
    svc = service(type="NodePort", ports=UDP_PORTS)
    node.set(svc, endpoint_slice("myapp", [POD2], protocol="UDP"))
    assert node.world.ask("outside", address, port, "UDP", source=40053).startswith("pod2")
    node.set(endpoint_slice("myapp", [POD1], protocol="UDP"))
    assert node.world.ask("outside", address, port, "UDP", source=40053).startswith("pod1")


def test_udp_flows_that_found_nobody_find_the_first_endpoint(node: Node):
    node.set(service(ports=UDP_PORTS[:1]), endpoint_slice("myapp", [], protocol="UDP"))
    assert node.world.ask("pod1", VIP, 53, "UDP", 0.2, source=40054) in ("refused", "dropped")
    node.set(endpoint_slice("myapp", [POD2], protocol="UDP"))
    assert node.world.ask("pod1", VIP, 53, "UDP", source=40054).startswith("pod2")


# ---- connections cut by rolling updates ----


def test_an_open_connection_survives_the_end_of_its_endpoint(node: Node, mode: str):
    node.set(service(), endpoint_slice("myapp", [POD2]))
    with node.world.connect("pod1", VIP, 80) as connection:
        assert _talk(connection).startswith("pod2")
        node.set(endpoint_slice("myapp", [POD2 | {"conditions": {"ready": False, "terminating": True}}, POD3]))
        assert set(node.answers("pod1", VIP, 80)) == {"pod3 10.244.1.2"}
        assert _talk(connection).startswith("pod2")
        node.set(endpoint_slice("myapp", [POD3]))
        assert _talk(connection).startswith("pod2")
        if mode == "ipvs":
            assert "10.244.1.3:8080              Masq    0" in node.shell("ipvsadm -Ln")


@only_ipvs
def test_a_drained_endpoint_is_removed_when_its_connections_have_ended(node: Node):
    fresh = "10.96.0.77"  # an address on which no other test left connections: the kernel would count those too
    node.set(service(clusterIP=fresh), endpoint_slice("myapp", [POD2, POD3]))
    connection = node.world.connect("pod1", fresh, 80)
    gone = "10.244.1.3" if _talk(connection).startswith("pod2") else "10.244.2.2"
    node.set(endpoint_slice("myapp", [POD3 if gone == "10.244.1.3" else POD2]))
    assert node.call(node.dataplane.housekeeping, 0.0) is not None
    assert gone in node.shell("ipvsadm -Ln")
    # Reset: the kernel remembers a connection for ten seconds then, for two minutes after an orderly end.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    while node.call(node.dataplane.housekeeping, 0.0) is not None:
        node.shell("sleep 0.2")
    assert gone not in node.shell("ipvsadm -Ln")


@only_ipvs
def test_draining_is_bounded(node: Node):
    node.set(service(), endpoint_slice("myapp", [POD2, POD3]))
    node.restart(draining=Draining(limit_seconds=0))
    with node.world.connect("pod1", VIP, 80), node.world.connect("pod1", VIP, 80):
        node.set(endpoint_slice("myapp", []))
        assert "10.244" not in node.shell("ipvsadm -Ln | grep Masq || true")
    node.restart()


@only_ipvs
def test_an_endpoint_without_connections_is_removed_at_once(node: Node):
    node.set(service(), endpoint_slice("myapp", [POD2, POD3]))
    node.set(endpoint_slice("myapp", [POD3]))
    assert "10.244.1.3" not in node.shell("ipvsadm -Ln")


# ---- restarts ----


@only_ipvs
def test_a_weight_of_zero_left_by_an_earlier_process_is_repaired(node: Node):
    node.set(service(), endpoint_slice("myapp", [POD2]))
    node.shell(f"ipvsadm -e -t {VIP}:80 -r 10.244.1.3:8080 -m -w 0")
    assert node.world.ask("pod1", VIP, 80) == "refused"
    outcome = node.restart()
    assert [str(op) for op in outcome.operations] == [f"ipvsadm -e -t {VIP}:80 -r 10.244.1.3:8080 -m -w 1"]
    assert node.world.ask("pod1", VIP, 80).startswith("pod2")


@only_ipvs
def test_a_draining_endpoint_goes_on_draining_after_a_restart(node: Node):
    node.set(service(), endpoint_slice("myapp", [POD2]))
    with node.world.connect("pod1", VIP, 80) as connection:
        _talk(connection)
        node.set(endpoint_slice("myapp", [POD3]))
        node.restart()
        assert _talk(connection).startswith("pod2")
        assert set(node.answers("pod1", VIP, 80)) == {"pod3 10.244.1.2"}


def test_a_restart_adopts_what_is_there_and_cuts_no_connection(node: Node):
    node.set(
        service(
            type="NodePort", ports=[{"protocol": "TCP", "port": 80, "nodePort": 30080}], sessionAffinity="ClientIP"
        ),
        endpoint_slice("myapp", [POD2, POD3]),
    )
    with node.world.connect("outside", NODE_IP, 30080) as connection:
        before = _talk(connection)
        assert node.restart().operations == ()
        assert _talk(connection) == before


# ---- leaks, and other people's entries ----


def test_leftovers_are_removed_and_others_left_alone(node: Node, mode: str):
    node.set(service(), endpoint_slice("myapp", [POD2]))
    _foreign(node, mode)
    _leak(node, mode)
    node.restart()
    assert "10.96.0.99" not in _dump(node, mode)
    assert _is_foreign_there(node, mode)
    assert node.world.ask("pod1", VIP, 80).startswith("pod2")
    _remove_foreign(node, mode)


def test_cleanup_removes_all_that_is_ours_and_nothing_else(node: Node, mode: str):
    node.set(service(externalIPs=[EXTERNAL]), endpoint_slice("myapp", [POD2]))
    _foreign(node, mode)
    node.call(node.dataplane.cleanup)
    assert "KUBE-" not in _dump(node, mode)
    assert "kube-" not in _dump(node, mode)
    assert VIP not in _dump(node, mode)
    assert _is_foreign_there(node, mode)
    node.restart()
    assert node.world.ask("pod1", VIP, 80).startswith("pod2")
    _remove_foreign(node, mode)


def _foreign(node: Node, mode: str) -> None:
    if mode == "ipvs":
        ipt = node.iptables
        node.shell(
            f"ipvsadm -A -t {NODE_IP}:9999 -s wlc; ipset create mine hash:ip; ipset add mine 192.0.2.1;"
            f"{ipt} -t nat -A PREROUTING -p tcp --dport 9 -j ACCEPT"
        )
    else:
        node.shell("nft 'add table ip mine; add chain ip mine c { type nat hook prerouting priority 0; }'")


def _is_foreign_there(node: Node, mode: str) -> bool:
    dump = _dump(node, mode)
    wanted = [f"{NODE_IP}:9999", "--dport 9 -j ACCEPT", "192.0.2.1"] if mode == "ipvs" else ["table ip mine"]
    return all(text in dump for text in wanted)


def _remove_foreign(node: Node, mode: str) -> None:
    if mode == "ipvs":
        node.shell(
            f"ipvsadm -D -t {NODE_IP}:9999; ipset destroy mine;"
            f"{node.iptables} -t nat -D PREROUTING -p tcp --dport 9 -j ACCEPT"
        )
    else:
        node.shell("nft delete table ip mine")


def _leak(node: Node, mode: str) -> None:
    """As if an earlier process had not lived to remove a Service."""
    if mode == "ipvs":
        node.shell(
            "ip addr add 10.96.0.99/32 dev kube-ipvs0; ipvsadm -A -t 10.96.0.99:80 -s rr;"
            "ipvsadm -a -t 10.96.0.99:80 -r 10.244.1.2:8080 -m; ipset add KUBE-CLUSTER-IP 10.96.0.99,tcp:80"
        )
    else:
        node.shell(
            "nft 'add element ip kube-proxy services { 10.96.0.99 . tcp . 80 : goto tcp-balance-1 };"
            " add chain ip kube-proxy left-over; add element ip kube-proxy cluster-ips { 10.96.0.99 }'"
        )


def _dump(node: Node, mode: str) -> str:
    if mode == "ipvs":
        return node.shell(f"ipvsadm -Sn; ipset save; {node.iptables}-save; ip -o addr; ip -o link")
    return node.shell("nft list ruleset")


# ---- someone flushes the table by hand ----

FLUSHES = {
    "nftables": [
        "nft flush ruleset", "nft flush table ip kube-proxy", "nft flush map ip kube-proxy services",
        "nft flush chain ip kube-proxy nat-prerouting; nft add rule ip kube-proxy nat-prerouting accept",
        "nft delete element ip kube-proxy tcp-endpoints { 10.96.0.10 . 80 . 0 };"
        "nft add element ip kube-proxy tcp-endpoints { 10.96.0.10 . 80 . 0 : 10.244.9.9 . 8080 }",
        "nft chain ip kube-proxy filter-forward { policy drop \\; }",
    ],
    "ipvs": [
        "ipvsadm -C", "ip link del kube-ipvs0", "IPT -t nat -F; IPT -F; IPT -t mangle -F", "ipset flush",
        f"ipvsadm -d -t {VIP}:80 -r 10.244.1.3:8080", "IPT -t nat -F PREROUTING; IPT -t nat -F OUTPUT",
    ],
}  # fmt: skip


@pytest.mark.parametrize("number", range(6))
@pytest.mark.meant_for(lambda mode, number: number < len(FLUSHES.get(mode, ())))
def test_a_flushed_table_is_restored_by_the_next_resync(node: Node, mode: str, number: int):
    svc = service(type="NodePort", ports=[{"protocol": "TCP", "port": 80, "nodePort": 30080}])
    node.set(svc, endpoint_slice("myapp", [POD2]))
    assert node.resync().operations == ()
    node.shell(FLUSHES[mode][number].replace("IPT", node.iptables if mode == "ipvs" else ""))
    assert node.resync().operations or "IPT" in FLUSHES[mode][number]
    for client in ("pod1", "node1", "outside"):
        assert node.world.ask(client, VIP, 80).startswith("pod2"), client
        assert node.world.ask(client, NODE_IP, 30080).startswith("pod2"), client
    assert node.world.ask("pod1", VIP, 22) == "refused"
    assert node.resync().operations == ()


# ---- node ports on the wrong addresses ----


def test_node_ports_are_open_on_the_chosen_addresses_only(node: Node):
    node.set(
        service(type="NodePort", ports=[{"protocol": "TCP", "port": 80, "nodePort": 30080}]),
        endpoint_slice("myapp", [POD2]),
    )
    assert node.world.ask("node1", NODE_IP, 30080).startswith("pod2")
    assert node.world.ask("node1", "127.0.0.1", 30080) == "refused"
    assert node.world.ask("pod1", "10.244.1.1", 30080) == "refused"  # not in --nodeport-addresses


# ---- every host port reachable on every cluster IP ----


def test_a_daemon_of_the_node_does_not_answer_on_a_virtual_ip(node: Node):
    node.set(service(externalIPs=[EXTERNAL]), endpoint_slice("myapp", [POD2]))
    node.world.listen("node1", 9022)
    assert node.world.ask("outside", NODE_IP, 9022).startswith("node1")
    for client in ("pod1", "node1", "outside"):
        assert node.world.ask(client, VIP, 9022) == "refused", client


# ---- connection reuse to a server of weight 0 ----


def test_a_reused_source_port_does_not_reach_a_removed_endpoint(node: Node):
    node.set(service(), endpoint_slice("myapp", [POD2]))
    assert node.world.ask("pod1", VIP, 80, source=41080).startswith("pod2")
    node.set(endpoint_slice("myapp", [POD3]))
    assert node.world.ask("pod1", VIP, 80, source=41080).startswith("pod3")


@only_ipvs
def test_the_settings_that_ipvs_needs_hold(node: Node):
    node.shell("sysctl -qw net.ipv4.vs.conn_reuse_mode=0 net.ipv4.vs.expire_nodest_conn=0")
    node.resync()
    names = ("conn_reuse_mode", "expire_nodest_conn", "expire_quiescent_template", "conntrack")
    assert node.shell("sysctl -n " + " ".join(f"net.ipv4.vs.{n}" for n in names)).split() == ["1"] * 4


# ---- changes cost what changed ----


def test_one_changed_endpoint_is_a_handful_of_operations_whatever_else_there_is(node: Node):
    counts = []
    for others in (0, 300):
        objects = [
            (service(f"s{i}", clusterIP=f"10.96.{1 + i // 200}.{i % 200}"), endpoint_slice(f"s{i}", [POD1, POD2, POD3]))
            for i in range(others)
        ]
        node.set(*(obj for pair in objects for obj in pair))
        node.set(service(), endpoint_slice("myapp", [POD1, POD2]))
        counts.append(len(node.set(endpoint_slice("myapp", [POD1, POD3])).operations))
    assert counts[1] <= counts[0] <= 6  # fewer when others share the hairpin entry


# ---- affinity ----


def test_session_affinity_keeps_a_client_on_its_endpoint(node: Node):
    node.set(service(sessionAffinity="ClientIP"), endpoint_slice("myapp", [POD1, POD2, POD3]))
    first = {client: node.world.ask(client, VIP, 80) for client in ("pod1", "pod2", "node1", "outside")}
    for client, answer in first.items():
        assert set(node.answers(client, VIP, 80, times=8)) == {answer}
    gone = first["outside"].split()[0]
    rest = [p for name, p in (("pod1", POD1), ("pod2", POD2), ("pod3", POD3)) if name != gone]
    node.set(endpoint_slice("myapp", rest))
    assert len(node.answers("outside", VIP, 80, times=8)) == 1
    assert not node.world.ask("outside", VIP, 80).startswith(gone)


# ---- the third protocol ----


def test_sctp(node: Node):
    if not node.world.has_sctp:
        pytest.skip("this kernel has no SCTP")
    ports = [{"protocol": "SCTP", "port": 3868, "nodePort": 33868}]
    node.set(service(type="NodePort", ports=ports), endpoint_slice("myapp", [POD2], protocol="SCTP"))
    assert node.world.ask("pod1", VIP, 3868, "SCTP", 10) == "pod2 10.244.1.2"
    assert node.world.ask("outside", NODE_IP, 33868, "SCTP", 10) == "pod2 10.244.1.1"
    node.set(endpoint_slice("myapp", [], protocol="SCTP"))
    assert node.world.ask("pod1", VIP, 3868, "SCTP", 10) != "pod2 10.244.1.2"


# ---- a failed Service does not hold up the others ----


def test_two_services_of_one_external_ip_share_it_by_port_and_the_first_keeps_a_port(node: Node):
    node.set(
        service("one", clusterIP="10.96.0.21", externalIPs=[EXTERNAL]), endpoint_slice("one", [POD1]),
        service("two", clusterIP="10.96.0.22", externalIPs=[EXTERNAL], ports=[{"protocol": "TCP", "port": 81}]),
        endpoint_slice("two", [POD2]),
    )  # fmt: skip
    assert node.world.ask("outside", EXTERNAL, 80).startswith("pod1")
    assert node.world.ask("outside", EXTERNAL, 81).startswith("pod2")
    node.set(service("thief", clusterIP="10.96.0.23", externalIPs=[EXTERNAL]), endpoint_slice("thief", [POD3]))
    assert node.world.ask("outside", EXTERNAL, 80).startswith("pod1")
    node.delete(service("one"))
    assert node.world.ask("outside", EXTERNAL, 80).startswith("pod3")
    assert node.world.ask("outside", EXTERNAL, 81).startswith("pod2")


def test_pods_with_different_target_ports_share_a_service(node: Node):
    node.world.listen("pod2", 8081)
    node.set(
        service(),
        endpoint_slice("myapp", [POD1], PORT),
        endpoint_slice("myapp", [endpoint("10.244.1.3")], 8081, name="other"),
    )
    assert {a.split()[0] for a in node.answers("outside", VIP, 80, times=30)} == {"pod1", "pod2"}
