"""JSON Patch (RFC 6902): a list of operations, all applied or none.

Called by the API server's patch handler and by kubectl_lite. It behaves as evanphx/json-patch does in kube-apiserver,
where that is looser than the RFC: negative indexes count from the end, `replace` and `copy` take a member that is
missing as null, and a missing value is null. Which operation failed is not said to the client, as in Kubernetes;
`PatchFailed` keeps the reason for logs. Types are not its business.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from kube.apimachinery.errors import BadRequest, Invalid, RequestEntityTooLarge
from kube.apimachinery.meta_v1 import StatusDetails

MAX_OPERATIONS = 10000
Container = dict[str, Any] | list[Any]


class PatchFailed(Invalid):
    """422: an operation cannot be applied. The message is the one that clients get for it."""

    def __init__(self, why: str):
        super().__init__("the server rejected our request due to an error in our request", StatusDetails())
        self.why = why


def apply(doc: dict[str, Any], ops: Any) -> dict[str, Any]:
    """The patched document; the given one is not changed. Raises BadRequest for what is no list of operations,
    RequestEntityTooLarge for more than 10000 of them, PatchFailed where one does not apply."""
    check(ops)
    out = copy.deepcopy(doc)
    for op in ops or ():
        run = _OPERATIONS.get(op.get("op", ""))
        if run is None:
            raise PatchFailed(f"unexpected kind: {op.get('op', 'unknown')}")
        run(out, op)
    return out


def check(ops: Any) -> None:
    """Raises BadRequest or RequestEntityTooLarge unless the body is a list of operations."""
    if ops is None:
        return
    if not isinstance(ops, list):
        raise _undecodable(ops, "Go value of type []handlers.jsonPatchOp")
    for op in ops:
        if op is not None and not isinstance(op, dict):
            raise _undecodable(op, "Go value of type handlers.jsonPatchOp")
        for name in ("op", "path", "from"):
            value = (op or {}).get(name)
            if value is not None and not isinstance(value, str):
                raise _undecodable(value, f"Go struct field jsonPatchOp.{name} of type string")
    if len(ops) > MAX_OPERATIONS:
        raise RequestEntityTooLarge(
            f"The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {len(ops)}"
        )


_JSON_NAMES: dict[type, str] = {dict: "object", list: "array", str: "string", bool: "bool"}


def _undecodable(value: Any, into: str) -> BadRequest:
    what = _JSON_NAMES.get(type(value), "number")
    return BadRequest(f"error decoding patch: json: cannot unmarshal {what} into {into}")


# ---- the operations ----


def _add(doc: Container, op: dict[str, Any]) -> None:
    parent, key = _find(doc, op.get("path"))
    _insert(parent, key, copy.deepcopy(op.get("value")))


def _remove(doc: Container, op: dict[str, Any]) -> None:
    parent, key = _find(doc, op.get("path"))
    _delete(parent, key)


def _replace(doc: Container, op: dict[str, Any]) -> None:
    parent, key = _find(doc, op.get("path"))
    value = copy.deepcopy(op.get("value"))
    if isinstance(parent, list):
        parent[_index(parent, key)] = value
    else:
        parent[key] = value


def _move(doc: Container, op: dict[str, Any]) -> None:
    parent, key = _find(doc, op.get("from"))
    value = _get(parent, key)
    _delete(parent, key)
    parent, key = _find(doc, op.get("path"))
    _insert(parent, key, value)


def _copy(doc: Container, op: dict[str, Any]) -> None:
    value = copy.deepcopy(_get(*_find(doc, op.get("from"))))
    parent, key = _find(doc, op.get("path"))
    _insert(parent, key, value)


def _test(doc: Container, op: dict[str, Any]) -> None:
    value = _get(*_find(doc, op.get("path")))
    if not _equal(value, op.get("value")):
        raise PatchFailed(f"testing value {op.get('path')} failed")


_OPERATIONS: dict[str, Callable[[Container, dict[str, Any]], None]] = {
    "add": _add, "remove": _remove, "replace": _replace, "move": _move, "copy": _copy, "test": _test,
}  # fmt: skip


# ---- pointers ----


def _find(doc: Container, path: str | None) -> tuple[Container, str]:
    """The container that a JSON pointer leads into, and the last key. The document itself cannot be replaced."""
    parts = [p.replace("~1", "/").replace("~0", "~") for p in (path or "").split("/")]
    if len(parts) < 2:
        raise PatchFailed(f"missing container: {path}")
    for part in parts[1:-1]:
        doc = _get(doc, part)
        if not isinstance(doc, dict | list):
            raise PatchFailed(f"missing container: {path}")
    return doc, parts[-1]


def _get(parent: Container, key: str) -> Any:
    return parent[_index(parent, key)] if isinstance(parent, list) else parent.get(key)


def _index(items: list[Any], key: str, size: int | None = None) -> int:
    size = len(items) if size is None else size
    try:
        index = int(key)
    except ValueError:
        raise PatchFailed(f"not an index: {key}") from None
    if not -size <= index < size:
        raise PatchFailed(f"index out of bounds: {key}")
    return index + size if index < 0 else index


def _insert(parent: Container, key: str, value: Any) -> None:
    if isinstance(parent, dict):
        parent[key] = value
    elif key == "-":
        parent.append(value)
    else:
        parent.insert(_index(parent, key, len(parent) + 1), value)


def _delete(parent: Container, key: str) -> None:
    if isinstance(parent, list):
        del parent[_index(parent, key)]
    elif key in parent:
        del parent[key]
    else:
        raise PatchFailed(f"unable to remove nonexistent key: {key}")


def _equal(a: Any, b: Any) -> bool:
    """Equal as JSON: `true` is not `1`."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_equal(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_equal, a, b))
    return a == b
