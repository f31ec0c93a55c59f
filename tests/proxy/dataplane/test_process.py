"""The process with a real kernel: `--dry-run`, `--once`, `--cleanup`, and restarts under live connections."""

from __future__ import annotations

import socket

import pytest

from kube.client.fake import FakeServer
from proxy.__main__ import clean_up, make_dataplane
from proxy.config import Config
from proxy.planner import Planner
from tests.proxy.dataplane.node import Node
from tests.proxy.dataplane.process import FLAGS, holds, run
from tests.proxy.dataplane.vocabulary import LAN, NODE_IP, POD3, VIP
from tests.proxy.objects import NODE, endpoint_slice, service, tracked

pytestmark = pytest.mark.root


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


def test_masquerading_comes_before_anything_that_needs_it(bare: Node, mode: str):
    """A node that starts must not send a client to a pod whose answer would not come back: at every step of the first
    comparison who is answered at all is masqueraded."""
    config = Config(proxy_mode=mode, **FLAGS)
    svc = service(type="NodePort", ports=[{"protocol": "TCP", "port": 80, "nodePort": 30080}])
    planned = Planner(tracked(svc, endpoint_slice("myapp", [POD3])), NODE)
    planned.plan(planned.tracker.take())
    dataplane, answers = bare.call(make_dataplane, config, mode, None), []
    steps = dataplane.compare(planned.states)
    while bare.call(next, steps, None) is not None:
        answers.append(bare.world.ask("outside", NODE_IP, 30080, timeout=5))
    bare.call(dataplane.close)
    assert set(answers) == {"refused", f"pod3 {LAN}"}
