"""Which UDP flows a change makes stale.

Called by `proxy.runner` after each sync. It calls nothing; pure. It leaves out TCP: a client of a dead TCP endpoint
notices, and one of a draining endpoint must be left alone.

| before | after | stale |
|---|---|---|
| an endpoint served | it does not | flows to this address and port that it answered |
| no endpoint, packets went nowhere | some | flows to this address and port that nobody answered |

Source: kube-proxy's conntrack cleanup.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from proxy.dataplane import Change
from proxy.model.desired import Identity, VirtualServer


class StaleFlow(NamedTuple):
    """UDP flows to a virtual server (of a node port: to any address) answered by `endpoint`; empty: by nobody else."""

    server: Identity
    endpoint: str = ""

    def __str__(self) -> str:
        _, address, _, port = self.server
        to = f" --orig-dst {address}" if address else ""
        return f"conntrack -D -p udp{to} --orig-port-dst {port} --reply-src {self.endpoint or address or 'itself'}"


def stale_flows(changes: Iterable[Change]) -> list[StaleFlow]:
    """The flows to delete once these changes are in the kernel."""
    flows: list[StaleFlow] = []
    for change in changes:
        new = {server.identity: server for server in change.new.servers if server.identity.protocol == "UDP"}
        old = {server.identity: server for server in change.old.servers if server.identity.protocol == "UDP"}
        for identity, server in old.items():
            gone = _addresses(server) - (_addresses(new[identity]) if identity in new else set())
            flows += [StaleFlow(identity, address) for address in sorted(gone)]
        flows += [StaleFlow(i) for i, s in new.items() if s.endpoints and not (i in old and old[i].endpoints)]
    return flows


def _addresses(server: VirtualServer) -> set[str]:
    return {backend.address for backend in (*server.endpoints, *(server.outside or ()))}
