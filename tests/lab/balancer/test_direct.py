"""`externalTrafficPolicy: Local`: the rules as text, and real packets from a client over a balancer to two nodes."""

import os
import subprocess
import sys
import time

import pytest

from lab import network
from lab.balancer import direct
from lab.balancer.rules import Balancer, Port, render
from lab.config import LabConfig

ADDRESS, ADDRESS_V6 = "192.168.77.200", "fd00:77::c8"
CONFIG = LabConfig("direct", "", dual_stack=True)
WEB = Port("TCP", 80, 31000)
NODES = ("192.168.77.11", "192.168.77.12", "fd00:77::b", "fd00:77::c")


def balancer(**changes) -> Balancer:
    given = {"service": "default/myapp", "addresses": (ADDRESS,), "ports": (WEB,), "nodes": NODES, "direct": True}
    return Balancer(**(given | changes))


def steps(one: Balancer) -> list[str]:
    """The rules, without the part that says for which packets they are."""
    match = f"ip daddr {ADDRESS} {one.ports[0].protocol.lower()} dport {one.ports[0].port} "
    return [line.strip().removeprefix(match) for line in direct.render([one], "eth0").splitlines() if match in line]


HASH = "meta priority set jhash ip saddr . tcp sport . ip daddr . tcp dport mod 4294967295 seed 0x6b6c"
KNOWN = "tcp flags & (syn | ack) != syn meta mark set meta priority map @flows"
REMEMBER = "meta mark != 0 update @flows { meta priority : meta mark }"
BOTH = "0xc0a84d0b : 192.168.77.11, 0xc0a84d0c : 192.168.77.12"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"direct": False}, []),
        ({"nodes": ()}, []),
        ({},
         ["meta mark set 0",
          HASH,
          KNOWN,
          "meta mark 0 meta mark set jhash ip saddr . tcp sport mod 2 seed 0x6b6c map "
          "{ 0 : 0xc0a84d0b, 1 : 0xc0a84d0c }",
          REMEMBER,
          f'fwd ip to meta mark map {{ {BOTH} }} device "eth0"']),
        # No connection begins at a node that drains; those that it has go on.
        ({"nodes": (), "draining": NODES[:1]},
         ["meta mark set 0",
          HASH,
          KNOWN,
          REMEMBER,
          'fwd ip to meta mark map { 0xc0a84d0b : 192.168.77.11 } device "eth0"']),
        # Datagrams have no beginning: each goes where its hash says.
        ({"ports": (Port("UDP", 53, 31053),), "nodes": NODES[:1], "sticky": True, "source_ranges": ("10.0.0.0/8",)},
         ['ip saddr != { 10.0.0.0/8 } drop comment "default/myapp"',
          "meta mark set 0",
          "meta mark 0 meta mark set jhash ip saddr mod 1 seed 0x6b6c map { 0 : 0xc0a84d0b }",
          'fwd ip to meta mark map { 0xc0a84d0b : 192.168.77.11 } device "eth0"']),
    ],
)  # fmt: skip
def test_what_happens_to_a_packet(changes, expected):
    assert steps(balancer(**changes)) == expected


def test_only_connections_of_the_balancer_host_are_translated():
    text = render([balancer()])
    assert text.count("dnat") == 2  # the chain's own rule, and `ct status dnat`
    assert "dnat ip to" in text.partition("chain balance_own")[2]


SERVER = """
import socket, sys
server = socket.create_server(("::", 80), family=socket.AF_INET6, dualstack_ipv6=True)
while True:
    connection, (peer, *_) = server.accept()
    connection.sendall(f"{sys.argv[1]} sees {peer.removeprefix('::ffff:')}\\n".encode())
    if connection.recv(1) == b"?":  # a client that stays and asks again
        connection.sendall(f"{sys.argv[1]} again\\n".encode())
    connection.close()
"""
ASK = """
import socket, sys
for _ in range(int(sys.argv[2])):
    with socket.create_connection((sys.argv[1], 80), 2) as connection, connection.makefile("r") as lines:
        print(lines.readline(), end="")
"""
HOLD = """
import socket, sys
with socket.create_connection((sys.argv[1], 80), 5) as connection, connection.makefile("r") as lines:
    print(lines.readline(), end="", flush=True)
    sys.stdin.readline()
    connection.sendall(b"?")
    print(lines.readline(), end="", flush=True)
"""


@pytest.fixture
def machines(make_machine, tmp_path):
    """A bridge with a client, a balancer, and two nodes that take what is sent to the balancer's addresses."""
    names = ("control-plane", "client", "balancer", "node1", "node2")
    made = {name: make_machine(name) for name in names}
    made["control-plane"].network_batch(network.bridge(CONFIG))
    for name in names[1:]:
        made["control-plane"].network_batch(network.veth(name, made[name].pid))
        made[name].network_batch(network.card(CONFIG, name))
        made[name].run(["sh", "-c", network.sysctl_script(network.FORWARDING)])
    made["balancer"].network_batch([f"addr add {ADDRESS}/32 dev eth0", f"addr add {ADDRESS_V6}/128 dev eth0"])
    for name in names[3:]:
        made[name].network_batch([f"addr add {ADDRESS}/32 dev lo", f"addr add {ADDRESS_V6}/128 dev lo"])
        made[name].start([sys.executable, "-c", SERVER, name], tmp_path / f"{name}.log")
    return made


def load(machines, *balancers: Balancer) -> None:
    text = direct.render(balancers, "eth0")
    done = machines["balancer"].run(["nft", "-f", "-"], input=text)
    assert done.returncode == 0, f"{done.stderr}\n{text}"


def ask(machines, address: str, times: int = 40) -> set[str]:
    done = machines["client"].run([sys.executable, "-c", ASK, address, str(times)])
    return set(done.stdout.splitlines())


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_the_pod_sees_the_client_over_both_families(machines):
    load(machines, balancer(addresses=(ADDRESS, ADDRESS_V6)))
    for address, client in ((ADDRESS, "192.168.77.100"), (ADDRESS_V6, "fd00:77::64")):
        expected, deadline = {f"node1 sees {client}", f"node2 sees {client}"}, time.monotonic() + 30
        while ask(machines, address) != expected:
            assert time.monotonic() < deadline, ask(machines, address)
    load(machines, balancer(source_ranges=("192.168.77.0/26",)))
    assert ask(machines, ADDRESS, 1) == set()
    load(machines, balancer(nodes=NODES[1:2]))
    assert ask(machines, ADDRESS) == {"node2 sees 192.168.77.100"}


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_node_that_drains_keeps_its_connections(machines):
    load(machines, balancer(nodes=NODES[:1]))
    deadline = time.monotonic() + 30
    while not ask(machines, ADDRESS, 1):
        assert time.monotonic() < deadline
    client = machines["client"]
    argv = client._command([sys.executable, "-c", HOLD, ADDRESS])
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True) as held:
        assert held.stdout.readline() == "node1 sees 192.168.77.100\n"
        load(machines, balancer(nodes=NODES[1:2], draining=NODES[:1]))
        assert ask(machines, ADDRESS, 5) == {"node2 sees 192.168.77.100"}
        held.stdin.write("\n")
        held.stdin.flush()
        assert held.stdout.readline() == "node1 again\n"
