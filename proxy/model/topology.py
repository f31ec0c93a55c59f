"""Which endpoints a client may reach: readiness, termination, traffic policies, topology hints.

Called by `proxy.model.desired`, for one port of one Service. It calls nothing.
It leaves out addresses and ports of the Service itself.

| endpoints of the Service | `cluster` holds | `local` holds |
|---|---|---|
| some ready | the ready ones, narrowed by hints | the ready ones on this node |
| none ready (of all; of this node's) | the terminating ones that still serve | those of them on this node |
| none of these | nothing | nothing |

Sources: KEP-1669 (terminating endpoints), KEP-2433 (topology hints), KEP-3015 (same zone, same node),
and kube-proxy's `CategorizeEndpoints`, whose order of questions is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from proxy.model.objects import EndpointInfo, NodeInfo


class Categories(NamedTuple):
    """`cluster`: for clients that may go anywhere; `local`: for those bound to this node; `any`: is there one."""

    cluster: Sequence[EndpointInfo]
    local: Sequence[EndpointInfo]
    any: bool


def categorize(endpoints: Sequence[EndpointInfo], node: NodeInfo, want_local: bool = True) -> Categories:
    """The endpoints of one Service port, sorted into what clients may use; `local` only where it is asked for."""
    ready = [e for e in endpoints if e.ready]
    cluster = narrow_by_hints(ready, node) if ready else _still_serving(endpoints)
    local: list[EndpointInfo] = []
    if want_local:
        here = [e for e in endpoints if e.node == node.name]
        local = [e for e in here if e.ready] or _still_serving(here)
    return Categories(cluster, local, bool(cluster or local))


def narrow_by_hints(ready: list[EndpointInfo], node: NodeInfo) -> list[EndpointInfo]:
    """The endpoints hinted at this node, else at its zone, else all.

    Hints count only when every ready endpoint carries them: otherwise the controller is in the middle of a change.
    """
    if all(e.node_hints for e in ready):
        here = [e for e in ready if node.name in e.node_hints]
        if here:
            return here
    if node.zone and all(e.zone_hints for e in ready):
        return [e for e in ready if node.zone in e.zone_hints] or ready
    return ready


def _still_serving(endpoints: Iterable[EndpointInfo]) -> list[EndpointInfo]:
    return [e for e in endpoints if e.serving and e.terminating]
