"""Sets of fields, held as the tree that FieldsV1 writes: encoding and decoding cost nothing.

Called by `managed_fields` and `apply`; walks values along `schema.Node`s. A set is a dictionary from path element to
what is below it: `f:name` a field, `k:{"name":"c"}` an item of a keyed list, `v:"x"` an item of a set. Below, `{}`
says that the element itself is in the set, `{".": {}, ...}` that it is in the set and so are some of its children, and
a dictionary without `.` that only children are. No function changes what it was given. Source: structured-merge-diff,
packages fieldpath and typed.

    {"f:spec": {"f:ports": {'k:{"port":80,"protocol":"TCP"}': {".": {}, "f:name": {}}}}}
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from json.encoder import encode_basestring
from typing import Any

from kube.apimachinery.patch.schema import ATOMIC, KEYED, MAP, STRUCT, Node

Tree = dict[str, Any]
DOT = "."

# ---- set algebra. The argument trees are whole sets, or what is below one element of them. ----


def union(a: Tree, b: Tree) -> Tree:
    """All that is in either set."""
    out = dict(a)
    for key, below in b.items():
        mine = out.get(key)
        out[key] = below if mine is None else _join(mine, below)
    return out


def _join(a: Tree, b: Tree) -> Tree:
    """The union below one element: an empty tree there means the element itself."""
    if not a:
        return {DOT: {}, **b} if b else a
    if not b:
        return {DOT: {}, **a}
    return union(a, b)


def difference(a: Tree, b: Tree) -> Tree:
    """What is in `a` and not in `b`."""
    if not b:
        return a
    out = {}
    for key, below in a.items():
        theirs = b.get(key)
        if theirs is None:
            out[key] = below
        elif (left := _minus(below, theirs)) is not None:
            out[key] = left
    return out


def _minus(a: Tree, b: Tree) -> Tree | None:
    member = (not a or DOT in a) and not (not b or DOT in b)
    children = difference({k: v for k, v in a.items() if k != DOT}, b)
    if member and children:
        return {DOT: {}, **children}
    return {} if member else children or None


def intersection(a: Tree, b: Tree) -> Tree:
    """What is in both sets."""
    out = {}
    for key, below in a.items():
        theirs = b.get(key)
        if theirs is not None and (common := _common(below, theirs)) is not None:
            out[key] = common
    return out


def _common(a: Tree, b: Tree) -> Tree | None:
    member = (not a or DOT in a) and (not b or DOT in b)
    children = {k: v for k, v in intersection(a, b).items() if k != DOT} if a and b else {}
    if member and children:
        return {DOT: {}, **children}
    return {} if member else children or None


def without(a: Tree, roots: Tree) -> Tree:
    """`a` less everything at or below the elements of `roots` (a field that a subresource resets goes whole)."""
    out = {}
    for key, below in a.items():
        root = roots.get(key)
        if root is None:
            out[key] = below
        elif root and (left := without(below, root)):
            out[key] = left
    return out


def ordered(tree: Tree) -> Tree:
    """The set as FieldsV1 lists it: the element itself, then fields, items by key, values; each sorted."""
    names = sorted(tree) if len(tree) > 1 else tree
    if len(tree) > 1 and names[-1][:2] == "k:":
        names = sorted(tree, key=_place)
    return {name: ordered(below) if (below := tree[name]) else below for name in names}


def _place(element: str) -> tuple[str, Any]:
    kind, rest = element[:2], element[2:]
    return (kind, [(k, str(type(v)), v) for k, v in json.loads(rest).items()] if kind == "k:" else rest)


def within(tree: Tree, *path: str) -> Tree | None:
    """What is below a path, None when nothing there is in the set."""
    for element in path:
        below = tree.get(element)
        if below is None:
            return None
        tree = below
    return tree


def paths(tree: Tree, prefix: str = "") -> Iterator[str]:
    """The members, printed as error messages print them: `.spec.ports[port=80,protocol="TCP"].name`. Members of a
    level come before those below it."""
    for key in sorted(tree):
        if key != DOT and (not tree[key] or DOT in tree[key]):
            yield prefix + _printed(key)
    for key in sorted(tree):
        if key != DOT and tree[key]:
            yield from paths(tree[key], prefix + _printed(key))


def _printed(element: str) -> str:
    kind, rest = element[:2], element[2:]
    if kind == "f:":
        return f".{rest}"
    if kind == "k:":
        return f"[{','.join(f'{k}={_shown(v)}' for k, v in sorted(json.loads(rest).items()))}]"
    return f"[={_shown(json.loads(rest))}]" if kind == "v:" else f"[{rest}]"


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


# ---- the set of a value ----


def path_element(item: Any, node: Node) -> str:
    """How an item of a keyed list or of a set is named: `k:{...}` or `v:...`. `node` is the list's."""
    if node.kind != KEYED:
        return f"v:{_shown(item)}"
    parts = []
    for key in node.keys:
        value = item.get(key)
        if value is None:
            value = node.key_defaults.get(key)
        if value is not None:
            parts.append(f'"{key}":{encode_basestring(value) if type(value) is str else _shown(value)}')
    return "k:{" + ",".join(parts) + "}"


