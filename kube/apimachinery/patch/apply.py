"""Server-side apply: a manager states the fields it cares about; the server merges them and watches over ownership.

Called by the API server's patch handler for `application/apply-patch+yaml`. It goes: check the configuration against
its type, merge it over the live object, prune what this manager applied before and nobody wants any more, find
conflicts with other managers, hand over ownership. Uses `typed` for values and `managed_fields` for owners. Defaulting,
validation and storing the outcome are the caller's. Source: KEP-555, structured-merge-diff/merge/update.go.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kube.apimachinery.errors import BadRequest, Conflict
from kube.apimachinery.meta_v1 import StatusCause, StatusDetails
from kube.apimachinery.patch import typed
from kube.apimachinery.patch.fieldset import (
    Tree,
    compare,
    difference,
    intersection,
    of,
    ordered,
    paths,
    union,
    with_structs,
    without,
)
from kube.apimachinery.patch.managed_fields import (
    BEFORE_FIRST_APPLY,
    Entry,
    Manager,
    Managers,
    Owned,
    decode,
    empty_object,
    encode,
    strip,
    take_over,
)
from kube.apimachinery.patch.schema import Node, schema_of
from kube.apimachinery.types import APIModel

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying gives: the object, with its managedFields, and whether anything besides times is different."""

    object: dict[str, Any]
    changed: bool


def apply(
    live: dict[str, Any] | None,
    config: dict[str, Any],
    model: type[APIModel],
    *,
    manager: str,
    api_version: str,
    kind: str,
    now: str,
    force: bool = False,
    subresource: str = "",
    reset: Tree | None = None,
) -> Applied:
    """Applies a configuration to the live object, or to nothing (`live` None: it is to be created).

    `now` is RFC 3339; `reset` are the fields that this (sub)resource does not write. Raises BadRequest for another
    kind, for managedFields in the body and for a body that does not fit the type, Conflict with a cause for each field
    that other managers own, unless forced.
    """
    _check_envelope(config, api_version, kind)
    if problem := typed.check(config, schema_of(model)):
        raise BadRequest(f"failed to create typed patch object ({_named(config)}): {problem}")
    step = _Step(model, api_version, now, subresource, reset or {})
    owners = step.owners(live)
    base = live if live is not None else empty_object(model)
    me = Manager.of(manager, "Apply", api_version, subresource)
    try:
        merged, after = step.run(base, config, owners, me, force)
    except _Conflicts as conflicts:
        if found := _less_own(conflicts.found, manager, base, step.node):
            raise _conflict(found) from None
        merged, after = step.run(base, config, owners, me, force=True)
    return _outcome(live, base, merged, owners, after, me, now, schema_of(model), config)


def _check_envelope(config: dict[str, Any], api_version: str, kind: str) -> None:
    group, _, version = str(config.get("apiVersion") or "").rpartition("/")
    if (config.get("apiVersion"), config.get("kind")) != (api_version, kind):
        raise BadRequest(f"invalid object type: {group}/{version}, Kind={config.get('kind') or ''}")
    meta = config.get("metadata")
    if isinstance(meta, dict) and meta.get("managedFields") is not None:
        raise BadRequest("metadata.managedFields must be nil")


def _named(config: dict[str, Any]) -> str:
    """`default/web; apps/v1, Kind=Deployment`."""
    meta = config.get("metadata") if isinstance(config.get("metadata"), dict) else {}
    group, _, version = config["apiVersion"].rpartition("/")
    return f"{meta.get('namespace') or ''}/{meta.get('name') or ''}; {group}/{version}, Kind={config['kind']}"


class _Conflicts(Exception):
    """`found`: the fields that each other manager owns and the configuration would change."""

    def __init__(self, found: dict[Manager, Tree]):
        super().__init__(f"conflicts with {len(found)} managers")
        self.found = found


class _Step:
    """One application: the type, the version and the moment that all its parts need."""

    def __init__(self, model: type[APIModel], api_version: str, now: str, subresource: str, reset: Tree):
        self.model, self.node = model, schema_of(model)
        self.api_version, self.now, self.subresource, self.reset = api_version, now, subresource, reset

    def owners(self, live: dict[str, Any] | None) -> Managers:
        """The live object's managers; whatever an object without any holds belongs to "before-first-apply"."""
        managers = decode(live.get("metadata", {}).get("managedFields")) if live else {}
        if managers or live is None:
            return managers or {}
        nobody = Manager.of(BEFORE_FIRST_APPLY, "Update", self.api_version, self.subresource)
        zero = empty_object(self.model)
        return take_over({}, nobody, self.api_version, zero, live, self.model, self.now, self.reset)

    def run(
        self, live: dict[str, Any], config: dict[str, Any], owners: Managers, me: Manager, force: bool
    ) -> tuple[dict[str, Any], Managers]:
        """The merged object and its managers. Raises _Conflicts."""
        fields = without(of(config, self.node), self.reset)
        last = owners.get(me)
        after = {**owners, me: Owned(fields, self.api_version, last.time if last else "")}
        merged = typed.merge(live, config, self.node)
        if last and last.fields:
            merged = _prune(merged, after, last.fields, self.node)
        merged = typed.settle(merged, self.node)
        changed, removed = compare(live, merged, self.node)
        after = _settle(after, me, without(changed, self.reset), without(removed, self.reset), force)
        after[me] = Owned(ordered(strip(fields)), self.api_version, after[me].time)
        if not after[me].fields:
            del after[me]
        return merged, after


