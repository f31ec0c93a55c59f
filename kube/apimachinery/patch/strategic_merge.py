"""Merging a strategic merge patch into an object: the directives, keyed lists, and their order.

Called by `strategic` on the server's side and by `strategic_diff`, which puts two patches together. Both arguments may
be changed. Lists are merged by key where the type says so, else replaced. What is refused is a BadRequest, in
Kubernetes' words.
"""

from __future__ import annotations

from typing import Any

from kube.apimachinery.errors import BadRequest
from kube.apimachinery.patch import gofmt
from kube.apimachinery.patch.schema import Node

Json = dict[str, Any]
PATCH = "$patch"
RETAIN_KEYS = "$retainKeys"
SET_ORDER = "$setElementOrder/"
DELETE_FROM = "$deleteFromPrimitiveList/"


def merge_map(original: Json, patch: Json, node: Node | None, combine: bool = False) -> Json:
    """Merges a patch into an object, both of which it may change. With `combine` the object is a patch itself and
    keeps directives and nulls (three-way patches are put together so)."""
    if PATCH in patch:
        return _directed_map(patch)
    _retain_keys(original, patch, combine)
    _set_orders(original, patch, node, combine)
    for key, value in patch.items():
        deleting = key.startswith(DELETE_FROM)
        if deleting and combine:
            original[key] = value
            continue
        name = key.removeprefix(DELETE_FROM)
        if value is None:
            original.pop(name, None)
            if combine:
                original[name] = None
        elif name not in original or type(original[name]) is not type(value):
            if not deleting:
                original[name] = value if combine else _plain(value)
        else:
            original[name] = _merge_value(original[name], value, _child(node, name), deleting, combine)
    return original


def _directed_map(patch: Json) -> Json:
    directive = patch.pop(PATCH)
    if directive == "replace":
        return patch
    if directive == "delete":
        return {}
    raise _unknown_directive({PATCH: directive, **patch})


def _unknown_directive(patch: Json) -> BadRequest:
    return BadRequest(f"unknown patch type: {gofmt.v(patch[PATCH])} in map: {gofmt.v(patch)}")


def _child(node: Node | None, name: str) -> Node | None:
    return node.child(name) if node else None


def _merge_value(original: Any, patch: Any, node: Node | None, deleting: bool, combine: bool) -> Any:
    if isinstance(patch, dict):
        replaces = node is not None and node.patch_strategy == "replace"
        return patch if replaces else merge_map(original, patch, node, combine)
    if isinstance(patch, list):
        merges = deleting or (node is not None and node.patch_strategy == "merge")
        return merge_list(original, patch, node, deleting, combine) if merges else patch
    return patch


def _retain_keys(original: Json, patch: Json, combine: bool) -> None:
    """`$retainKeys: [type]`: what is not named goes."""
    if RETAIN_KEYS not in patch:
        return
    keep = patch.pop(RETAIN_KEYS)
    if combine:
        original[RETAIN_KEYS] = keep
        return
    if not isinstance(keep, list) or any(
        value is not None and key not in keep and not key.startswith((DELETE_FROM, SET_ORDER))
        for key, value in patch.items()
    ):
        raise BadRequest("invalid patch format of retainKeys")
    for key in [k for k in original if k not in keep]:
        del original[key]


# ---- lists ----


def merge_list(original: list[Any], patch: list[Any], node: Node | None, deleting: bool, combine: bool) -> list[Any]:
    """Scalars: the union, in order; objects: merged by key. The patch's items come in the patch's order."""
    if not original and not patch:
        return original
    if not holds_objects(original, patch):
        if deleting:
            return [item for item in original if item not in patch]
        return _ordered(_unique([*original, *patch]), patch, original, "")
    key = node.merge_key if node else ""
    if not key:
        raise BadRequest("cannot merge lists without merge key for " + (node.go_type if node else ""))
    original, patch = _special_items(original, patch, key)
    merged = _merge_items(list(original), patch, key, node.item if node else None, combine)
    return _ordered(merged, patch, original, key)


def holds_objects(*lists: list[Any]) -> bool:
    kinds = {type(item) for items in lists for item in items}
    if list in kinds:
        raise BadRequest("lists of lists are not supported")
    if len(kinds) > 1:
        raise BadRequest(f"list element types are not identical: {gofmt.v(list(lists))}")
    return dict in kinds


