"""Reading parsed JSON as a Go struct would be read: what fits, what is unknown, and Go's words for what does not fit.

Called by the codec for the bodies that pydantic refused, and only for those. It calls `shapes` for the types. The
result is plain JSON that pydantic accepts: `null` is left out, a number given for a quantity is a string.
Source: Go's `encoding/json`, `sigs.k8s.io/json` (unknown and repeated fields).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kube.apimachinery import base64, quantity, times
from kube.apimachinery.codec.go_json import Fields, Number
from kube.apimachinery.shapes import FieldShape, Shape, fields_of
from kube.apimachinery.types import APIModel

_LIMITS = {"int32": 2**31, "int64": 2**63, "intstr.IntOrString": 2**31}
_AS_READ = {"intstr.IntOrString": "int32", "v1.Time": "string", "v1.MicroTime": "string"}
"""Types that read themselves in Go, and the type that their errors name."""


@dataclass
class Walk:
    """One reading. `problems` gathers unknown and repeated fields in the order of the document."""

    problems: list[str] = field(default_factory=list)

    def struct(self, value: dict[str, Any], model: type[APIModel], place: Place, path: str = "") -> dict[str, Any]:
        """The fields that the type has. Raises ValueError in Go's words."""
        known = fields_of(model)
        found: dict[str, Any] = {}
        repeated = value.repeated if isinstance(value, Fields) else ()
        for name, item in value.items():
            where = f"{path}.{name}" if path else name
            if name not in known:
                self.note("unknown", where)
                continue
            if name in repeated:
                self.note("duplicate", where)
            if item is not None:
                found[name] = self.value(item, known[name].shape, place.inside(model, known[name]), where)
        return found

    def value(self, value: Any, shape: Shape, place: Place, path: str) -> Any:
        match shape.kind:
            case "any":
                return value
            case "scalar":
                return self.scalar(value, shape, place)
            case "list" if isinstance(value, list):
                assert shape.item
                return [self.item(v, shape.item, place, f"{path}[{i}]") for i, v in enumerate(value)]
            case "map" if isinstance(value, dict):
                return self.map(value, shape, place, path)
            case "struct" if isinstance(value, dict):
                assert shape.model
                return self.struct(value, shape.model, place, path)
        raise place.cannot(value, shape.go)

    def item(self, value: Any, shape: Shape, place: Place, path: str) -> Any:
        """An element of a list or a map, where `null` is the zero value."""
        if value is None:
            return _zero(shape)
        return self.value(value, shape, place, path)

    def map(self, value: dict[str, Any], shape: Shape, place: Place, path: str) -> dict[str, Any]:
        assert shape.item
        for name in value.repeated if isinstance(value, Fields) else ():
            self.note("duplicate", f"{path}.{name}")
        return {k: self.item(v, shape.item, place, f"{path}.{k}") for k, v in value.items()}

    def scalar(self, value: Any, shape: Shape, place: Place) -> Any:
        match shape.go:
            case "resource.Quantity":
                return quantity.canonical(_literal(value).strip())
            case "bool":
                fits = isinstance(value, bool)
            case "int32" | "int64":
                fits = _fits(value, shape.go, place)
            case "intstr.IntOrString":
                fits = isinstance(value, str) or _fits(value, shape.go, place)
            case _:
                fits = isinstance(value, str)
        if not fits:
            raise place.cannot(value, _AS_READ.get(shape.go, shape.go))
        return _READ_TEXT[shape.go](value) if shape.go in _READ_TEXT else value

    def note(self, problem: str, where: str) -> None:
        text = f'{problem} field "{where}"'
        if text not in self.problems:
            self.problems.append(text)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in Go's structs the reading is: the struct that holds the field, and the names down to it."""

    struct: str = ""
    names: tuple[str, ...] = ()

    def inside(self, model: type[APIModel], field_: FieldShape) -> Place:
        return Place(model.__name__, (*self.names, field_.name))

    def cannot(self, value: Any, go_type: str, literal: str = "") -> ValueError:
        what = f"{_kind(value)} {literal}".strip()
        return ValueError(
            f"json: cannot unmarshal {what} into Go struct field {self.struct}.{'.'.join(self.names)} of type {go_type}"
        )


_READ_TEXT = {
    "v1.Time": times.canonical_time,
    "v1.MicroTime": times.canonical_micro_time,
    "[]uint8": base64.canonical,
}


def _fits(value: Any, go_type: str, place: Place) -> bool:
    """Whether a value is an integer of that width. Raises for other numbers, because those are named in the error."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    limit = _LIMITS[go_type]
    if isinstance(value, int) and -limit <= value < limit:
        return True
    raise place.cannot(value, _AS_READ.get(go_type, go_type), _literal(value))


def _literal(value: Any) -> str:
    """A scalar as it stood in the document, a string without its quotes."""
    if isinstance(value, Number):
        return value.text
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else "?"


def _kind(value: Any) -> str:
    """The word for a JSON value in Go's errors."""
    match value:
        case bool():
            return "bool"
        case str():
            return "string"
        case int() | float():
            return "number"
        case list():
            return "array"
        case _:
            return "object"


def _zero(shape: Shape) -> Any:
    if shape.kind in ("struct", "map"):
        return {}
    if shape.kind == "list":
        return []
    if shape.kind == "any" or shape.format == "date-time":
        return None
    return {"bool": False, "int32": 0, "int64": 0, "intstr.IntOrString": 0, "resource.Quantity": "0"}.get(shape.go, "")
