"""Walks the steps of a JSONPath action over parsed JSON: all values that were found so far, one step after the other.

Called by `template`. What is missing is no error unless nothing at all has the field and the caller minds; an index
that is out of bounds always is one. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from kubectl_lite.printers.go_values import type_name, value_text
from kubectl_lite.printers.jsonpath.nodes import (
    Action,
    Constant,
    Field,
    Filter,
    Identifier,
    JSONPathError,
    Recursive,
    Slice,
    Text,
    Union,
    Wildcard,
)


def walk(action: Action, values: Sequence[Any], allow_missing: bool) -> list[Any]:
    """The values that an action leads to from those given."""
    found = list(values)
    for step in action.steps:
        found = _step(step, found, allow_missing)
    return found


def _step(step: Any, values: list[Any], allow_missing: bool) -> list[Any]:
    match step:
        case Field(name=name):
            return _field(name, values, allow_missing)
        case Wildcard():
            return [child for value in values for child in _children(value)]
        case Recursive():
            return list(_everything(values))
        case Slice():
            return [item for value in values if value is not None for item in _sliced(step, value)]
        case Union(paths=paths):
            return [found for path in paths for found in walk(path, values, allow_missing)]
        case Filter():
            return [item for value in values for item in _filtered(step, value, allow_missing)]
        case Text(text=text):
            return [text]
        case Constant(value=constant):
            return [constant] * len(values)
        case Identifier(name="range" | "end"):
            return values
        case Identifier(name=name):
            raise JSONPathError(f"unrecognized identifier {name}")
    raise JSONPathError(f"unexpected Node {step!r}")


def _field(name: str, values: list[Any], allow_missing: bool) -> list[Any]:
    found = [value[name] for value in values if isinstance(value, dict) and name in value]
    if values and not found and not allow_missing:
        raise JSONPathError(f"{name} is not found")
    return found


def _children(value: Any) -> list[Any]:
    match value:
        case dict():
            return list(value.values())
        case list():
            return value
        case str():
            return list(value.encode())  # a string is a row of bytes to Go
    return []


def _everything(values: list[Any]) -> Iterator[Any]:
    """The values and all below them that have something below themselves."""
    for value in values:
        if children := _children(value):
            yield value
            yield from _everything(children)


# ---- arrays ----


def _sliced(given: Slice, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise JSONPathError(f"{type_name(value)} is not array or slice")
    size = len(value)
    first = _place(given.start, 0, size)
    if given.is_index and given.stop == 0:  # the one behind [-1]
        end = size
    else:
        end = _place(given.stop, size, size)
    if first == end:
        return []
    for index, is_there in ((first, 0 <= first < size), (end - 1, 0 <= end <= size)):
        if not is_there:
            raise JSONPathError(f"array index out of bounds: index {index}, length {size}")
    if first > end:
        raise JSONPathError(f"starting index {first} is greater than ending index {end}")
    if given.step is not None and given.step <= 0:
        raise JSONPathError("step must be > 0")
    return value[first : end : given.step or 1]


def _place(index: int | None, default: int, size: int) -> int:
    return default if index is None else index + size if index < 0 else index


# ---- filters ----


def _filtered(test: Filter, value: Any, allow_missing: bool) -> Iterator[Any]:
    if not isinstance(value, list):
        raise JSONPathError(f"{value_text(value)} is not array or slice and cannot be filtered")
    for item in value:
        if test.operator == "exists":
            if _exists(test.left, item, allow_missing):
                yield item
            continue
        sides = [walk(side, [item], allow_missing) for side in (test.left, test.right)]
        if not all(sides):
            continue
        if any(len(side) > 1 for side in sides):
            raise JSONPathError("can only compare one element at a time")
        if _holds(test.operator, sides[0][0], sides[1][0]):
            yield item


def _exists(path: Action, item: Any, allow_missing: bool) -> bool:
    try:
        return bool(walk(path, [item], allow_missing))
    except JSONPathError:
        return False


def _holds(operator: str, a: Any, b: Any) -> bool:
    if operator not in ("<", "<=", "==", "!=", ">=", ">"):
        raise JSONPathError(f"unrecognized filter operator {operator}")
    if not all(isinstance(side, str | int | float) for side in (a, b)):
        raise JSONPathError("invalid type for comparison")
    if type(a) is not type(b):
        raise JSONPathError("incompatible types for comparison")
    if operator in ("==", "!="):
        return bool((a == b) == (operator == "=="))
    if isinstance(a, bool):
        raise JSONPathError("invalid type for comparison")
    return bool({"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[operator])
