"""Object metadata on writes: what the server sets, and what a writer may not change.

Called by the generic store. It calls nothing. It leaves out what is wrong with metadata
(`kube.apimachinery.validation`) and managedFields (`managed_fields`). Source: k8s.io/apiserver/pkg/registry/rest.
"""

from __future__ import annotations

from kube.apimachinery.meta_v1 import ObjectMeta, OwnerReference

ORPHAN, FOREGROUND = "orphan", "foregroundDeletion"
_SUFFIX_LENGTH, _MAX_NAME = 5, 63


def generated_name(prefix: str, suffix: str) -> str:
    """The name for a generateName: cut so that five more characters fit."""
    return prefix[: _MAX_NAME - _SUFFIX_LENGTH] + suffix


def fill_for_create(meta: ObjectMeta, uid: str, now: str) -> None:
    """A new object's identity is the server's; what only the server may say is dropped."""
    meta.uid, meta.creationTimestamp = uid, now
    if meta.deletionTimestamp is not None or meta.deletionGracePeriodSeconds is not None:
        meta.deletionTimestamp = meta.deletionGracePeriodSeconds = None
    if meta.selfLink or meta.resourceVersion:
        meta.selfLink = meta.resourceVersion = ""


def carry_over(meta: ObjectMeta, old: ObjectMeta) -> None:
    """What an update cannot change, whatever it says: taken from the stored object."""
    meta.creationTimestamp = old.creationTimestamp
    meta.generation = old.generation
    meta.selfLink = ""
    meta.uid = meta.uid or old.uid
    meta.namespace = meta.namespace or old.namespace
    if meta.deletionTimestamp is None:  # a deletion cannot be undone
        meta.deletionTimestamp = old.deletionTimestamp
    if meta.deletionGracePeriodSeconds is None:
        meta.deletionGracePeriodSeconds = old.deletionGracePeriodSeconds


def drop_duplicate_owners(meta: ObjectMeta) -> list[str]:
    """Owner references that are the same in everything are kept once. Returns the warnings."""
    owners = meta.ownerReferences
    if len(owners) < 2:
        return []
    kept: list[OwnerReference] = []
    doubled: list[str] = []
    for owner in owners:
        if owner in kept:
            doubled.append(owner.uid)
        else:
            kept.append(owner)
    if not doubled:
        return []
    meta.ownerReferences = kept
    return [
        ".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may "
        "reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: "
        + ", ".join(dict.fromkeys(doubled))
    ]