def of(value: Any, node: Node) -> Tree:
    """The set of fields that a configuration names (typed.ToFieldSet): what applying it takes ownership of."""
    return _below(value, node) or {}


def _below(value: Any, node: Node) -> Tree | None:
    """`{}`: the value itself is a member; None: nothing is (an empty list claims nothing)."""
    if node.kind <= ATOMIC or value is None:
        return {}
    if node.kind in (STRUCT, MAP):
        return _below_map(value, node) if value else {}
    out: Tree = {}
    for item in value:
        element = path_element(item, node)
        below = {} if element in out else _below(item, node.item)  # items that share a key are owned as one
        out[element] = {DOT: {}, **below} if below else {}
    return out or None


def _below_map(value: dict[str, Any], node: Node) -> Tree | None:
    out: Tree = {}
    for name, inner in value.items():
        child = node.child(name)
        below = _below(inner, child) if child else {}
        if node.kind == STRUCT:
            if below is not None:
                out[f"f:{name}"] = below
        else:  # a key of a map belongs to whoever set it, a struct's field only through what is in it
            out[f"f:{name}"] = {DOT: {}, **below} if below else {}
    return out or None


def everything(value: Any, node: Node) -> Tree:
    """What is below an element that appears or disappears as a whole, itself included. In FieldsV1's order."""
    if node.kind <= ATOMIC or not value:
        return {}
    out: Tree = {DOT: {}}
    if node.kind == STRUCT:
        fields = node.fields
        for name in sorted(value):
            if (known := fields.get(name)) is not None:
                element, child = known
                out[element] = {} if child.kind <= ATOMIC else everything(value[name], child)
    elif node.kind == MAP:
        for name in sorted(value):
            out[f"f:{name}"] = everything(value[name], node.item)
    else:
        below = {path_element(item, node): item for item in value}
        for element in sorted(below, key=_place) if len(below) > 1 else below:
            out[element] = everything(below[element], node.item)
    return out


# ---- comparing ----

_ABSENT = object()


def compare(old: dict[str, Any], new: dict[str, Any], node: Node) -> tuple[Tree, Tree]:
    """What a write changed or added, and what it removed, as two sets (typed.Compare)."""
    changed: Tree = {}
    removed: Tree = {}
    if node.kind == STRUCT:
        _compare_struct(old, new, node, changed, removed)
    else:
        _compare_map(old, new, node, changed, removed)
    return changed, removed


