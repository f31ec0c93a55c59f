"""The resources that a pod's containers were given, and what becomes of a request to change them. Pure.

Called by `kubelet.pods.status`, which reports both. What was given stands in the status made before, and so outlives
the kubelet. The process runtime sets no limits on processes and can change none: each resize is infeasible, as
Kubernetes' kubelet says on a platform without control groups. Source: kubernetes pkg/kubelet/allocation, status.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from kube.api.core_v1 import Container, ContainerStatus, Pod, PodCondition, PodStatus, ResourceRequirements

PENDING, INFEASIBLE = "PodResizePending", "Infeasible"
_WHY = "In-place pod resize is not supported on this node"
_ENDED = ("Succeeded", "Failed")


def given_to(container: Container, before: Sequence[ContainerStatus]) -> ResourceRequirements:
    """What the container runs with: what it was started with, whatever its spec has come to say since."""
    known = next((status.resources for status in before if status.name == container.name), None)
    return known if known is not None else _asked(container)


def pending_resize(pod: Pod, status: PodStatus) -> PodCondition | None:
    """The condition that says why a resize does not happen; None when nothing else is asked for than what there is."""
    if status.phase in _ENDED or not any(_resized(pod, status)):
        return None
    return PodCondition(type=PENDING, status="True", reason=INFEASIBLE, message=_WHY)


def resize_event(pod: Pod, status: PodStatus, before: Sequence[PodCondition]) -> str:
    """The text of the event about a resize that was refused now; empty when that was said already, or none was."""
    now = next((c for c in status.conditions if c.type == PENDING), None)
    if now is None or any(c.type == PENDING and c.observedGeneration == now.observedGeneration for c in before):
        return ""
    resources = [{"name": c.name, "resources": c.resources.to_dict()} for c in _resized(pod, status)]
    facts = {"containers": resources, "generation": now.observedGeneration, "error": now.message}
    return f"Pod resize {now.reason}: {json.dumps(facts, separators=(',', ':'))}"


def _resized(pod: Pod, status: PodStatus) -> Iterator[Container]:
    given = {one.name: one.resources for one in [*status.containerStatuses, *status.initContainerStatuses]}
    for container in [*pod.spec.initContainers, *pod.spec.containers]:
        if given.get(container.name) not in (None, _asked(container)):
            yield container


def _asked(container: Container) -> ResourceRequirements:
    return ResourceRequirements(requests=container.resources.requests, limits=container.resources.limits)
