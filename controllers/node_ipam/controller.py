"""The node IPAM controller: `spec.podCIDRs` for every node that has none.

Run by `controllers.manager`. It calls `cidr_set` to decide. The nodes themselves are the books: at the start of a
term every node's ranges are marked before the first is handed out.
Source: k8s.io/kubernetes/pkg/controller/nodeipam/ipam/range_allocator.go.
"""

from __future__ import annotations

import ipaddress

from controllers.controller import Context, Controller
from controllers.node_ipam.cidr_set import CidrSet, RangeFull
from kube.api.core_v1 import Node
from kube.apimachinery.errors import NotFound
from kube.events import WARNING
from kube.informer import Key


class NodeIpamController(Controller):
    """1. No two nodes get overlapping ranges: one worker, and a range is marked before it is written.
    2. A range is released when its node is deleted, or when writing it failed for certain.
    """

    name = "node-ipam-controller"
    queue_name = "cidrallocator_node"
    workers = 1

    def __init__(self, context: Context):
        super().__init__(context)
        self.events = context.recorder("cidrAllocator")
        four, six = context.node_cidr_mask_sizes
        self.sets = [CidrSet(c, four if ipaddress.ip_network(c).version == 4 else six) for c in context.cluster_cidrs]
        self._held: dict[str, tuple[str, ...]] = {}
        self.nodes = self.informer(Node)
        self.nodes.add_handler(self._node_changed, lambda _old, new: self._node_changed(new), self._node_deleted)

    async def sync(self, key: Key) -> str | None:
        node = self.nodes.get(*key)
        if node is None or node.spec.podCIDRs or not self.sets:
            return None
        name = node.metadata.name
        if name not in self._held:
            self._hold(name, self._allocate(node))
        ranges = list(self._held[name])
        try:
            await self._write(node, ranges)
        except NotFound:
            self._release(name)
            return None
        return f"assigned {', '.join(ranges)}"

    def _allocate(self, node: Node) -> tuple[str, ...]:
        got: list[str] = []
        try:
            for one in self.sets:
                got.append(one.allocate())
        except RangeFull:
            for one, cidr in zip(self.sets, got, strict=False):
                one.release(cidr)
            name = node.metadata.name
            self.events.event(node, WARNING, "CIDRNotAvailable", f"Node {name} status is now: CIDRNotAvailable")
            raise
        return tuple(got)

    async def _write(self, node: Node, ranges: list[str]) -> None:
        # With the resourceVersion: a range that somebody gave the node meanwhile must win, and be marked.
        body = {
            "metadata": {"resourceVersion": node.metadata.resourceVersion},
            "spec": {"podCIDR": ranges[0], "podCIDRs": ranges},
        }
        await self.client.patch(Node, node.metadata.name, "", body, "strategic")

    def _hold(self, name: str, ranges: tuple[str, ...]) -> None:
        self._held[name] = ranges

    def _release(self, name: str) -> None:
        for cidr in self._held.pop(name, ()):
            for one in self.sets:
                one.release(cidr)

    def _node_changed(self, node: Node) -> None:
        name, ranges = node.metadata.name, tuple(node.spec.podCIDRs)
        if not ranges:
            self.enqueue(node)
        elif self._held.get(name) != ranges:
            self._release(name)
            self._hold(name, ranges)
            for cidr in ranges:
                for one in self.sets:
                    one.occupy(cidr)

    def _node_deleted(self, node: Node) -> None:
        self._release(node.metadata.name)
