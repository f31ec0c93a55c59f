"""The rules that the dataplanes' READMEs show are those that a node has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import proxy
from tests.proxy.dataplane.node import Node
from tests.proxy.dataplane.vocabulary import BALANCER, POD1, POD2, POD3
from tests.proxy.objects import endpoint_slice, service

pytestmark = pytest.mark.root


def test_every_line_shown_is_a_line_of_the_kernel(node: Node, mode: str):
    http = [{"name": "http", "protocol": "TCP", "port": 80, "nodePort": 30080}]
    pods = [{"name": "http", "port": 8080, "protocol": "TCP"}]
    local = {"externalTrafficPolicy": "Local", "load_balancer_ips": [BALANCER]}
    ports = [{"protocol": "TCP", "port": 80, "nodePort": 30081}]
    node.set(
        service(type="NodePort", ports=http), endpoint_slice("myapp", [POD1, POD2, POD3], ports=pods),
        service("local", ports, clusterIP="10.96.0.11", type="LoadBalancer", **local),
        endpoint_slice("local", [POD2, POD3]), service("nobody", clusterIP="10.96.0.12"),
        endpoint_slice("nobody", []),
    )  # fmt: skip
    real = {_plain(line) for line in _real(node, mode).splitlines()}
    shown = [line for block in _blocks(mode) for line in block.splitlines() if _plain(line)]
    assert len(shown) > 20
    assert [line for line in shown if _plain(line) not in real] == []


def _blocks(mode: str) -> list[str]:
    text = (Path(proxy.__path__[0]) / mode / "README.md").read_text()
    return re.findall(r"^```(?:nft|kernel)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def _plain(line: str) -> str:
    """Without comments, the spaces between words, and how many connections a destination has."""
    return re.sub(r"(Masq \d+) .*", r"\1", " ".join(line.partition("  #")[0].split()))


def _real(node: Node, mode: str) -> str:
    if mode == "nftables":
        return node.shell("nft list table ip kube-proxy")
    rules = "; ".join(f"{node.iptables} -t {table} -S" for table in ("mangle", "nat", "filter"))
    return node.shell(f"ipvsadm -Ln; ipset save; ip -o -4 addr show dev kube-ipvs0; {rules}")
