"""The order in which go-yaml writes the keys of a map: `k2` before `k10`. Pure.

Called by `printers.yaml_printer`. Source: gopkg.in/yaml.v2, sorter.go. Letters come after everything else, and digits
count as the number that they begin from where two keys part.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cmp_to_key

_UNLIKE_TEXT = re.compile(r"[0-9\[-`{-~]|[^\x00-\x7f]")


def in_order(keys: Iterable[str]) -> list[str]:
    """Most keys have neither digits nor odd signs: those are sorted as texts."""
    plain = sorted(keys)
    return sorted(plain, key=cmp_to_key(_compare)) if any(map(_UNLIKE_TEXT.search, plain)) else plain


def _compare(a: str, b: str) -> int:
    for at, (x, y) in enumerate(zip(a, b, strict=False)):
        if x != y:
            return -1 if _is_less(a, b, at) else 1
    return len(a) - len(b)


def _is_less(a: str, b: str, at: int) -> bool:
    """Whether `a` comes first; the two differ at `at`."""
    x, y = a[at], b[at]
    if x.isalpha() or y.isalpha():
        return x < y if x.isalpha() and y.isalpha() else y.isalpha()
    head = "1" if "0" in (x, y) and re.search(r"[1-9]0*$", a[:at]) else ""  # then zeros count
    one, other = _digits(a, at), _digits(b, at)
    numbers = int(head + one or 0), int(head + other or 0)
    if numbers[0] != numbers[1]:
        return numbers[0] < numbers[1]
    return len(one) < len(other) if len(one) != len(other) else x < y


def _digits(text: str, at: int) -> str:
    end = at
    while end < len(text) and text[end].isdecimal():
        end += 1
    return text[at:end]
