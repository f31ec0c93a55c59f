"""The functions of Go templates (eq, index, printf, ...) and kubectl's own two, exists and base64decode.

Called by `printers.go_template`. Values are parsed JSON, and NOTHING for a field that is not there. Pure.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus

from kube.apimachinery import base64
from kubectl_lite.printers.go_values import type_name


class TemplateError(ValueError):
    """The template cannot be read or filled."""


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


def _kind(value: Any) -> str:
    """What Go compares by; empty for what has no order."""
    return {bool: "bool", int: "int", float: "float", str: "string"}.get(type(value), "")


def _equal(first: Any, *others: Any) -> bool:
    if not others:
        raise TemplateError("missing argument for comparison")
    return any(_is_same(first, other) for other in others)


def _is_same(a: Any, b: Any) -> bool:
    if _kind(a) == _kind(b) != "":
        return a == b
    absent = [value is None or value is NOTHING for value in (a, b)]
    if any(absent):
        return all(absent)
    if _kind(a) != _kind(b):
        raise TemplateError("incompatible types for comparison")
    raise TemplateError(f"non-comparable types {text_of(a)}: {type_name(a)}, {type_name(b)}: {text_of(b)}")


def _compare(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(a: Any, b: Any) -> bool:
        if not _kind(a) or not _kind(b) or _kind(a) == _kind(b) == "bool":
            raise TemplateError("invalid type for comparison")
        if _kind(a) != _kind(b):
            raise TemplateError("incompatible types for comparison")
        return test(a, b)

    return compare


def _and(first: Any, *others: Any) -> Any:
    return next((value for value in (first, *others) if not is_true(value)), (first, *others)[-1])


def _or(first: Any, *others: Any) -> Any:
    return next((value for value in (first, *others) if is_true(value)), (first, *others)[-1])


DECIDES_EARLY = {"and": False, "or": True}
"""The functions that look at no further argument after one that is so."""


def _len(value: Any) -> int:
    if value is NOTHING:
        raise TemplateError("reflect: call of reflect.Value.Type on zero Value")
    if value is None:
        raise TemplateError("len of nil pointer")
    if not isinstance(value, str | list | dict):
        raise TemplateError(f"len of type {type_name(value)}")
    return len(value.encode() if isinstance(value, str) else value)


def _index(value: Any, *keys: Any) -> Any:
    if value in (None, NOTHING):
        raise TemplateError("index of untyped nil")
    for key in keys:
        match value:
            case dict():
                if not isinstance(key, str):
                    raise TemplateError(f"value has type {type_name(key).removesuffix('64')}; should be string")
                value = value.get(key, NOTHING)
            case str() | list():
                what, whole = ("string", value.encode()) if isinstance(value, str) else ("slice", value)
                at = _place(key, len(whole))
                if at == len(whole):
                    raise TemplateError(f"reflect: {what} index out of range")
                value = whole[at]
            case None | _Nothing():
                raise TemplateError("index of nil pointer")
            case _:
                raise TemplateError(f"can't index item of type {type_name(value)}")
    return value


def _place(key: Any, most: int) -> int:
    if key is None or key is NOTHING:
        raise TemplateError("cannot index slice/array with nil")
    if not isinstance(key, int) or isinstance(key, bool):
        raise TemplateError(f"cannot index slice/array with type {type_name(key)}")
    if not 0 <= key <= most:
        raise TemplateError(f"index out of range: {key}")
    return key


def _slice(value: Any, *places: Any) -> Any:
    if value in (None, NOTHING):
        raise TemplateError("slice of untyped nil")
    if len(places) > 3:
        raise TemplateError(f"too many slice indexes: {len(places)}")
    if not isinstance(value, str | list):
        raise TemplateError(f"can't slice item of type {type_name(value)}")
    if isinstance(value, str) and len(places) == 3:
        raise TemplateError("cannot 3-index slice a string")
    whole = value.encode() if isinstance(value, str) else value
    bounds = [_place(place, len(whole)) for place in places]
    low, high, *_ = [*bounds, *(0, len(whole))[len(bounds) :]]
    if low > high:
        raise TemplateError(f"invalid slice index: {low} > {high}")
    return whole[low:high] if isinstance(whole, list) else whole[low:high].decode(errors="replace")


def _exists(value: Any, *keys: Any) -> bool:
    try:
        return _index(value, *keys) is not NOTHING
    except TemplateError:
        return False


def _base64decode(text: str) -> str:
    try:
        return base64.decode(base64.canonical(text)).decode(errors="replace")
    except ValueError as why:
        raise TemplateError(f"base64 decode failed: {why}") from None


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

    text = _VERB.sub(one, form)
    extra = ", ".join(f"{type_name(value)}={text_of(value)}" for value in left)
    return text + (f"%!(EXTRA {extra})" if extra else "")


def _verb(verb: str, value: Any, precision: str | None) -> str:
    if verb == "q" and isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if verb == "T":
        return type_name(value)
    if verb in "feg" and isinstance(value, int | float):
        return f"{value:.{precision or 6}{verb}}"
    if verb in "xX" and isinstance(value, int):
        return f"{value:{verb}}"
    takes = {"d": int, "s": str | list | dict}.get(verb, object)
    return text_of(value) if isinstance(value, takes) else f"%!{verb}({type_name(value)}={text_of(value)})"


_JS = str.maketrans({
    "\\": r"\\", "'": r"\'", '"': r"\"", "<": r"\u003C", ">": r"\u003E", "&": r"\u0026", "=": r"\u003D",
    **{chr(code): f"\\u{code:04X}" for code in range(32)},
})  # fmt: skip
OF_TEXT = ("printf", "base64decode")
"""The functions whose first argument must be a string."""
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "and": _and, "or": _or, "not": lambda value: not is_true(value), "eq": _equal, "ne": lambda a, b: not _equal(a, b),
    "lt": _compare(lambda a, b: a < b), "le": _compare(lambda a, b: a <= b), "gt": _compare(lambda a, b: a > b),
    "ge": _compare(lambda a, b: a >= b), "len": _len, "index": _index, "slice": _slice, "print": _print,
    "printf": _printf, "println": lambda *values: " ".join(map(text_of, values)) + "\n",
    "html": lambda *values: html.escape(_print(*values)).replace("&quot;", "&#34;").replace("&#x27;", "&#39;"),
    "js": lambda *values: _print(*values).translate(_JS), "urlquery": lambda *values: quote_plus(_print(*values)),
    "exists": _exists, "base64decode": _base64decode,
}  # fmt: skip


def check_count(name: str, given: int) -> None:
    """Raises TemplateError for too few or too many arguments of a function."""
    code = FUNCTIONS[name].__code__
    least, more = code.co_argcount, bool(code.co_flags & _VARIADIC)
    if given < least or (given > least and not more):
        raise TemplateError(
            f"wrong number of args for {name}: want {f'at least {least}' if more else least} got {given}"
        )


def call(name: str, *values: Any) -> Any:
    """What a function makes of its arguments. Raises TemplateError, naming the function."""
    try:
        return FUNCTIONS[name](*values)
    except TemplateError as why:
        raise TemplateError(f"error calling {name}: {why}") from None


_VARIADIC = 0x04
"""inspect.CO_VARARGS."""
