"""A type's declarations, compiled into the small tree that the patches walk.

`schema_of(model)` is called by `fieldset`, `typed`, `managed_fields` and `strategic`; it reads `APIModel` classes once
and remembers the result. A node says how a value is owned: as one piece (scalars, atomic lists and maps), field by
field (structs, granular maps), or item by item (sets, and lists keyed by some of their items' fields). The terms are
those of structured-merge-diff; protobuf numbers and documentation are left out.
"""

from __future__ import annotations

import types
from dataclasses import dataclass, field
from typing import Annotated, Any, Union, get_args, get_origin

from kube.apimachinery.types import APIModel, GoType, Wire

SCALAR, ATOMIC, STRUCT, MAP, KEYED, SET = range(6)
"""The kinds of node. Up to ATOMIC a value is owned as one piece; STRUCT and MAP are JSON objects; KEYED, SET lists."""

# Go declares these defaults of key fields (`+default="TCP"`); an item without the field is keyed by the default.
_KEY_DEFAULTS = {"protocol": "TCP"}


@dataclass(slots=True, eq=False)
class Node:
    """How a value of one field is owned and merged. `shape` is what JSON it must be, for the type check."""

    kind: int
    shape: str = ""  # "string", "numeric", "boolean", "scalar", "list", "map", "any"
    fields: dict[str, tuple[str, Node]] = field(default_factory=dict)  # STRUCT: name -> (path element, node)
    item: Node | None = None  # of MAP, KEYED, SET; of an atomic list, for strategic merge
    keys: tuple[str, ...] = ()  # KEYED: the fields that tell its items apart, sorted
    key_defaults: dict[str, Any] = field(default_factory=dict)
    patch_strategy: str = ""  # "", "merge", "replace": strategic merge; `retain_keys` beside it
    merge_key: str = ""
    retain_keys: bool = False
    go_type: str = ""

    def child(self, name: str) -> Node | None:
        """The node of a member of a JSON object; None when the type has no such field."""
        if self.kind == STRUCT or self.fields:
            found = self.fields.get(name)
            return found[1] if found else None
        return self.item


_known: dict[type[APIModel], Node] = {}


def schema_of(model: type[APIModel]) -> Node:
    """The compiled declarations of a model; the same node each time."""
    node = _known.get(model)
    if node is None:
        node = _known[model] = Node(ATOMIC if model.atomic else STRUCT, "map", go_type=f"v1.{model.__name__}")
        for name, info in model.model_fields.items():
            wire = next((m for m in info.metadata if isinstance(m, Wire)), Wire(0))
            json_name = info.alias or name
            node.fields[json_name] = (f"f:{json_name}", _field_node(info.annotation, info.metadata, wire))
    return node


def _field_node(annotation: Any, metadata: list[Any], wire: Wire) -> Node:
    made = _type_node(annotation, metadata)
    # A struct's node is shared by all fields of that type; what a field says about itself goes on a copy.
    if made.kind == STRUCT and not (wire.patch_strategy or wire.map_type):
        return made
    node = Node(made.kind, made.shape, made.fields, made.item, go_type=made.go_type)
    if wire.map_type == "atomic":
        node.kind = ATOMIC
    if wire.list_type == "set":
        node.kind = SET
    elif wire.list_type == "map":
        node.kind, node.keys = KEYED, tuple(sorted(wire.list_map_keys))
        node.key_defaults = {k: _key_default(k, node.item) for k in node.keys}
    strategies = wire.patch_strategy.split(",")
    node.retain_keys = "retainKeys" in strategies
    node.patch_strategy = next((s for s in strategies if s != "retainKeys"), "")
    node.merge_key = wire.merge_key
    return node


def _key_default(key: str, item: Node | None) -> Any:
    if key in _KEY_DEFAULTS:
        return _KEY_DEFAULTS[key]
    declared = item.child(key) if item else None
    return {"numeric": 0, "string": "", "boolean": False}.get(declared.shape) if declared else None


def _type_node(annotation: Any, metadata: list[Any] = ()) -> Node:
    """The node of a Python annotation: models, lists, dictionaries, scalars, and what wraps them."""
    go = next((m for m in metadata if isinstance(m, GoType)), None)
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        return _type_node(inner, [*metadata, *more])
    if origin in (Union, types.UnionType):
        choices = [a for a in get_args(annotation) if a is not type(None)]
        return _type_node(choices[0], metadata) if len(choices) == 1 else Node(SCALAR, "scalar", go_type="intstr")
    if isinstance(annotation, type) and issubclass(annotation, APIModel):
        return schema_of(annotation)
    if origin is list:
        return Node(ATOMIC, "list", item=_type_node(get_args(annotation)[0]))
    if origin is dict:
        return Node(MAP, "map", item=_type_node(get_args(annotation)[1]))
    return _scalar(annotation, go)


def _scalar(annotation: Any, go: GoType | None) -> Node:
    name = go.name if go else getattr(annotation, "__name__", "")
    if annotation is Any or annotation is dict or annotation is list:
        return Node(ATOMIC, "any", go_type=name)
    if go and go.format in ("quantity", "date-time"):
        return Node(SCALAR, "scalar", go_type=name)
    shape = {str: "string", bool: "boolean", int: "numeric", float: "numeric"}.get(annotation, "string")
    return Node(SCALAR, shape, go_type=go.name if go else {"str": "string"}.get(name, name))
