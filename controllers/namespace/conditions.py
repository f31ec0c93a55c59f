"""What a namespace that is being deleted says of its progress.

Called by `controllers.namespace.controller`. Pure. Source: k8s.io/kubernetes/pkg/controller/namespace/deletion
(status_condition_utils.go).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from kube.api.core_v1 import NamespaceCondition
from kube.apimachinery import times


@dataclass
class Remains:
    """What one pass left: resource -> instances, finalizer -> instances, errors of deleting."""

    resources: Counter[str] = field(default_factory=Counter)
    finalizers: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.resources.total() or self.errors)


_GOOD: Mapping[str, tuple[str, str]] = {
    "NamespaceDeletionDiscoveryFailure": ("ResourcesDiscovered", "All resources successfully discovered"),
    "NamespaceDeletionGroupVersionParsingFailure": (
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    "NamespaceDeletionContentFailure": (
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
    "NamespaceContentRemaining": ("ContentRemoved", "All content successfully removed"),
    "NamespaceFinalizersRemaining": ("ContentHasNoFinalizers", "All content-preserving finalizers finished"),
}


def conditions(old: Sequence[NamespaceCondition], remains: Remains, now: datetime) -> list[NamespaceCondition]:
    """All five conditions; the time of one changes with its status only."""
    before, stamp = {c.type: c for c in old}, times.format_time(now)
    wanted = {type_: ("False", *good) for type_, good in _GOOD.items()} | _bad(remains)
    found = []
    for type_, (status, reason, message) in wanted.items():
        was = before.get(type_)
        since = was.lastTransitionTime if was is not None and was.status == status else stamp
        found.append(
            NamespaceCondition(type=type_, status=status, reason=reason, message=message, lastTransitionTime=since)
        )
    others = [c for c in old if c.type not in wanted]
    return others + found


def _bad(remains: Remains) -> dict[str, tuple[str, str, str]]:
    bad = {}
    if remains.errors:
        text = "Failed to delete all resource types, %d remaining: %s"
        bad["NamespaceDeletionContentFailure"] = (
            "True",
            "ContentDeletionFailed",
            text % (len(remains.errors), ", ".join(remains.errors)),
        )
    left = [f"{name} has {count} resource instances" for name, count in sorted(remains.resources.items()) if count]
    if left:
        text = "Some resources are remaining: " + ", ".join(left)
        bad["NamespaceContentRemaining"] = ("True", "SomeResourcesRemain", text)
    held = [f"{name} in {count} resource instances" for name, count in sorted(remains.finalizers.items()) if count]
    if held:
        text = "Some content in the namespace has finalizers remaining: " + ", ".join(held)
        bad["NamespaceFinalizersRemaining"] = ("True", "SomeFinalizersRemain", text)
    return bad
