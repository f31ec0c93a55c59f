"""The proxy's process on node1, but for its API server: what the tests of flags, restarts and failures start."""

from __future__ import annotations

import asyncio
from typing import Any

from kube.client.fake import FakeClient, FakeServer
from proxy.__main__ import make_dataplane
from proxy.config import Config
from proxy.runner import Proxy
from tests.proxy.dataplane.node import Node

FLAGS = {
    "hostname_override": "node1", "cluster_cidr": "10.244.0.0/16", "nodeport_addresses": "192.168.77.0/24",
    "healthz_bind_address": ":0", "metrics_bind_address": ":0",
}  # fmt: skip


def run(node: Node, server: FakeServer, mode: str, **flags: Any) -> None:
    """`python -m proxy --once`, but for the API server."""
    config = Config(proxy_mode=mode, once=True, **FLAGS | flags)

    def process() -> None:
        dataplane = make_dataplane(config, mode, None)
        asyncio.run(Proxy(config, FakeClient(server), dataplane).run())
        dataplane.close()

    node.call(process)


def holds(node: Node, mode: str) -> str:
    """What this node's kernel holds, in the words of its tools; counters and times left out."""
    if mode == "nftables":
        return node.shell("nft list ruleset")
    return node.shell(f"ipvsadm -Sn; ipset list -n; {node.iptables}-save | grep -v '^[#:]'; ip -o -4 addr show")