def _special_items(original: list[Json], patch: list[Json], key: str) -> tuple[list[Json], list[Json]]:
    """Carries out `$patch` items: the originals that are left, and the patch's ordinary items."""
    ordinary, replace = [], False
    for item in patch:
        directive = item.get(PATCH)
        if directive is None:
            ordinary.append(item)
        elif directive == "delete":
            gone = key_of(item, key)
            original = [o for o in original if key_of(o, key) != gone]
        elif directive == "replace":
            replace = True
        elif directive == "merge":
            raise BadRequest("merging lists cannot yet be specified in the patch")
        else:
            raise _unknown_directive(item)
    return (ordinary, []) if replace else (original, ordinary)


def key_of(item: Json, key: str) -> Any:
    if key not in item:
        raise BadRequest(f"map: {gofmt.v(item)} does not contain declared merge key: {key}")
    return item[key]


def _merge_items(merged: list[Json], patch: list[Json], key: str, item: Node | None, combine: bool) -> list[Json]:
    for change in patch:
        wanted = key_of(change, key)
        at = next((i for i, old in enumerate(merged) if key_of(old, key) == wanted), None)
        if at is None:
            merged.append(change if combine else _plain(change))
        else:
            merged[at] = merge_map(merged[at], change, item, combine)
    return merged


def _unique(items: list[Any]) -> list[Any]:
    return [item for at, item in enumerate(items) if item not in items[:at]]


def _plain(value: Any) -> Any:
    """A new value without directives and nulls, fit to be stored."""
    if isinstance(value, list):
        return [_plain(v) for v in value if not (isinstance(v, dict) and v.get(PATCH) == "delete")]
    if not isinstance(value, dict):
        return value
    return {
        k: _plain(v)
        for k, v in value.items()
        if v is not None and k not in (PATCH, RETAIN_KEYS) and not k.startswith((SET_ORDER, DELETE_FROM))
    }


# ---- order ----


def _set_orders(original: Json, patch: Json, node: Node | None, combine: bool) -> None:
    """Merges the lists for which the patch also states the order, and takes both out of the patch."""
    for directive in [k for k in patch if k.startswith(SET_ORDER)]:
        order = patch.pop(directive)
        if combine:
            original[directive] = order
            continue
        if not isinstance(order, list):
            raise BadRequest("invalid patch format of setElementOrder list")
        name = directive.removeprefix(SET_ORDER)
        merged = _merge_in_order(original.get(name), patch.pop(name, None), order, _child(node, name))
        if merged is not None:
            original[name] = merged


def _merge_in_order(
    original: list[Any] | None, patch: list[Any] | None, order: list[Any], node: Node | None
) -> list[Any] | None:
    for items in (original, patch):
        if items is not None and not isinstance(items, list):
            raise BadRequest(f"expected a []interface {{}}, but received a {gofmt.t(items)}")
    if original is None and patch is None:
        return None
    key = node.merge_key if node else ""
    _check_order(patch or [], order, key)
    if patch is None:
        merged = original or []
    elif original is None:
        merged = _plain(patch)
    else:
        merges = node is not None and node.patch_strategy == "merge"
        merged = merge_list(original, patch, node, False, False) if merges else patch
    return _ordered(merged, order, original or [], key)


def _check_order(patch: list[Any], order: list[Any], key: str) -> None:
    """The items of the patch must appear in the order list, in the same order."""
    if not patch or not order:
        return
    left = iter(order)
    for item in patch:
        if key and item.get(PATCH) == "delete":
            continue
        wanted = key_of(item, key) if key else item
        if not any((key_of(o, key) if key else o) == wanted for o in left):
            raise BadRequest(f"The order in patch list:\n{gofmt.v(patch)}\n doesn't match $setElementOrder list:\n"
                             f"{gofmt.v(order)}\n")  # fmt: skip


def _ordered(items: list[Any], order: list[Any], server: list[Any], key: str) -> list[Any]:
    """The items named by `order` in that order; the others keep their order, and their place before an ordered item
    where the server's list had them so."""

    def identity(item: Any) -> Any:
        return key_of(item, key) if key else item

    def place(wanted: Any, places: list[Any]) -> int:
        return places.index(wanted) if wanted in places else -1

    wanted, before = [identity(o) for o in order], [identity(o) for o in server]
    named = sorted((i for i in items if identity(i) in wanted), key=lambda i: place(identity(i), wanted))
    others = sorted((i for i in items if identity(i) not in wanted), key=lambda i: place(identity(i), before))
    out: list[Any] = []
    for item in named:
        at = place(identity(item), before)
        while others and -1 < place(identity(others[0]), before) < at:
            out.append(others.pop(0))
        out.append(item)
    return out + others