def _prune(merged: dict[str, Any], owners: Managers, last: Tree, node: Node) -> dict[str, Any]:
    """Takes out what the manager applied the last time, unless it or anybody else claims it now."""
    last = with_structs(last, node)
    pruned = typed.remove(merged, last, node) or {}
    everything = with_structs(of(merged, node), node)
    claimed: Tree = {}
    for owned in owners.values():
        claimed = union(claimed, owned.fields)
    kept = union(with_structs(of(pruned, node), node), with_structs(claimed, node))
    pruned = typed.remove(merged, difference(everything, kept), node) or {}
    # What nobody owns and the last configuration did not name either stays.
    gone = difference(everything, with_structs(of(pruned, node), node))
    return typed.remove(merged, intersection(gone, last), node) or {}


def _settle(managers: Managers, me: Manager, changed: Tree, removed: Tree, force: bool) -> Managers:
    """The others give up what was changed (by force) or removed. Raises _Conflicts where they would have to."""
    found: dict[Manager, Tree] = {}
    out = {me: managers[me]}
    for manager in sorted(managers):
        if manager == me:
            continue
        owned = managers[manager]
        if taken := intersection(owned.fields, changed):
            found[manager] = taken
        fields = difference(difference(owned.fields, taken), removed)
        if fields:
            out[manager] = Owned(fields, owned.api_version, owned.time)
    if found and not force:
        raise _Conflicts(found)
    return out


def _outcome(
    live: dict[str, Any] | None,
    base: dict[str, Any],
    merged: dict[str, Any],
    owners: Managers,
    after: Managers,
    me: Manager,
    now: str,
    node: Node,
    config: dict[str, Any],
) -> Applied:
    """The object with its managers; this manager's time moves when the object or any ownership did."""
    object_changed = live is None or merged != base
    owners_changed = {m: o.fields for m, o in owners.items()} != {m: o.fields for m, o in after.items()}
    if (object_changed or owners_changed) and me in after:
        after = {**after, me: Owned(after[me].fields, after[me].api_version, now)}
    meta = {k: v for k, v in (merged.get("metadata") or {}).items() if k != "managedFields"}
    if me.name == "kubectl" and LAST_APPLIED in (meta.get("annotations") or {}):
        meta["annotations"] = {**meta["annotations"], LAST_APPLIED: _last_applied(config)}
    if entries := encode(after):
        meta["managedFields"] = entries
    return Applied({**merged, "metadata": meta}, object_changed or owners_changed)


# ---- kubectl's own move from client-side apply ----


def _last_applied(config: dict[str, Any]) -> str:
    """What the annotation of client-side apply says, so that an older kubectl can go on from here."""
    meta = dict(config.get("metadata") or {})
    annotations = {k: v for k, v in (meta.get("annotations") or {}).items() if k != LAST_APPLIED}
    if annotations or "annotations" in meta:
        meta["annotations"] = annotations
    return json.dumps({**config, "metadata": meta}, separators=(",", ":"), sort_keys=True) + "\n"


def _less_own(found: dict[Manager, Tree], manager: str, live: dict[str, Any], node: Node) -> dict[Manager, Tree]:
    """The conflicts that remain for kubectl: fields that its client-side apply wrote, as the annotation says, and that
    still have that value are its own."""
    annotation = (live.get("metadata", {}).get("annotations") or {}).get(LAST_APPLIED)
    if manager != "kubectl" or not annotation:
        return found
    try:
        last = json.loads(annotation)
    except ValueError:
        return found
    if typed.check(last, node):
        return found
    changed, removed = compare(last, live, node)
    own = difference(difference(of(last, node), changed), removed)
    return {m: left for m, tree in found.items() if (left := difference(tree, own))}


# ---- the error ----


def _conflict(found: dict[Manager, Tree]) -> Conflict:
    conflicts = [(str(manager), path) for manager, tree in found.items() for path in paths(tree)]
    causes = [
        StatusCause(reason="FieldManagerConflict", message=f"conflict with {who}", field=path)
        for who, path in conflicts
    ]
    return Conflict(_message(conflicts), StatusDetails(causes=causes))


def _message(conflicts: Sequence[tuple[str, str]]) -> str:
    if len(conflicts) == 1:
        return "Apply failed with 1 conflict: conflict with {}: {}".format(*conflicts[0])
    lines = []
    for manager in sorted({who for who, _ in conflicts}):
        lines.append(f"conflicts with {manager}:")
        lines += [f"- {path}" for who, path in conflicts if who == manager]
    return f"Apply failed with {len(conflicts)} conflicts: " + "\n".join(lines)


__all__ = ["Applied", "Entry", "apply"]
