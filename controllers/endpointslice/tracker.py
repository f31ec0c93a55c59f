"""What was written to slices and not yet seen, and when the change that is being written began.

Called by the endpointslice and endpointslice-mirroring controllers. Pure, but for what it remembers.
Source: k8s.io/endpointslice/util (endpointslice_tracker.go), pkg/controller/util/endpoint (trigger_time_tracker.go).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable

from kube.api.core_v1 import Pod, Service
from kube.api.discovery_v1 import EndpointSlice
from kube.informer import Key, key_of

TIMEOUT = 60.0


class SliceTracker:
    """1. `stale(owner, slices)` is true while the given slices are older than what was written for the owner.
    2. A slice that vanishes unseen makes nothing stale for more than a minute.
    """

    def __init__(self, monotonic: Callable[[], float]):
        self._monotonic = monotonic
        self._written: dict[Hashable, dict[str, tuple[int | None, float]]] = {}

    def written(self, owner: Hashable, slice_: EndpointSlice) -> None:
        """Our write succeeded: this is the revision to wait for."""
        revision = int(slice_.metadata.resourceVersion)
        self._written.setdefault(owner, {})[slice_.metadata.name] = revision, self._monotonic()

    def deleted(self, owner: Hashable, slice_: EndpointSlice) -> None:
        self._written.setdefault(owner, {})[slice_.metadata.name] = None, self._monotonic()

    def seen_deleted(self, owner: Hashable, slice_: EndpointSlice) -> bool:
        """True when it was we who deleted it."""
        waiting = self._written.get(owner, {}).pop(slice_.metadata.name, ("", 0.0))
        return waiting[0] is None

    def is_ours(self, owner: Hashable, slice_: EndpointSlice) -> bool:
        """Whether this state of the slice is the one that we wrote."""
        revision, _ = self._written.get(owner, {}).get(slice_.metadata.name, (None, 0.0))
        return revision is not None and int(slice_.metadata.resourceVersion) <= revision

    def stale(self, owner: Hashable, slices: Iterable[EndpointSlice]) -> bool:
        waiting = self._written.get(owner)
        if not waiting:
            return False
        have = {s.metadata.name: int(s.metadata.resourceVersion) for s in slices}
        now = self._monotonic()
        for name, (revision, at) in waiting.items():
            if now - at > TIMEOUT:
                continue
            if revision is None and name in have:
                return True
            if revision is not None and have.get(name, -1) < revision:
                return True
        return False

    def forget(self, owner: Hashable) -> None:
        self._written.pop(owner, None)


class TriggerTimes:
    """When the oldest of the changes happened that the next write of a Service's slices brings."""

    def __init__(self) -> None:
        self._seen: dict[Key, tuple[str, dict[Key, str]]] = {}

    def trigger_time(self, service: Service, pods: Iterable[Pod]) -> str:
        """RFC 3339; empty when nothing that has a time has changed."""
        key = key_of(service)
        created = service.metadata.creationTimestamp or ""
        now = {key_of(pod): stamp for pod in pods if (stamp := _ready_changed(pod))}
        before = self._seen.get(key)
        self._seen[key] = created, now
        if before is None:
            return created
        changed = [stamp for pod, stamp in now.items() if before[1].get(pod) != stamp]
        return min(changed, default="")

    def forget(self, key: Key) -> None:
        self._seen.pop(key, None)


def _ready_changed(pod: Pod) -> str:
    for condition in pod.status.conditions:
        if condition.type == "Ready":
            return condition.lastTransitionTime or ""
    return ""
