"""managedFields: who owns which fields of an object, kept up to date on every write.

Called by the API server's registry: `update` for ordinary writes, and by `apply`. An object's managedFields are decoded
into `Managers` (one entry per manager, operation, version and subresource), changed, and encoded again, sorted as
Kubernetes sorts them. It runs on each write, so it works on the wire's own trees and touches only entries that lose
fields. Times are given, conflicts are `apply`'s. Source: apimachinery/pkg/util/managedfields.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kube.apimachinery.patch.fieldset import Tree, additions, compare, difference, intersection, ordered, union, without
from kube.apimachinery.patch.schema import schema_of
from kube.apimachinery.types import APIModel

Entry = dict[str, Any]
MAX_UPDATE_MANAGERS = 10
OLD_UPDATES = "ancient-changes"
BEFORE_FIRST_APPLY = "before-first-apply"

# What is never owned: identity, and what the server alone writes.
_UNOWNED_META = tuple(
    f"f:{name}"
    for name in (
        "name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields",
        "resourceVersion",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Manager:
    """Whose entry it is. Apply entries are the same whatever version was applied, so theirs carry none here."""

    name: str
    operation: str  # Apply, Update
    api_version: str
    subresource: str

    @classmethod
    def of(cls, name: str, operation: str, api_version: str, subresource: str) -> Manager:
        return cls(name or "unknown", operation, "" if operation == "Apply" else api_version, subresource)

    def __str__(self) -> str:
        """As conflicts name it: `"bob" with subresource "status" using v1`."""
        text = f'"{self.name}"'
        if self.subresource:
            text += f' with subresource "{self.subresource}"'
        return f"{text} using {self.api_version}" if self.operation == "Update" else text


@dataclass(frozen=True, slots=True)
class Owned:
    """What a manager owns: its fields, the version that names them, and when that last changed ("": not known)."""

    fields: Tree
    api_version: str
    time: str = ""


Managers = dict[Manager, Owned]


def decode(entries: Sequence[Entry] | None, *, trusted: bool = True) -> Managers | None:
    """managedFields as Managers; None when they are not well-formed (then nobody's claims are known). Those that a
    client sent are not `trusted` and looked through; stored ones went through here before."""
    found: Managers = {}
    for entry in entries or ():
        if not isinstance(entry, dict):
            return None
        operation, api_version = entry.get("operation"), entry.get("apiVersion")
        fields = entry.get("fieldsV1") or {}
        if operation not in ("Apply", "Update") or not api_version or entry.get("fieldsType") != "FieldsV1":
            return None
        if not trusted and not _well_formed(fields):
            return None
        manager = Manager(
            entry.get("manager", ""),
            operation,
            "" if operation == "Apply" else api_version,
            entry.get("subresource", ""),
        )
        found[manager] = Owned(fields, api_version, entry.get("time") or "")
    return found


def _well_formed(fields: Any) -> bool:
    if not isinstance(fields, dict):
        return False
    return all(_is_element(element) and _well_formed(below) for element, below in fields.items())


def _is_element(element: str) -> bool:
    kind, rest = element[:2], element[2:]
    if kind not in ("k:", "v:"):
        return element == "." or kind in ("f:", "i:")
    try:
        value = json.loads(rest)
    except ValueError:
        return False
    return kind == "v:" or isinstance(value, dict)


def encode(managers: Managers) -> list[Entry]:
    """The wire form, sorted by operation, time, manager, version, subresource."""
    entries = [_entry(manager, owned) for manager, owned in managers.items()]
    if len(entries) > 1:
        entries.sort(key=lambda e: (e["operation"], e.get("time", ""), e["manager"], e["apiVersion"],
                                    e.get("subresource", "")))  # fmt: skip
    return entries


def _entry(manager: Manager, owned: Owned) -> Entry:
    entry: Entry = {"manager": manager.name, "operation": manager.operation, "apiVersion": owned.api_version}
    if owned.time:
        entry["time"] = owned.time
    entry["fieldsType"] = "FieldsV1"
    entry["fieldsV1"] = owned.fields
    if manager.subresource:
        entry["subresource"] = manager.subresource
    return entry


def is_reset(entries: Any) -> bool:
    """`managedFields: [{}]` asks to forget all managers."""
    return isinstance(entries, list) and len(entries) == 1 and not entries[0]


# ---- fields that a (sub)resource does not own, because writes through it do not change them ----


def reset_fields(has_status: bool, subresource: str) -> Tree:
    """The usual rule: the main resource does not write `status`, the status subresource nothing but it."""
    if not has_status:
        return {}
    if subresource == "status":
        return {"f:spec": {}, "f:metadata": {"f:labels": {}}}
    return {} if subresource else {"f:status": {}}


def strip(fields: Tree) -> Tree:
    """The set without what nobody owns (identity and server-written metadata). The given tree is not changed."""
    out = {k: v for k, v in fields.items() if k not in ("f:apiVersion", "f:kind")}
    meta = out.get("f:metadata")
    if meta is not None:
        kept = {k: v for k, v in meta.items() if k not in _UNOWNED_META and k != "."}
        if kept:
            out["f:metadata"] = kept
        else:
            del out["f:metadata"]
    return out


# ---- an ordinary write ----

_empty: dict[type[APIModel], dict[str, Any]] = {}


def empty_object(model: type[APIModel]) -> dict[str, Any]:
    """The zero object of a type on the wire: what a created object is compared with."""
    found = _empty.get(model)
    if found is None:
        found = _empty[model] = model().to_dict()
    return found


def update(
    live: dict[str, Any] | None,
    new: dict[str, Any],
    model: type[APIModel],
    *,
    manager: str,
    api_version: str,
    now: str,
    subresource: str = "",
    reset: Tree | None = None,
) -> list[Entry]:
    """The managedFields of `new`, an object created (`live` None) or updated by other means than apply.

    `new` is the object as the client wants it, with defaults, before admission and strategy change it: what they do is
    nobody's. Its own managedFields replace the live ones when they are well-formed, `[{}]` forgets them. Changed and
    added fields become the writer's, and nobody else's; removed ones nobody's. `now` is RFC 3339. `reset`: fields that
    this (sub)resource does not write. An object without managers that exists already stays without.
    """
    managers = _current(live, new, subresource)
    me = Manager.of(manager, "Update", api_version, subresource)
    if live is None and not managers:
        return _created(new, model, me, api_version, now, reset or {})
    if not managers and live is not None and live.get("metadata", {}).get("uid"):
        return []
    before = empty_object(model) if live is None else live
    return encode(take_over(managers, me, api_version, before, new, model, now, reset or {}))


def _created(
    new: dict[str, Any], model: type[APIModel], me: Manager, api_version: str, now: str, reset: Tree
) -> list[Entry]:
    """The one entry of a new object."""
    fields = strip(without(additions(empty_object(model), new, schema_of(model)), reset))
    return [_entry(me, Owned(fields, api_version, now))] if fields else []


def _current(live: dict[str, Any] | None, new: dict[str, Any], subresource: str) -> Managers:
    """Whom to start from: the request's managedFields if it may and does set them, else the live ones."""
    lived = live.get("metadata", {}).get("managedFields") if live else None
    given = new.get("metadata", {}).get("managedFields")
    if subresource or not given:
        return decode(lived) or {}
    if is_reset(given):
        return {}
    return (decode(given, trusted=False) if given != lived else None) or decode(lived) or {}


def take_over(
    managers: Managers,
    me: Manager,
    api_version: str,
    before: dict[str, Any],
    after: dict[str, Any],
    model: type[APIModel],
    now: str,
    reset: Tree,
) -> Managers:
    """The managers after `me` turned `before` into `after`."""
    changed, removed = compare(before, after, schema_of(model))
    if reset:
        changed, removed = without(changed, reset), without(removed, reset)
    if not changed and not removed:
        return managers
    left = dict(_losing(managers, changed, removed))
    mine = strip(changed)
    if mine:
        former = left.get(me)
        left[me] = Owned(ordered(union(former.fields, mine) if former else mine), api_version, now)
    return cap(left)


def _losing(managers: Managers, *lost: Tree) -> list[tuple[Manager, Owned]]:
    """The managers without the fields that they lose, and without those who keep none."""
    out = []
    for manager, owned in managers.items():
        fields = owned.fields
        for tree in lost:
            if tree and intersection(fields, tree):
                fields = difference(fields, tree)
        if fields is not owned.fields:
            owned = Owned(fields, owned.api_version, owned.time)
        if fields:
            out.append((manager, owned))
    return out


def cap(managers: Managers) -> Managers:
    """At most MAX_UPDATE_MANAGERS Update entries: the oldest of each version merge into one, `ancient-changes`."""
    updaters = [m for m in managers if m.operation == "Update"]
    if len(updaters) <= MAX_UPDATE_MANAGERS:
        return managers
    updaters.sort(key=lambda m: (managers[m].time, m))
    out, firsts, count = dict(managers), {}, len(updaters)
    for manager in updaters:
        if count <= MAX_UPDATE_MANAGERS:
            break
        first = firsts.setdefault(manager.api_version, manager)
        if first is manager:
            continue
        bucket = Manager(OLD_UPDATES, "Update", manager.api_version, "")
        if bucket not in out:
            out[bucket] = out.pop(first)
        merging = out.pop(manager)
        out[bucket] = Owned(union(merging.fields, out[bucket].fields), merging.api_version, merging.time)
        count -= 1
    return out


def keep_times(new: list[Entry], old: list[Entry]) -> list[Entry]:
    """For a write that changed nothing else: the old entries when the new ones differ from them in times alone."""
    if len(new) != len(old):
        return new
    timeless = [[{k: v for k, v in e.items() if k != "time"} for e in entries] for entries in (new, old)]
    return old if timeless[0] == timeless[1] else new