def additions(old: dict[str, Any], new: dict[str, Any], node: Node) -> Tree:
    """The first half of `compare` for a struct, in FieldsV1's order: what belongs to the creator of an object. It runs
    for every create, and does not look for what `old`, the zero object, has besides."""
    out: Tree = {}
    fields = node.fields
    for name in sorted(new):
        value, before, known = new[name], old.get(name, _ABSENT), fields.get(name)
        if before == value or known is None:
            continue
        element, child = known
        if before is _ABSENT:
            out[element] = {} if child.kind <= ATOMIC else everything(value, child)
        elif child.kind == STRUCT:
            if below := additions(before or {}, value or {}, child):
                out[element] = below
        else:
            _compare_value(before, value, element, child, out, {})
    return out


def _compare_struct(old: dict[str, Any], new: dict[str, Any], node: Node, changed: Tree, removed: Tree) -> None:
    fields = node.fields
    for name, value in new.items():
        before = old.get(name, _ABSENT)
        if before == value:
            continue
        known = fields.get(name)
        if known is None:
            continue
        element, child = known
        if before is _ABSENT:
            changed[element] = {} if child.kind <= ATOMIC else everything(value, child)
        else:
            _compare_value(before, value, element, child, changed, removed)
    for name, value in old.items():
        if name not in new and name in fields:
            element, child = fields[name]
            removed[element] = everything(value, child)


def _compare_map(old: dict[str, Any], new: dict[str, Any], node: Node, changed: Tree, removed: Tree) -> None:
    for name, value in new.items():
        before = old.get(name, _ABSENT)
        if before is _ABSENT:
            changed[f"f:{name}"] = everything(value, node.item)
        elif before != value:
            _compare_value(before, value, f"f:{name}", node.item, changed, removed)
    for name, value in old.items():
        if name not in new:
            removed[f"f:{name}"] = everything(value, node.item)


def _compare_value(old: Any, new: Any, element: str, node: Node, changed: Tree, removed: Tree) -> None:
    """A value that was there before and is different now."""
    if node.kind <= ATOMIC or not (old or new):
        changed[element] = {}  # owned as one piece; an empty value and null are told apart
        return
    sub_changed: Tree = {}
    sub_removed: Tree = {}
    if node.kind == STRUCT:
        _compare_struct(old or {}, new or {}, node, sub_changed, sub_removed)
    elif node.kind == MAP:
        _compare_map(old or {}, new or {}, node, sub_changed, sub_removed)
    else:
        _compare_list(old or [], new or [], node, sub_changed, sub_removed)
    if sub_changed:
        changed[element] = sub_changed
    if sub_removed:
        removed[element] = sub_removed


def _compare_list(old: list[Any], new: list[Any], node: Node, changed: Tree, removed: Tree) -> None:
    """Items are compared by key; their order belongs to nobody."""
    before, now = _by_element(old, node), _by_element(new, node)
    for element, items in now.items():
        was = before.get(element)
        if was is None:
            changed[element] = everything(items[0], node.item) if len(items) == 1 else {}
        elif was != items:
            if len(was) == len(items) == 1:
                _compare_value(was[0], items[0], element, node.item, changed, removed)
            else:
                changed[element] = {}
    for element, items in before.items():
        if element not in now:
            removed[element] = everything(items[0], node.item) if len(items) == 1 else {}


def _by_element(items: list[Any], node: Node) -> dict[str, list[Any]]:
    """Path element -> the items of that name: one, unless an old object holds duplicates."""
    out: dict[str, list[Any]] = {}
    for item in items:
        out.setdefault(path_element(item, node), []).append(item)
    return out


# ---- structs count as members ----


def with_structs(tree: Tree, node: Node | None) -> Tree:
    """The set with every struct field that holds members made a member itself, for pruning whole structs
    (fieldpath.EnsureNamedFieldsAreMembers)."""
    if node is None:
        return tree
    out: Tree = {}
    for element, below in tree.items():
        if not below:
            out[element] = below
            continue
        named = element[:2] == "f:"
        child = node.child(element[2:]) if named else node.item
        below = with_structs(below, child)
        out[element] = {DOT: {}, **below} if named and element[2:] in node.fields else below
    return out
