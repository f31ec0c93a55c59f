"""An object's fields in the order of its Go type, in which kubectl prints the JSON of what it made itself.

Called by `kubectl_lite.creating` for the objects of the generators. Calls `kube.api.scheme`, whose types declare their
fields in that order. What a server sent is not printed so, but sorted.
"""

from __future__ import annotations

from typing import Any

from kube.api import scheme
from kube.api.core_v1 import PodTemplateSpec
from kube.apimachinery.meta_v1 import ObjectMeta
from kube.apimachinery.shapes import Shape, fields_of, struct_shape

Json = dict[str, Any]
_PARTS = {"metadata": ObjectMeta, "template": PodTemplateSpec}


def in_go_order(obj: Json) -> Json:
    """The same object; unchanged when its kind is not known."""
    known = scheme.by_kind(obj["apiVersion"], obj["kind"])
    head = {"kind": obj["kind"], "apiVersion": obj["apiVersion"]}
    if known is None:
        return head | _with_known_parts(obj)
    return head | _ordered(obj, struct_shape(known.type))


def _with_known_parts(value: Any) -> Any:
    """An object of a kind that is not ours, in the order it has, but for the parts that are the same everywhere."""
    if not isinstance(value, dict):
        return value
    return {
        name: _ordered(part, struct_shape(_PARTS[name])) if name in _PARTS else _with_known_parts(part)
        for name, part in value.items()
    }


def _ordered(value: Any, shape: Shape | None) -> Any:
    if shape is not None and shape.kind == "struct" and shape.model and isinstance(value, dict):
        fields = fields_of(shape.model)
        order = {name: i for i, name in enumerate(fields)}
        names = sorted(value, key=lambda name: order.get(name, len(order)))
        return {name: _ordered(value[name], fields[name].shape if name in fields else None) for name in names}
    if isinstance(value, list):
        return [_ordered(item, shape and shape.item) for item in value]
    if isinstance(value, dict):
        return {key: _ordered(value[key], shape and shape.item) for key in sorted(value)}
    return value
