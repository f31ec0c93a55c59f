"""The arithmetic of a rollout: how many pods may there be, how many must be available, who grows and who shrinks.

Called by `controllers.deployment.plan`. Pure. Source: k8s.io/kubernetes/pkg/controller/deployment/util, and
kubernetes.io/docs/concepts/workloads/controllers/deployment/ ("Max Surge", "Max Unavailable", "Proportional scaling").
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kube.api.apps_v1 import Deployment, ReplicaSet
from kube.apimachinery.intstr import scaled_value

ROLLING_UPDATE, RECREATE = "RollingUpdate", "Recreate"
DESIRED_REPLICAS = "deployment.kubernetes.io/desired-replicas"
MAX_REPLICAS = "deployment.kubernetes.io/max-replicas"


def desired(d: Deployment) -> int:
    return 1 if d.spec.replicas is None else d.spec.replicas


def replicas(rs: ReplicaSet) -> int:
    return 1 if rs.spec.replicas is None else rs.spec.replicas


def total_replicas(sets: Iterable[ReplicaSet]) -> int:
    """What the ReplicaSets are asked for."""
    return sum(replicas(rs) for rs in sets)


def actual_replicas(sets: Iterable[ReplicaSet]) -> int:
    """What they have."""
    return sum(rs.status.replicas for rs in sets)


def available_replicas(sets: Iterable[ReplicaSet]) -> int:
    return sum(rs.status.availableReplicas for rs in sets)


def is_rolling(d: Deployment) -> bool:
    return d.spec.strategy.type in ("", ROLLING_UPDATE)


def fenceposts(d: Deployment) -> tuple[int, int]:
    """(maxSurge, maxUnavailable) as numbers: percentages of the desired replicas, the surge rounded up, the
    unavailable down; when both come to zero one pod may be unavailable, or nothing could ever move."""
    rolling = d.spec.strategy.rollingUpdate
    surge = rolling.maxSurge if rolling and rolling.maxSurge is not None else "25%"
    unavailable = rolling.maxUnavailable if rolling and rolling.maxUnavailable is not None else "25%"
    up = scaled_value(surge, desired(d), round_up=True)
    down = scaled_value(unavailable, desired(d), round_up=False)
    return (up, down) if up or down else (0, 1)


def max_surge(d: Deployment) -> int:
    return fenceposts(d)[0] if is_rolling(d) else 0


def max_unavailable(d: Deployment) -> int:
    if not is_rolling(d) or desired(d) == 0:
        return 0
    return min(fenceposts(d)[1], desired(d))


def new_size(d: Deployment, all_sets: Sequence[ReplicaSet], new: ReplicaSet) -> int:
    """How far the new ReplicaSet may grow now."""
    if not is_rolling(d):
        return desired(d)
    room = desired(d) + max_surge(d) - total_replicas(all_sets)
    if room <= 0:
        return replicas(new)
    return replicas(new) + min(room, desired(d) - replicas(new))


def shrink_old(d: Deployment, all_sets: Sequence[ReplicaSet], old: Sequence[ReplicaSet], new: ReplicaSet) -> dict:
    """Name -> new size of the old ReplicaSets that may shrink now: unhealthy pods first, since losing them costs
    nothing, then healthy ones as far as enough stay available. Of several, the oldest first."""
    if total_replicas(old) == 0:
        return {}
    must_be_available = desired(d) - max_unavailable(d)
    new_unavailable = replicas(new) - new.status.availableReplicas
    allowed = total_replicas(all_sets) - must_be_available - new_unavailable
    if allowed <= 0:
        return {}
    sizes = {rs.metadata.name: replicas(rs) for rs in old}
    before = dict(sizes)
    oldest_first = sorted(old, key=lambda rs: rs.metadata.creationTimestamp or "")
    for rs in oldest_first:
        unhealthy = max(0, sizes[rs.metadata.name] - rs.status.availableReplicas)
        cut = min(allowed, unhealthy)
        sizes[rs.metadata.name] -= cut
        allowed -= cut
    spare = available_replicas(all_sets) - must_be_available
    for rs in oldest_first:
        cut = min(sizes[rs.metadata.name], max(0, spare))
        sizes[rs.metadata.name] -= cut
        spare -= cut
    return {name: size for name, size in sizes.items() if size != before[name]}


def proportional(d: Deployment, sets: Sequence[ReplicaSet]) -> dict[str, int]:
    """Name -> size when a Deployment is scaled in the middle of a rollout: each active ReplicaSet gets its share of
    what is added or taken, the largest first, and the largest the rest."""
    allowed = desired(d) + max_surge(d) if desired(d) > 0 else 0
    to_add = allowed - total_replicas(sets)
    newest_last = sorted(sets, key=lambda rs: rs.metadata.creationTimestamp or "", reverse=to_add > 0)
    by_size = sorted(newest_last, key=replicas, reverse=True)
    sizes, added = {}, 0
    for rs in by_size:
        share = _share(rs, d, to_add, added)
        sizes[rs.metadata.name] = replicas(rs) + share
        added += share
    if by_size:
        largest = by_size[0].metadata.name
        sizes[largest] = max(0, sizes[largest] + to_add - added)
    return sizes


def _share(rs: ReplicaSet, d: Deployment, to_add: int, added: int) -> int:
    left = to_add - added
    if replicas(rs) == 0 or to_add == 0 or left == 0:
        return 0
    fraction = _fraction(rs, d)
    return min(fraction, left) if to_add > 0 else max(fraction, left)


def _fraction(rs: ReplicaSet, d: Deployment) -> int:
    if desired(d) == 0:
        return -replicas(rs)
    before = annotated(rs, MAX_REPLICAS) or d.status.replicas
    if not before:
        return 0
    exact = replicas(rs) * (desired(d) + max_surge(d)) / before
    return int(exact + 0.5) - replicas(rs)  # half away from zero, as Go rounds; Python rounds half to even


def annotated(rs: ReplicaSet, annotation: str) -> int | None:
    """The number in an annotation; None when it is absent or no number."""
    try:
        return int(rs.metadata.annotations[annotation])
    except (KeyError, ValueError):
        return None


def is_saturated(d: Deployment, rs: ReplicaSet | None) -> bool:
    """The ReplicaSet is what the Deployment wants, whole and available."""
    want = desired(d)
    return (
        rs is not None
        and replicas(rs) == want
        and annotated(rs, DESIRED_REPLICAS) == want
        and rs.status.availableReplicas == want
    )
