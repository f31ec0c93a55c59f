"""Who depends on whom, over all kinds; and what should become of one object.

Fed and asked by `controllers.garbage_collector.controller`. Pure. Source: k8s.io/kubernetes/pkg/controller/
garbagecollector; kubernetes.io/docs/concepts/architecture/garbage-collection/.

| of the owners of an object | it |
|---|---|
| some are alive | stays; references to the others are removed |
| none is alive, one waits for its dependents (foreground), and the object has dependents | deleted in the foreground |
| none is alive | deleted, as its own finalizers ask (orphan, foreground), else in the background |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from kube.apimachinery.meta_v1 import Object, OwnerReference

ORPHAN, FOREGROUND = "orphan", "foregroundDeletion"


@dataclass(frozen=True)
class Identity:
    """An object, by its resource (`deployments.apps`) and place. The UID tells it from a namesake."""

    resource: str
    namespace: str
    name: str
    uid: str

    def __str__(self) -> str:
        return f"{self.resource} {self.namespace}/{self.name}".replace(" /", " ")


class OwnerState(Enum):
    ALIVE = "alive"
    ABSENT = "absent"
    WAITING = "waiting for its dependents"


class Graph:
    """The objects of all watched kinds by UID, and their dependents. Every change costs its own references only."""

    def __init__(self) -> None:
        self._objects: dict[str, tuple[Identity, Object]] = {}
        self._dependents: dict[str, set[str]] = {}

    def set(self, identity: Identity, obj: Object) -> None:
        self.remove(identity.uid)
        self._objects[identity.uid] = identity, obj
        for ref in obj.metadata.ownerReferences:
            self._dependents.setdefault(ref.uid, set()).add(identity.uid)

    def remove(self, uid: str) -> None:
        found = self._objects.pop(uid, None)
        if found is None:
            return
        for ref in found[1].metadata.ownerReferences:
            dependents = self._dependents.get(ref.uid, set())
            dependents.discard(uid)
            if not dependents:
                self._dependents.pop(ref.uid, None)

    def get(self, uid: str) -> tuple[Identity, Object] | None:
        return self._objects.get(uid)

    def dependents(self, uid: str) -> list[tuple[Identity, Object]]:
        return [self._objects[d] for d in sorted(self._dependents.get(uid, ()))]

    def __len__(self) -> int:
        return len(self._objects)


def deletes_dependents(obj: Object) -> bool:
    """It is being deleted in the foreground: it waits until its dependents are gone."""
    return obj.metadata.deletionTimestamp is not None and FOREGROUND in obj.metadata.finalizers


def orphans_dependents(obj: Object) -> bool:
    return obj.metadata.deletionTimestamp is not None and ORPHAN in obj.metadata.finalizers


def blocks(obj: Object, owner_uid: str) -> bool:
    """The dependent holds up the foreground deletion of this owner."""
    return any(ref.uid == owner_uid and ref.blockOwnerDeletion for ref in obj.metadata.ownerReferences)


@dataclass(frozen=True)
class Verdict:
    """`drop`: UIDs of references to remove; `delete`: the propagation policy, empty to keep the object."""

    drop: tuple[str, ...] = ()
    delete: str = ""


def judge(
    refs: Sequence[OwnerReference],
    states: Mapping[str, OwnerState],
    finalizers: Iterable[str],
    *,
    has_dependents: bool,
) -> Verdict:
    """What becomes of an object whose owners are in these states."""
    if not refs:
        return Verdict()
    dead = tuple(ref.uid for ref in refs if states[ref.uid] is not OwnerState.ALIVE)
    if len(dead) < len(refs):
        return Verdict(drop=dead)
    waiting = any(states[ref.uid] is OwnerState.WAITING for ref in refs)
    if waiting and has_dependents:
        return Verdict(delete="Foreground")
    finalizers = set(finalizers)
    if ORPHAN in finalizers:
        return Verdict(delete="Orphan")
    return Verdict(delete="Foreground" if FOREGROUND in finalizers else "Background")
