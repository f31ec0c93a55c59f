"""Whether patched JSON still fits its type, in the words that kube-apiserver has for strategic merge patches.

Called by the API server's patch handler when a strategic merge patch's outcome does not decode. Other patches are
decoded from bytes, and get the JSON decoder's words. Source: apimachinery/pkg/runtime/converter.go.
"""

from __future__ import annotations

from typing import Any

from kube.apimachinery.errors import Invalid, Path, invalid_value
from kube.apimachinery.meta_v1 import StatusDetails
from kube.apimachinery.patch import gofmt
from kube.apimachinery.patch.schema import SCALAR, Node, schema_of
from kube.apimachinery.types import APIModel

_KINDS = {dict: "map", list: "slice", str: "string", bool: "bool", int: "int64", float: "float64"}


def problem(value: Any, model: type[APIModel]) -> str:
    """The first thing that keeps the JSON from being an object of the type, "" when it is one."""
    return _problem(value, schema_of(model))


def refuse(patch: Any, why: str) -> Invalid:
    """The error for a patch whose outcome cannot be decoded: `patch: Invalid value: "map[spec:text]": why`."""
    error = invalid_value(Path("patch"), gofmt.v(patch) if not isinstance(patch, str) else patch, why)
    return Invalid(f' "" is invalid: {error}', StatusDetails(causes=[error.cause]))


def _problem(value: Any, node: Node | None) -> str:
    if value is None or node is None or node.shape == "any":
        return ""
    if node.kind == SCALAR:
        return _scalar(value, node)
    if node.shape == "map":
        return _map(value, node)
    if not isinstance(value, list):
        return f"cannot restore slice from {_KINDS[type(value)]}"
    return next((p for item in value if (p := _problem(item, node.item))), "")


def _map(value: Any, node: Node) -> str:
    if not isinstance(value, dict):
        head = "cannot restore struct from: " if node.fields else "cannot restore map from "
        return head + _KINDS[type(value)]
    names = [n for n in node.fields if n in value] if node.fields else value
    return next((p for name in names if (p := _problem(value[name], node.child(name)))), "")


def _scalar(value: Any, node: Node) -> str:
    fits = {"string": str, "boolean": bool}.get(node.shape)
    if node.shape == "scalar" or (fits and isinstance(value, fits)):
        return ""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if node.shape == "numeric" and number and value == int(value):
        return ""
    if node.shape == "string" and number:
        return f"cannot convert {_KINDS[type(value)]} to {node.go_type}"
    kind = {"string": "string", "boolean": "bool"}.get(node.shape, node.go_type)
    return f"unrecognized type: {kind}"
