"""Who controls what: adopting what matches a selector, releasing what no longer does.

Called by the replicaset, deployment, statefulset and daemonset controllers. `claim` is pure; `apply_claim` writes what
it decided. Source: k8s.io/kubernetes/pkg/controller/controller_ref_manager.go.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from kube.api import scheme
from kube.apimachinery.errors import Invalid, NotFound
from kube.apimachinery.labels import Selector
from kube.apimachinery.meta_v1 import Object, OwnerReference

T = TypeVar("T", bound=Object)


def controller_of(obj: Object) -> OwnerReference | None:
    """The one owner that controls the object."""
    for ref in obj.metadata.ownerReferences:
        if ref.controller:
            return ref
    return None


def is_controlled_by(obj: Object, owner: Object) -> bool:
    ref = controller_of(obj)
    return ref is not None and ref.uid == owner.metadata.uid


def controller_reference(owner: Object) -> OwnerReference:
    """What the controlled object says of its controller."""
    resource = scheme.by_type(type(owner))
    return OwnerReference(
        apiVersion=resource.api_version,
        kind=resource.kind,
        name=owner.metadata.name,
        uid=owner.metadata.uid,
        controller=True,
        blockOwnerDeletion=True,
    )


@dataclass(frozen=True)
class Claim(Generic[T]):
    """Of the candidates: those that are ours already, those to adopt, those to let go."""

    owned: tuple[T, ...]
    adopt: tuple[T, ...]
    release: tuple[T, ...]


def claim(owner: Object, selector: Selector, candidates: Iterable[T]) -> Claim[T]:
    """Decides for each candidate.

    | controlled by | matches | then |
    |---|---|---|
    | this owner | yes | owned |
    | this owner | no | released, unless the owner is being deleted (the garbage collector's work) |
    | another | any | left alone |
    | nobody | yes | adopted, unless either is being deleted |
    | nobody | no | left alone |
    """
    owned, adopt, release = [], [], []
    owner_goes = owner.metadata.deletionTimestamp is not None
    for obj in candidates:
        ref = controller_of(obj)
        matches = selector.matches(obj.metadata.labels)
        if ref is not None:
            if ref.uid != owner.metadata.uid:
                continue
            if matches:
                owned.append(obj)
            elif not owner_goes:
                release.append(obj)
        elif matches and not owner_goes and obj.metadata.deletionTimestamp is None:
            adopt.append(obj)
    return Claim(tuple(owned), tuple(adopt), tuple(release))


async def apply_claim(client: Any, owner: T, claimed: Claim[Object]) -> list[Object]:
    """Writes adoptions and releases; returns all that is now owned.

    Before the first adoption the owner is read from the server, not from a cache: one that is being deleted, or that
    another has replaced under its name, must adopt nothing.
    """
    owned = list(claimed.owned)
    if claimed.adopt:
        meta = owner.metadata
        fresh = await client.get(type(owner), meta.name, meta.namespace)
        if fresh.metadata.uid != meta.uid or fresh.metadata.deletionTimestamp is not None:
            raise NotFound(f"{owner.kind} {meta.namespace}/{meta.name} is gone or going: it adopts nothing")
    for obj in claimed.adopt:
        adopted = await _adopt(client, owner, obj)
        if adopted is not None:
            owned.append(adopted)
    for obj in claimed.release:
        await _release(client, owner, obj)
    return owned


async def _adopt(client: Any, owner: Object, obj: T) -> T | None:
    ref = controller_reference(owner).to_dict()
    body = {"metadata": {"ownerReferences": [ref], "uid": obj.metadata.uid}}
    try:
        return await client.patch(type(obj), obj.metadata.name, obj.metadata.namespace, body, "strategic")
    except NotFound:
        return None


async def _release(client: Any, owner: Object, obj: Object) -> None:
    ref = {"$patch": "delete", "uid": owner.metadata.uid}
    body = {"metadata": {"ownerReferences": [ref], "uid": obj.metadata.uid}}
    try:
        await client.patch(type(obj), obj.metadata.name, obj.metadata.namespace, body, "strategic")
    except (NotFound, Invalid):  # gone, or its uid is another: nothing of ours to release
        return
