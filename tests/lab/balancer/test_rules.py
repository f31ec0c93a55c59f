"""The packet rules, as nftables text, and that nft takes them."""

import os
import subprocess

import pytest

from lab.balancer.rules import Balancer, Port, render

ADDRESS = "192.168.77.200"
WEB = Port("TCP", 80, 31000)


def rules(*balancers: Balancer, chain: str) -> list[str]:
    text = render(balancers)
    body = text.partition(f"chain {chain} {{")[2].partition("}\n  chain")[0]
    return [line.strip() for line in body.splitlines() if "daddr" in line]


def balancer(**changes) -> Balancer:
    given = {"service": "default/myapp", "addresses": (ADDRESS,), "ports": (WEB,), "nodes": ("10.0.0.1", "10.0.0.2")}
    return Balancer(**(given | changes))


TARGET = f'ip daddr {ADDRESS} tcp dport 80'


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({},
         [f'{TARGET} dnat ip to numgen inc mod 2 map {{ 0 : 10.0.0.1, 1 : 10.0.0.2 }}:31000 comment "default/myapp"']),
        ({"nodes": ()}, []),
        ({"nodes": ("fd00::1",)}, []),
        ({"sticky": True, "nodes": ("10.0.0.1",)},
         [f'{TARGET} dnat ip to jhash ip saddr mod 1 map {{ 0 : 10.0.0.1 }}:31000 comment "default/myapp"']),
    ],
)  # fmt: skip
def test_connections_go_to_healthy_nodes(changes, expected):
    assert rules(balancer(**changes), chain="balance") == expected
    assert rules(balancer(**changes), chain="balance_own") == expected


@pytest.mark.parametrize(
    ("ranges", "expected"),
    [
        ((), []),
        (("0.0.0.0/0",), []),
        (("10.1.0.0/16", "10.1.2.0/24", "10.2.0.0/16"),
         [f'{TARGET} ip saddr != {{ 10.1.0.0/16, 10.2.0.0/16 }} drop comment "default/myapp"']),
        (("fd00::/64",), [f'{TARGET} drop comment "default/myapp"']),
    ],
)  # fmt: skip
def test_only_the_source_ranges_may_come(ranges, expected):
    assert rules(balancer(source_ranges=ranges), chain="guard") == expected


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_nft_takes_the_rules_twice():
    text = render([
        balancer(source_ranges=("10.0.0.0/8",)),
        balancer(service="default/dns", addresses=("192.168.77.201", "fd00::c9"),
                 ports=(Port("UDP", 53, 31053), Port("SCTP", 9, 31054)), nodes=("10.0.0.1", "fd00::b")),
    ])  # fmt: skip
    for _ in range(2):
        nft = ["unshare", "-n", "nft", "-f", "-"]
        done = subprocess.run(nft, input=text, text=True, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
