"""The process with a real kernel: `--dry-run`, `--once`, `--cleanup`, and restarts under live connections."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest

from kube.api.core_v1 import Node as ApiNode
from kube.client.fake import FakeClient, FakeServer
from proxy.__main__ import clean_up, make_dataplane
from proxy.config import Config
from proxy.runner import Proxy
from tests.proxy.dataplane.node import Node
from tests.proxy.dataplane.vocabulary import NODE_IP, POD2, POD3, VIP
from tests.proxy.objects import endpoint_slice, service

pytestmark = pytest.mark.root

FLAGS = {
    "hostname_override": "node1", "cluster_cidr": "10.244.0.0/16", "nodeport_addresses": "192.168.77.0/24",
    "healthz_bind_address": ":0", "metrics_bind_address": ":0",
}  # fmt: skip


@pytest.fixture
def server() -> FakeServer:
    server = FakeServer()
    ports = [{"protocol": "TCP", "port": 80, "nodePort": 30080}]
    server.seed(ApiNode.from_dict({"metadata": {"name": "node1"}}), service(type="NodePort", ports=ports))
    server.seed(endpoint_slice("myapp", [POD2, POD3]))
    return server


@pytest.fixture
def bare(node: Node) -> Iterator[Node]:
    """A node that no proxy has touched."""
    node.call(node.dataplane.cleanup)
    yield node
    node.restart()


def run(node: Node, server: FakeServer, mode: str, **flags: bool) -> None:
    """`python -m proxy --once`, but for the API server."""
    config = Config(proxy_mode=mode, once=True, **FLAGS, **flags)

    def process() -> None:
        dataplane = make_dataplane(config, mode, [])
        asyncio.run(Proxy(config, FakeClient(server), dataplane).run())
        dataplane.close()

    node.call(process)


def holds(node: Node, mode: str) -> str:
    """What this node's kernel holds, in the words of its tools; counters and times left out."""
    if mode == "nftables":
        return node.shell("nft list ruleset")
    return node.shell(f"ipvsadm -Sn; ipset list -n; {node.iptables}-save | grep -v '^[#:]'; ip -o -4 addr show")


def test_dry_run_prints_and_touches_nothing(
    bare: Node, server: FakeServer, mode: str, capsys: pytest.CaptureFixture[str]
):
    before = holds(bare, mode)
    run(bare, server, mode, dry_run=True)
    printed = capsys.readouterr().out
    assert ("ipvsadm -A -t 10.96.0.10:80 -s rr" if mode == "ipvs" else "add element ip kube-proxy services") in printed
    assert holds(bare, mode) == before


def test_once_programs_everything_and_a_second_time_nothing(
    bare: Node, server: FakeServer, mode: str, capsys: pytest.CaptureFixture[str]
):
    run(bare, server, mode)
    assert {bare.world.ask("pod1", VIP, 80, timeout=10).split()[0] for _ in range(30)} == {"pod2", "pod3"}
    assert bare.world.ask("outside", NODE_IP, 30080, timeout=10).startswith("pod")
    run(bare, server, mode, dry_run=True)
    assert capsys.readouterr().out == ""


def test_connections_live_through_restarts_and_cleanup_ends_the_service(bare: Node, server: FakeServer, mode: str):
    run(bare, server, mode)
    with bare.world.connect("pod1", VIP, 80) as inside, bare.world.connect("outside", NODE_IP, 30080) as outside:
        before = [talk(inside), talk(outside)]
        for _ in range(2):
            run(bare, server, mode)
            assert [talk(inside), talk(outside)] == before
    bare.call(clean_up, Config(proxy_mode=mode, **FLAGS))
    assert VIP not in holds(bare, mode)
    assert bare.world.ask("outside", NODE_IP, 30080) == "refused"


def talk(connection: socket.socket) -> str:
    connection.settimeout(10)
    connection.sendall(b"who?")
    return connection.recv(2048).decode()
