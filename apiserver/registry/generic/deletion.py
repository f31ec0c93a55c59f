"""What happens when somebody deletes an object: pure decisions on its metadata.

Called by the generic store. It calls only the strategy. Source: k8s.io/apiserver/pkg/registry/rest/delete.go,
registry/generic/registry/store.go.

| state of the object | what a delete does |
|---|---|
| no finalizers, no grace | REMOVE at once |
| finalizers (its own, or orphan/foregroundDeletion that the request adds) | MARK: deletionTimestamp now, grace 0 |
| held by itself (Namespace), the first time | MARK, without a grace period |
| graceful (a running Pod) | MARK: deletionTimestamp in `grace` seconds |
| marked with grace, asked again with less | MARK anew with the shorter time |
| marked with grace, asked again with as much or more | PENDING: nothing changes |
| marked with grace 0, finalizers left | MARK again (which changes nothing), or REMOVE when none is left |
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from apiserver.registry.generic.metadata import FOREGROUND, ORPHAN
from kube.apimachinery.errors import Conflict
from kube.apimachinery.meta_v1 import DeleteOptions, Object, ObjectMeta, StatusDetails
from kube.apimachinery.times import format_time, parse_time


class Deletion(Enum):
    """What is to be done with the object."""

    REMOVE = "remove"
    MARK = "mark"
    PENDING = "pending"


def check_preconditions(resource: Any, meta: ObjectMeta, options: DeleteOptions) -> None:
    """Raises Conflict when the object is not the one the client meant."""
    wanted = options.preconditions
    if wanted is None:
        return
    why = ""
    if wanted.uid is not None and wanted.uid != meta.uid:
        why = (f"the UID in the precondition ({wanted.uid}) does not match the UID in record ({meta.uid}). "
               "The object might have been deleted and then recreated")  # fmt: skip
    elif wanted.resourceVersion is not None and wanted.resourceVersion != meta.resourceVersion:
        why = (f"the ResourceVersion in the precondition ({wanted.resourceVersion}) does not match the ResourceVersion "
               f"in record ({meta.resourceVersion}). The object might have been modified")  # fmt: skip
    if why:
        what = f"{resource.kind}.{resource.group}" if resource.group else resource.kind
        details = StatusDetails(name=meta.name, group=resource.group, kind=resource.kind)
        raise Conflict(f'Operation cannot be fulfilled on {what} "{meta.name}": {why}', details)


def begin(obj: Object, strategy: Any, options: DeleteOptions, now: datetime) -> Deletion:
    """Decides, and marks the object where it stays."""
    meta = obj.metadata
    if meta.deletionTimestamp is not None and meta.deletionGracePeriodSeconds:
        if not _shorten_grace(meta, options):
            return Deletion.PENDING
        graceful = True
    else:
        graceful = meta.deletionTimestamp is None and _begin_grace(obj, strategy, options, now)
    finalizers = _with_dependents_finalizers(meta, strategy, options)
    if finalizers != meta.finalizers:
        meta.finalizers = finalizers
    if graceful and (meta.deletionGracePeriodSeconds or meta.finalizers):
        return Deletion.MARK
    first = strategy.holds_objects and meta.deletionTimestamp is None
    if meta.finalizers or first or strategy.holds(obj):
        _mark(obj, strategy, now)
        return Deletion.MARK
    return Deletion.REMOVE


def _shorten_grace(meta: ObjectMeta, options: DeleteOptions) -> bool:
    asked, current = options.gracePeriodSeconds, meta.deletionGracePeriodSeconds or 0
    if asked is None or asked >= current:
        return False
    asked = max(asked, 0)
    began = parse_time(meta.deletionTimestamp or "") - timedelta(seconds=current)
    meta.deletionTimestamp = format_time(began + timedelta(seconds=asked))
    meta.deletionGracePeriodSeconds = asked
    return True


def _begin_grace(obj: Object, strategy: Any, options: DeleteOptions, now: datetime) -> bool:
    seconds = strategy.check_graceful_delete(obj, options.gracePeriodSeconds)
    if seconds is None:
        return False
    meta = obj.metadata
    meta.deletionTimestamp = format_time(now + timedelta(seconds=seconds))
    meta.deletionGracePeriodSeconds = seconds
    if meta.generation:
        meta.generation += 1
    return True


def _mark(obj: Object, strategy: Any, now: datetime) -> None:
    meta = obj.metadata
    if meta.deletionTimestamp is None:
        if meta.generation:
            meta.generation += 1
        meta.deletionTimestamp = format_time(now)
        if not strategy.holds_objects:
            meta.deletionGracePeriodSeconds = 0
    elif meta.deletionGracePeriodSeconds:
        meta.deletionGracePeriodSeconds = 0
    strategy.prepare_for_delete(obj)


def _with_dependents_finalizers(meta: ObjectMeta, strategy: Any, options: DeleteOptions) -> list[str]:
    if not strategy.garbage_collected:
        return meta.finalizers
    kept = [f for f in meta.finalizers if f not in (ORPHAN, FOREGROUND)]
    if _orphans(meta, options):
        kept.append(ORPHAN)
    if _waits_for_dependents(meta, options):
        kept.append(FOREGROUND)
    return kept


def _orphans(meta: ObjectMeta, options: DeleteOptions) -> bool:
    if options.orphanDependents is not None:
        return options.orphanDependents
    if options.propagationPolicy is not None:
        return options.propagationPolicy == "Orphan"
    return ORPHAN in meta.finalizers


def _waits_for_dependents(meta: ObjectMeta, options: DeleteOptions) -> bool:
    if options.orphanDependents is not None:
        return False
    if options.propagationPolicy is not None:
        return options.propagationPolicy == "Foreground"
    return FOREGROUND in meta.finalizers


def ends_with_update(obj: Object, old: Object, strategy: Any) -> bool:
    """Whether an update removed the last thing that held an object already marked for deletion."""
    meta = obj.metadata
    return (
        old.metadata.deletionTimestamp is not None
        and not old.metadata.deletionGracePeriodSeconds
        and not meta.finalizers
        and not strategy.holds(obj)
        and (old.metadata.deletionGracePeriodSeconds is not None or strategy.holds_objects)
    )
