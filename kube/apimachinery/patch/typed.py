"""Typed values: checking, merging and pruning plain JSON along its schema, for server-side apply.

Called by `apply`. `check` refuses a configuration that does not fit its type, in structured-merge-diff's words; `merge`
puts a configuration over the live object; `remove` takes a set of fields out of a value. Values that were given are
not changed, but results share parts with them. Sets of fields are `fieldset`'s business.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kube.apimachinery.patch import gofmt
from kube.apimachinery.patch.fieldset import DOT, Tree, _printed, path_element
from kube.apimachinery.patch.schema import ATOMIC, KEYED, MAP, SCALAR, SET, STRUCT, Node

ABSENT: Any = object()


def check(value: Any, node: Node) -> str:
    """What is wrong with a configuration, "" when nothing is."""
    problems = list(_check(value, node, ""))
    if len(problems) > 1:
        return "\n".join(["errors:", *(f"  {p}" for p in problems)])
    return problems[0] if problems else ""


def _check(value: Any, node: Node, path: str) -> Iterator[str]:
    if value is None or node.shape == "any":
        return
    if node.kind == SCALAR:
        yield from (f"{path}: {p}" for p in _check_scalar(value, node.shape))
    elif node.shape == "map":
        yield from _check_map(value, node, path)
    else:
        yield from _check_list(value, node, path)


def _check_scalar(value: Any, shape: str) -> Iterator[str]:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if shape == "string" and not isinstance(value, str):
        yield f"expected string, got &value.valueUnstructured{{Value:{gofmt.sharp_v(value)}}}"
    elif shape == "numeric" and not number:
        yield f"expected numeric (int or float), got {gofmt.t(value)}"
    elif shape == "boolean" and not isinstance(value, bool):
        yield f"expected boolean, got &{{{gofmt.v(value)}}}"
    elif shape == "scalar" and isinstance(value, dict | list):
        yield f"expected any scalar, got &{{{gofmt.v(value)}}}"


def _check_map(value: Any, node: Node, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: expected map, got &{{{gofmt.v(value)}}}"
        return
    for name, inner in value.items():
        child = node.child(name)
        if child is None:
            yield f"{path}.{name}: field not declared in schema"
        else:
            yield from _check(inner, child, f"{path}.{name}")


def _check_list(value: Any, node: Node, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path}: expected list, got &{{{gofmt.v(value)}}}"
        return
    seen: set[str] = set()
    for index, item in enumerate(value):
        if node.kind == ATOMIC:
            yield from _check(item, node.item, f"{path}[{index}]")
            continue
        if problem := _check_item(item, node):
            yield f"{path}: element {index}: {problem}"
            continue
        element = path_element(item, node)
        if element in seen:
            yield f"{path}: duplicate entries for key {_printed(element)}"
        seen.add(element)
        yield from _check(item, node.item, path + _printed(element))


def _check_item(item: Any, node: Node) -> str:
    if node.kind == SET:
        return "associative list with keys may not have non-scalar elements" if isinstance(item, dict | list) else ""
    if item is None:
        return "associative list with keys may not have a null element"
    if not isinstance(item, dict):
        return "associative list with keys may not have non-map elements"
    if path_element(item, node) == "k:{}":
        keys = " ".join(f'"{k}"' for k in node.keys)
        return (
            f"associative list with keys has an element that omits all key fields [{keys}] "
            "(and doesn't have default values for any key fields)"
        )
    return ""


# ---- merging ----


def merge(live: Any, config: Any, node: Node) -> Any:
    """The live value with the configuration put over it: pieces are replaced, structs and keyed lists merged."""
    if config is ABSENT:
        return live
    if live is ABSENT or node.kind <= ATOMIC or not (live or config):
        return config
    if node.kind in (STRUCT, MAP):
        return _merge_map(live or {}, config or {}, node)
    return _merge_list(live or [], config or [], node)


def _merge_map(live: dict[str, Any], config: dict[str, Any], node: Node) -> dict[str, Any]:
    out = dict(live)
    for name, value in config.items():
        child = node.child(name)
        out[name] = merge(live.get(name, ABSENT), value, child) if child else value
    return out


def _merge_list(live: list[Any], config: list[Any], node: Node) -> list[Any]:
    """The configuration's order holds among its own items; the others keep their place relative to those."""
    old, new = _index(live, node), _index(config, node)
    old_names, new_names = [path_element(item, node) for item in live], list(new)
    shared = [name for name in new_names if name in old]  # still to come, in the configuration's order
    out: list[Any] = []
    done: set[str] = set()
    at = to = 0

    def take(name: str) -> None:
        out.append(merge(old.get(name, ABSENT), new[name], node.item))
        done.add(name)
        if shared and shared[0] == name:
            shared.pop(0)

    while at < len(old_names) or to < len(new_names):
        name = old_names[at] if at < len(old_names) else None
        if name is not None and to < len(new_names):
            if name == new_names[to]:
                take(name)
                at, to = at + 1, to + 1
                continue
            if name in new and shared and shared[0] != name:
                at += 1  # the configuration wants another shared item first
                continue
        if name is not None and name not in new:
            out.append(live[at])
            at += 1
            continue
        if name in done:
            at += 1
        if to < len(new_names):
            take(new_names[to])
            to += 1
    return out


def _index(items: list[Any], node: Node) -> dict[str, Any]:
    return {path_element(item, node): item for item in items}


# ---- removing ----


def remove(value: Any, gone: Tree, node: Node) -> Any:
    """The value without the fields of the set. What is emptied by it becomes None, as `null` stands for "no value"."""
    if node.kind <= ATOMIC or not value or not gone:
        return value
    out = _remove_from_map(value, gone, node) if node.kind in (STRUCT, MAP) else _remove_from_list(value, gone, node)
    return out or None


def _remove_from_map(value: dict[str, Any], gone: Tree, node: Node) -> dict[str, Any]:
    out = {}
    for name, inner in value.items():
        below = gone.get(f"f:{name}")
        if below is None:
            out[name] = inner
        elif below and DOT not in below:
            child = node.child(name)
            out[name] = remove(inner, below, child) if child else inner
    return out


def _remove_from_list(value: list[Any], gone: Tree, node: Node) -> list[Any]:
    out = []
    for item in value:
        below = gone.get(path_element(item, node))
        if below is None:
            out.append(item)
        elif below and DOT not in below:
            out.append(remove(item, below, node.item))
    return out


def settle(value: Any, node: Node) -> Any:
    """The value without its nulls: they mean "absent" in a struct and the zero value in a map of scalars."""
    if isinstance(value, list):
        return [settle(v, node.item) if node.item else v for v in value] if node.kind in (KEYED, ATOMIC) else value
    if not isinstance(value, dict) or node.shape != "map":
        return value
    out = {}
    for name, inner in value.items():
        child = node.child(name)
        if inner is not None:
            out[name] = settle(inner, child) if child else inner
        elif node.kind == MAP or (node.kind == ATOMIC and not node.fields):
            out[name] = {"string": "", "numeric": 0, "boolean": False}.get(child.shape if child else "")
    return out
