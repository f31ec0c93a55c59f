"""Random objects of any type, from its declaration; used by the round-trip tests."""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st

from kube.apimachinery.shapes import FieldShape, Shape, fields_of
from kube.apimachinery.types import APIModel

texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=6)
_SCALARS = {
    "bool": st.booleans(),
    "int32": st.integers(-(2**31), 2**31 - 1),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "intstr.IntOrString": st.integers(0, 65535) | texts,
    "resource.Quantity": st.sampled_from(["0", "100m", "1Gi", "3", "1500n"]),
    "v1.Time": st.sampled_from(["2026-01-02T03:04:05Z", "1999-12-31T23:59:59Z"]),
    "v1.MicroTime": st.sampled_from(["2026-01-02T03:04:05.000006Z"]),
    "[]uint8": st.sampled_from(["", "aGk=", "AAEC"]),
    "runtime.RawExtension": st.sampled_from([{"a": [1, None, {"b": "c"}]}]),
}


@cache
def dicts(model: type[APIModel], depth: int = 0) -> st.SearchStrategy[dict[str, Any]]:
    """The JSON form of an object with some of the type's fields."""
    fields = {f.name: _values(f.shape, depth) for f in fields_of(model).values() if _wanted(f, depth)}
    return st.fixed_dictionaries({}, optional=fields)


def _wanted(field: FieldShape, depth: int) -> bool:
    """Deep down only scalars, so that objects stay small."""
    return field.name not in ("kind", "apiVersion") and (depth < 4 or field.shape.kind == "scalar")


def _values(shape: Shape, depth: int, least: int = 0) -> st.SearchStrategy[Any]:
    match shape.kind:
        case "struct":
            assert shape.model
            model = shape.model
            return st.deferred(lambda: dicts(model, depth + 1))
        case "list":
            assert shape.item
            return st.lists(_values(shape.item, depth + 1), min_size=least, max_size=2)
        case "map":
            assert shape.item
            return st.dictionaries(texts, _values(shape.item, depth + 1, least=1), max_size=2)
    return _SCALARS.get(shape.go, texts)
