"""Computing strategic merge patches: what turns one object into another, and what `kubectl apply` sends.

Called by kubectl_lite through `strategic.two_way` and `strategic.three_way`. Reads merge keys from the type's
declarations; puts two patches together with `strategic_merge`. Conflict detection (`--overwrite=false`) is left
out. Source: apimachinery/pkg/util/strategicpatch/patch.go, CreateThreeWayMergePatch.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import Any

from kube.apimachinery.patch.schema import Node, schema_of
from kube.apimachinery.patch.strategic_merge import holds_objects, key_of, merge_map
from kube.apimachinery.types import APIModel

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Want:
    """Which differences to report, and whether to state the order of lists and the keys to retain."""

    changes: bool = True
    deletions: bool = True
    order: bool = False
    retain: bool = False


def two_way(original: Json, modified: Json, model: type[APIModel]) -> Json:
    """The patch that turns `original` into `modified`. What was given is not changed."""
    return copy.deepcopy(_maps(original, modified, schema_of(model), _Want()))


def three_way(original: Json, modified: Json, current: Json, model: type[APIModel]) -> Json:
    """What `kubectl apply` sends: the changes from current to modified, and the deletions from original (the last
    applied configuration) to modified. Fields of current that neither names stay."""
    node = schema_of(model)
    changes = _maps(current, modified, node, _Want(deletions=False, order=True))
    deletions = _maps(original, modified, node, _Want(changes=False, order=True))
    return _in_stated_order(merge_map(copy.deepcopy(deletions), copy.deepcopy(changes), node, combine=True), node)


def _in_stated_order(patch: Json, node: Node | None) -> Json:
    """Puts the items of each list as its `$setElementOrder` says, deletions last: the server insists on it, and
    putting changes and deletions together may have shuffled them."""
    for key, value in patch.items():
        child = node.child(key) if node else None
        if isinstance(value, dict):
            _in_stated_order(value, child)
        elif isinstance(value, list) and child is not None and child.merge_key and holds_objects(value):
            names = [key_of(item, child.merge_key) for item in patch.get(f"$setElementOrder/{key}", ())]
            value.sort(key=lambda item, of=child.merge_key, names=names: _place(key_of(item, of), names))
            for item in value:
                _in_stated_order(item, child.item)
    return patch


def _place(name: Any, names: list[Any]) -> int:
    return names.index(name) if name in names else len(names)


def _maps(original: Json, modified: Json, node: Node | None, want: _Want) -> Json:
    patch: Json = {}
    for key, value in modified.items():
        if key not in original or type(original[key]) is not type(value):
            if want.changes:
                patch[key] = value
        elif original[key] != value:
            child = node.child(key) if node else None
            _value(key, original[key], value, child, want, patch)
    if want.deletions:
        patch |= {key: None for key in original if key not in modified}
    if want.retain and (patch or any(key not in modified for key in original)):
        keys = sorted(key for key, value in modified.items() if value is not None)
        if keys:
            patch["$retainKeys"] = keys
    return patch


def _value(key: str, old: Any, new: Any, node: Node | None, want: _Want, patch: Json) -> None:
    """Adds what it takes to turn one value into another, different one of the same JSON type."""
    strategy = node.patch_strategy if node else ""
    below = replace(want, retain=node is not None and node.retain_keys)
    if isinstance(new, dict) and strategy != "replace":
        if inner := _maps(old, new, node, below):
            patch[key] = inner
    elif isinstance(new, list) and strategy == "merge":
        _lists(key, old, new, node, below, patch)
    elif want.changes:
        patch[key] = new


def _lists(key: str, old: list[Any], new: list[Any], node: Node, want: _Want, patch: Json) -> None:
    if not old:
        if new and want.changes:
            patch[key] = new
        return
    if holds_objects(old, new):
        before, names = ([key_of(item, node.merge_key) for item in items] for items in (old, new))
        items = _items(old, new, node, want)
        order, reordered = [{node.merge_key: name} for name in names], before != names
    else:
        items, order = [i for i in new if i not in old] if want.changes else [], new
        gone = [i for i in old if i not in new] if want.deletions else []
        if gone:
            patch[f"$deleteFromPrimitiveList/{key}"] = gone
        reordered = True
    if items:
        patch[key] = items
    if want.order and order and (items or reordered):
        patch[f"$setElementOrder/{key}"] = order


def _items(old: list[Json], new: list[Json], node: Node, want: _Want) -> list[Json]:
    """The patch's items: changed and added ones in the new order, then deletions in the order of their keys."""
    merge_key = node.merge_key
    before, names = ([key_of(item, merge_key) for item in items] for items in (old, new))
    patch = []
    for name, item in zip(names, new, strict=True):
        if name not in before:
            if want.changes:
                patch.append(item)
        elif inner := _maps(old[before.index(name)], item, node.item, want):
            patch.append({merge_key: name, **inner})
    if want.deletions:
        gone = sorted((name for name in before if name not in names), key=str)
        patch += [{"$patch": "delete", merge_key: name} for name in gone]
    return patch
