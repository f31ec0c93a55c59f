"""What controllers ask of pods: is it ready, available, active; and which to delete first.

Called by the replicaset, deployment, statefulset, daemonset, disruption and endpoint controllers. Pure.
Source: k8s.io/kubernetes/pkg/controller/controller_utils.go and pkg/api/v1/pod/util.go.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime

from kube.api.core_v1 import Pod, PodCondition
from kube.apimachinery import times

DELETION_COST = "controller.kubernetes.io/pod-deletion-cost"


def by_node(pod: Pod) -> tuple[str, ...]:
    """An index function: the node that the pod is bound to."""
    return (pod.spec.nodeName,)


def condition(pod: Pod, type: str) -> PodCondition | None:
    for found in pod.status.conditions:
        if found.type == type:
            return found
    return None


def is_ready(pod: Pod) -> bool:
    found = condition(pod, "Ready")
    return found is not None and found.status == "True"


def ready_since(pod: Pod) -> datetime | None:
    """When the pod became ready; None when it is not."""
    found = condition(pod, "Ready")
    if found is None or found.status != "True" or not found.lastTransitionTime:
        return None
    return times.parse_time(found.lastTransitionTime)


def is_available(pod: Pod, min_ready_seconds: int, now: datetime) -> bool:
    """Ready, and that for `minReadySeconds`."""
    if not is_ready(pod):
        return False
    return min_ready_seconds == 0 or seconds_until_available(pod, min_ready_seconds, now) <= 0


def seconds_until_available(pod: Pod, min_ready_seconds: int, now: datetime) -> float:
    """How long a ready pod has to stay ready until it is available; infinite for one that is not ready."""
    since = ready_since(pod)
    return math.inf if since is None else min_ready_seconds - (now - since).total_seconds()


def next_available_in(pods: Iterable[Pod], min_ready_seconds: int, now: datetime) -> float | None:
    """Seconds until the next ready pod becomes available by the passing of time alone; None when none will."""
    if not min_ready_seconds:
        return None
    waits = (seconds_until_available(pod, min_ready_seconds, now) for pod in pods)
    return min((wait for wait in waits if 0 < wait < math.inf), default=None)


def is_terminal(pod: Pod) -> bool:
    """Its containers have ended and will not be started again."""
    return pod.status.phase in ("Succeeded", "Failed")


def is_terminating(pod: Pod) -> bool:
    return pod.metadata.deletionTimestamp is not None and not is_terminal(pod)


def is_active(pod: Pod) -> bool:
    """Counts towards the replicas of its owner: neither ended nor being deleted."""
    return not is_terminal(pod) and pod.metadata.deletionTimestamp is None


# ---- which to delete first ----


def deletion_order(candidates: Iterable[Pod], related_per_node: Mapping[str, int], now: datetime) -> list[Pod]:
    """The pods, the one to delete first at the front. `related_per_node`: active pods of the same owner on each node.

    | the one goes first that |
    |---|
    | has no node yet |
    | is Pending, then Unknown, then Running |
    | is not ready |
    | has the lower `pod-deletion-cost` |
    | shares its node with more pods of the same owner |
    | has been ready for a shorter time (powers of two of a second count as equal; then by UID) |
    | had more restarts |
    | was created later (again by powers of two; then by UID) |
    """

    def rank(pod: Pod) -> tuple:
        since, created = ready_since(pod), pod.metadata.creationTimestamp
        return (
            pod.spec.nodeName != "",
            {"Pending": 0, "Unknown": 1, "Running": 2}.get(pod.status.phase, 0),
            is_ready(pod),
            deletion_cost(pod),
            -related_per_node.get(pod.spec.nodeName, 0) if pod.spec.nodeName else 0,
            _age_class(since, now) if is_ready(pod) else 0,
            -max((s.restartCount for s in pod.status.containerStatuses), default=0),
            _age_class(times.parse_time(created) if created else None, now),
            pod.metadata.uid,
        )

    return sorted(candidates, key=rank)


def deletion_cost(pod: Pod) -> int:
    """The annotation's value; 0 when it is absent or no number."""
    try:
        return int(pod.metadata.annotations.get(DELETION_COST, "0"))
    except ValueError:
        return 0


def _age_class(moment: datetime | None, now: datetime) -> int:
    if moment is None:
        return -1
    seconds = (now - moment).total_seconds()
    return int(math.log2(seconds)) + 1 if seconds >= 1 else 0
