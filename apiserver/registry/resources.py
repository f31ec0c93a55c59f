"""The table of strategies: which resource is governed by which.

Called by the app once, with what a strategy may need. A resource that is not in the table gets the base `Strategy`:
stored, served, validated no further than its metadata. To give a kind a strategy, add one import and one line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from apiserver.registry.core.services.allocation import ServiceAllocator
from apiserver.registry.core.services.strategy import ServiceStrategy
from apiserver.registry.generic.strategy import Strategy
from apiserver.storage.interface import Storage
from kube.apimachinery.validation import name_is_path_segment
from kube.clock import Clock, RealClock


@dataclass(frozen=True)
class Dependencies:
    """What strategies that allocate or look things up may need; most need nothing."""

    storage: Storage
    """The watch cache."""
    service_cluster_ip_range: Sequence[str] = ("10.96.0.0/16",)
    service_node_port_range: str = "30000-32767"
    clock: Clock = field(default_factory=RealClock)


def strategies(needs: Dependencies) -> dict[tuple[str, str], Strategy[Any]]:
    """(group, plural) -> strategy."""
    allocator = ServiceAllocator(
        needs.storage,  # type: ignore[arg-type]  # the watch cache, which can be peeked into
        needs.service_cluster_ip_range,
        needs.service_node_port_range,
        clock=needs.clock,
    )
    rbac = "rbac.authorization.k8s.io"
    return {
        ("", "services"): ServiceStrategy(allocator),
        (rbac, "clusterrolebindings"): PathNamed(),
        (rbac, "clusterroles"): PathNamed(),
        (rbac, "rolebindings"): PathNamed(),
        (rbac, "roles"): PathNamed(),
    }


class PathNamed(Strategy[Any]):
    """For kinds whose names need only fit into a URL."""

    allow_create_on_update = True

    def validate_name(self, name: str, prefix: bool = False) -> list[str]:
        return name_is_path_segment(name, prefix)
