"""`--sort-by`: orders objects by what a JSONPath leads to in them: numbers, quantities, text with numbers in it. Pure.

Called by `get`. Source: k8s.io/kubectl/pkg/cmd/get/sorter.go. Objects without the field come first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cmp_to_key
from typing import Any, TypeVar

from kube.apimachinery.quantity import parse as parse_quantity
from kubectl_lite.errors import CommandError
from kubectl_lite.printers.go_values import type_name
from kubectl_lite.printers.jsonpath import JSONPathError, parse, relaxed

T = TypeVar("T")
_NUMBERS = re.compile(r"(\d+)")


def ordered(items: Sequence[T], path: str, objects: Sequence[Any]) -> list[T]:
    """The items by the values at the path in their objects. Raises CommandError when none has one."""
    field = relaxed_path(path)
    values = [_value(field, obj) for obj in objects]
    if values and not any(values):
        raise CommandError(f'couldn\'t find any field with path "{field}" in the list of objects')

    def compare(a: int, b: int) -> int:
        try:
            return -1 if _precedes(values[a], values[b]) else 1 if _precedes(values[b], values[a]) else 0
        except TypeError as why:
            raise CommandError(f"Field {field} is an unsortable type: {why}") from why

    return [items[i] for i in sorted(range(len(items)), key=cmp_to_key(compare))]


def relaxed_path(path: str) -> str:
    try:
        return relaxed(path)
    except JSONPathError as why:
        raise CommandError(str(why)) from why


def _value(field: str, obj: Any) -> list[Any]:
    """The first value, if any."""
    try:
        return parse(field).find(obj)[:1]
    except JSONPathError as why:
        raise CommandError(f"error parsing jsonpath {field}, {why}") from why


def _precedes(a: list[Any], b: list[Any]) -> bool:
    if not a or not b:
        return not a
    return less(a[0], b[0])


def less(a: Any, b: Any) -> bool:
    """Raises TypeError for what has no order."""
    if a is None or b is None:
        return a is None and b is not None
    if isinstance(a, dict | bool) or isinstance(b, dict | bool) or type(a) is not type(b):
        raise TypeError(f"unsortable type: {type_name(a)}")
    if isinstance(a, list):
        differing = next(((x, y) for x, y in zip(a, b, strict=False) if less(x, y) or less(y, x)), None)
        return less(*differing) if differing else len(a) < len(b)
    if isinstance(a, str):
        return _text_less(a, b)
    return bool(a < b)


def _text_less(a: str, b: str) -> bool:
    try:
        return parse_quantity(a) < parse_quantity(b)
    except ValueError:
        return natural(a) < natural(b)


def natural(text: str) -> list[tuple[int, int, str]]:
    """A key that puts `pod-2` before `pod-10`."""
    parts = [part for part in _NUMBERS.split(text) if part]
    return [(0, int(part), part) if part.isdecimal() else (1, 0, part) for part in parts]
