"""The quality-of-service class of a Pod.

Called by the Pod strategy when a Pod is created, and by its validation of updates. Pure. Source: kubernetes
pkg/apis/core/helper/qos.
"""

from __future__ import annotations

from kube.api.core_v1 import Pod
from kube.apimachinery import quantity

_COUNTED = ("cpu", "memory")


def qos_class(pod: Pod) -> str:
    """Guaranteed: every container has cpu and memory limits, equal to its requests. BestEffort: none has any.
    Burstable: all else."""
    own = pod.spec.resources
    holders = [own] if own is not None and (own.limits or own.requests) else [
        c.resources for c in [*pod.spec.containers, *pod.spec.initContainers]
    ]  # fmt: skip
    amounts = [(_counted(r.requests), _counted(r.limits)) for r in holders]
    if not any(requests or limits for requests, limits in amounts):
        return "BestEffort"
    if all(len(limits) == 2 and (not requests or requests == limits) for requests, limits in amounts):
        return "Guaranteed"
    return "Burstable"


def _counted(resources: dict[str, str]) -> dict[str, quantity.Quantity]:
    """Cpu and memory that are not zero."""
    found = {name: quantity.parse(resources[name]) for name in _COUNTED if name in resources}
    return {name: amount for name, amount in found.items() if amount.amount > 0}
