"""The functions of Go templates (eq, index, printf, ...) and kubectl's own two, exists and base64decode.

Called by `printers.go_template`. Values are parsed JSON, and NOTHING for a field that is not there. Pure.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus


class TemplateError(ValueError):
    """The template cannot be read or filled; the text begins with the line, as Go's."""


class _Nothing:
    """What a map has for a key that it does not have."""


NOTHING = _Nothing()


def text_of(value: Any) -> str:
    """A value as Go's %v prints it."""
    match value:
        case _Nothing() | None:
            return "<no value>"
        case bool():
            return str(value).lower()
        case dict():
            return "map[" + " ".join(f"{key}:{_inner(value[key])}" for key in sorted(value)) + "]"
        case list():
            return "[" + " ".join(map(_inner, value)) + "]"
        case float():
            return f"{value:g}"
    return str(value)


def _inner(value: Any) -> str:
    return "<nil>" if value is None else text_of(value)


def is_true(value: Any) -> bool:
    """Zero, the empty and what is not there are false."""
    return value is not NOTHING and bool(value)


def _equal(first: Any, *others: Any) -> bool:
    if not others:
        raise TemplateError("1: error calling eq: missing argument for comparison")
    return any(type(first) is type(other) and first == other for other in others)


def _compare(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(a: Any, b: Any) -> bool:
        if isinstance(a, str) != isinstance(b, str):
            raise TemplateError("1: incompatible types for comparison")
        return test(a, b)

    return compare


def _and(first: Any, *others: Any) -> Any:
    return next((value for value in (first, *others) if not is_true(value)), (first, *others)[-1])


def _or(first: Any, *others: Any) -> Any:
    return next((value for value in (first, *others) if is_true(value)), (first, *others)[-1])


def _len(value: Any) -> int:
    if not isinstance(value, str | list | dict):
        raise TemplateError(f"1: error calling len: len of type {_go_type(value)}")
    return len(value.encode() if isinstance(value, str) else value)


def _index(value: Any, *keys: Any) -> Any:
    for key in keys:
        if isinstance(value, dict):
            value = value.get(key, NOTHING)
        elif isinstance(value, list) and isinstance(key, int):
            if not 0 <= key < len(value):
                raise TemplateError(f"1: error calling index: reflect: slice index out of range: {key}")
            value = value[key]
        else:
            raise TemplateError(f"1: error calling index: can't index item of type {_go_type(value)}")
    return value


def _exists(value: Any, *keys: Any) -> bool:
    try:
        return _index(value, *keys) is not NOTHING
    except TemplateError:
        return False


def _go_type(value: Any) -> str:
    return "nil" if value in (None, NOTHING) else {str: "string", bool: "bool"}.get(type(value), "int64")


def _print(*values: Any) -> str:
    """With a blank between two values of which neither is a string."""
    text = ""
    for before, value in zip((None, *values), values, strict=False):
        apart = text and not isinstance(before, str) and not isinstance(value, str)
        text += (" " if apart else "") + text_of(value)
    return text


_VERB = re.compile(r"%([-+# 0]*)(\d*)(?:\.(\d+))?([%a-zA-Z])")


def _printf(form: str, *values: Any) -> str:
    left = list(values)

    def one(found: re.Match[str]) -> str:
        flags, width, precision, verb = found.groups()
        if verb == "%":
            return "%"
        if not left:
            return f"%!{verb}(MISSING)"
        text = _verb(verb, left.pop(0), precision)
        filler = "0" if "0" in flags else " "
        return text.ljust(int(width or 0)) if "-" in flags else text.rjust(int(width or 0), filler)

    return _VERB.sub(one, form)


def _verb(verb: str, value: Any, precision: str | None) -> str:
    if verb == "q" and isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if verb in "feg" and isinstance(value, int | float):
        return f"{value:.{precision or 6}{verb}}"
    if verb in "xX" and isinstance(value, int):
        return f"{value:{verb}}"
    takes = {"d": int, "s": str | list | dict}.get(verb, object)
    return text_of(value) if isinstance(value, takes) else f"%!{verb}({_go_type(value)}={text_of(value)})"


def _slice(value: Any, *places: int) -> Any:
    return value[slice(*places)] if len(places) == 2 else value[places[0] if places else 0 :]


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "and": _and, "or": _or, "not": lambda value: not is_true(value), "eq": _equal, "ne": lambda a, b: not _equal(a, b),
    "lt": _compare(lambda a, b: a < b), "le": _compare(lambda a, b: a <= b), "gt": _compare(lambda a, b: a > b),
    "ge": _compare(lambda a, b: a >= b), "len": _len, "index": _index, "slice": _slice, "print": _print,
    "printf": _printf, "println": lambda *values: " ".join(map(text_of, values)) + "\n",
    "html": lambda *values: html.escape(_print(*values)).replace("&quot;", "&#34;").replace("&#x27;", "&#39;"),
    "js": lambda *values: json.dumps(_print(*values))[1:-1], "urlquery": lambda *values: quote_plus(_print(*values)),
    "exists": _exists, "base64decode": lambda text: base64.b64decode(text).decode(errors="replace"),
}  # fmt: skip


def call(name: str, *values: Any) -> Any:
    """What a function makes of its arguments. Raises TemplateError for too few or too many of them."""
    code = FUNCTIONS[name].__code__
    least, more = code.co_argcount, bool(code.co_flags & _VARIADIC)
    if len(values) < least or (len(values) > least and not more):
        wanted = f"at least {least}" if more else str(least)
        raise TemplateError(f"1: wrong number of args for {name}: want {wanted} got {len(values)}")
    return FUNCTIONS[name](*values)


_VARIADIC = 0x04
"""inspect.CO_VARARGS."""
