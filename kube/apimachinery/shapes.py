"""What a field is: a struct, a list, a map or a scalar of a Go type. Derived from the declarations, once a type.

Called by the codec and by OpenAPI, which walk types rather than objects. It calls `types` only. How a list is merged
is not here: that is in the field's `Wire`.
"""

from __future__ import annotations

import types
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from kube.apimachinery.types import APIModel, GoType, Wire

NO_WIRE = Wire(0)


@dataclass(frozen=True, slots=True)
class Shape:
    """One JSON value. `go` is the Go type as decoding errors name it: `int32`, `[]v1.ServicePort`."""

    kind: Literal["struct", "list", "map", "scalar", "any"]
    go: str
    format: str = ""
    model: type[APIModel] | None = None
    item: Shape | None = None


@dataclass(frozen=True, slots=True)
class FieldShape:
    """A field of a struct, by its JSON name. `pointer`: absent is None rather than a zero value. `by_value`: Go holds
    it by value, so protobuf has it even when it is absent; that may be a time, which is None here."""

    name: str
    attribute: str
    shape: Shape
    wire: Wire
    pointer: bool
    by_value: bool
    required: bool
    """What OpenAPI says: a body without the field is not complete."""


@cache
def fields_of(model: type[APIModel]) -> dict[str, FieldShape]:
    """JSON field name -> field, in declared order; `kind` and `apiVersion` among them where the type has them."""
    found: dict[str, FieldShape] = {}
    for attribute, info in model.model_fields.items():
        name = info.alias or attribute
        marks = tuple(info.metadata)
        wire = next((m for m in marks if isinstance(m, Wire)), NO_WIRE)
        shape, pointer = _shape(info.annotation, marks)
        always = info.default_factory is not None and info.default_factory_takes_validated_data
        required = bool(always) and not pointer and shape.kind != "struct"
        if wire.required is not None:
            required = wire.required
        by_value = not pointer or (bool(always) and shape.format == "date-time")
        if wire.by_value is not None:
            by_value = wire.by_value
        found[name] = FieldShape(name, attribute, shape, wire, pointer, by_value, required)
    return found


@cache
def numbers_of(model: type[APIModel]) -> dict[int, FieldShape]:
    """Protobuf field number -> field, without those of embedded messages."""
    return {f.wire.number: f for f in fields_of(model).values() if f.wire.number and not f.wire.inline}


@cache
def embedded_numbers_of(model: type[APIModel], path: tuple[int, ...]) -> dict[int, FieldShape]:
    """As `numbers_of`, for the message embedded at that path of numbers."""
    return {f.wire.number: f for f in fields_of(model).values() if f.wire.inline == path}


@cache
def embedded_paths_of(model: type[APIModel]) -> frozenset[tuple[int, ...]]:
    """Every path at which a message is embedded, and the paths that lead there."""
    paths = {f.wire.inline for f in fields_of(model).values() if f.wire.inline}
    return frozenset(path[:end] for path in paths for end in range(1, len(path) + 1))


def struct_shape(model: type[APIModel]) -> Shape:
    """The shape of an object of that type."""
    return Shape("struct", f"v1.{model.__name__}", model=model)


_SCALARS = {str: "string", bool: "bool", int: "int64"}


def _shape(annotation: Any, marks: tuple[Any, ...] = ()) -> tuple[Shape, bool]:
    """The shape, and whether None stands for absence."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return _shape(inner, (*marks, *more))
    go = next((m for m in marks if isinstance(m, GoType)), None)
    if get_origin(annotation) in (Union, types.UnionType):
        members = [a for a in get_args(annotation) if a is not type(None)]
        if len(members) < len(get_args(annotation)):
            inner = members[0] if len(members) == 1 else Union[tuple(members)]  # noqa: UP007
            return _shape(inner, marks)[0], True
    if go:
        return Shape("any" if go.format == "raw" else "scalar", go.name, go.format), False
    return _plain_shape(annotation), False


def _plain_shape(annotation: Any) -> Shape:
    origin = get_origin(annotation)
    if origin is list:
        item, _ = _shape(get_args(annotation)[0])
        return Shape("list", f"[]{item.go}", item=item)
    if origin is dict:
        item, _ = _shape(get_args(annotation)[1])
        return Shape("map", f"map[string]{item.go}", item=item)
    if isinstance(annotation, type) and issubclass(annotation, APIModel):
        return struct_shape(annotation)
    return Shape("scalar", _SCALARS[annotation])
