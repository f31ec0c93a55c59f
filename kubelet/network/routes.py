"""Routes to the other nodes' pods: each node's pod CIDR lies behind that node's address.

Called by `kubelet.kubelet`, which hears of nodes from an informer. `kubelet.network.plan` decides; this reads the
routes that are there and applies the changes, so that a route that somebody removed comes back.
"""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress

from kube.api.core_v1 import Node
from kube.informer import Informer
from kubelet.network.commands import NetworkError, batch, ip
from kubelet.network.plan import ROUTE_PROTOCOL, route_changes, wanted_routes

log = logging.getLogger(__name__)
RESYNC_SECONDS = 30.0


class Routes:
    """Keeps this node's routes as the Nodes say."""

    def __init__(self, node_name: str, nodes: Informer[Node]):
        self.node_name, self.nodes = node_name, nodes
        self._changed = asyncio.Event()
        self._wanted: dict[str, str] | None = None
        nodes.on_any(self._node_changed)

    def _node_changed(self, _node: Node) -> None:
        """Nodes change every few seconds, their addresses hardly ever."""
        if self.wanted() != self._wanted:
            self._changed.set()

    def wanted(self) -> dict[str, str]:
        return wanted_routes(self.node_name, {n.metadata.name: (_cidrs(n), _addresses(n)) for n in self.nodes.list()})

    async def run(self) -> None:
        """Until cancelled."""
        await self.nodes.synced.wait()
        while True:
            self._changed.clear()
            try:
                await self.sync()
            except NetworkError as error:
                log.warning("routes: %s", error)
            with suppress(TimeoutError):
                async with asyncio.timeout(RESYNC_SECONDS):
                    await self._changed.wait()

    async def sync(self) -> None:
        """Raises NetworkError."""
        wanted = self.wanted()
        present: dict[str, str] = {}
        for family in ("-4", "-6"):
            for route in json.loads(await ip(family, "-j", "route", "show", "proto", str(ROUTE_PROTOCOL)) or "[]"):
                present[route["dst"]] = route.get("gateway", "")
        changes = route_changes(wanted, present)
        if changes:
            await batch(changes)
            log.info("routes to pods: %s", "; ".join(changes))
        self._wanted = wanted


def _cidrs(node: Node) -> list[str]:
    return node.spec.podCIDRs or ([node.spec.podCIDR] if node.spec.podCIDR else [])


def _addresses(node: Node) -> list[str]:
    return [address.address for address in node.status.addresses if address.type == "InternalIP"]
