"""Values of parsed JSON as Go prints them: `%v`, `%T`, `%#v`, and JSON as Go's encoder writes it. Pure.

Called by printers and describers.
"""

from __future__ import annotations

import json
from typing import Any

_ESCAPED = str.maketrans({"<": r"\u003c", ">": r"\u003e", "&": r"\u0026", "\u2028": r"\u2028", "\u2029": r"\u2029"})


def value_text(value: Any) -> str:
    """`map[a:1 b:[x y]]`, `true`, `<nil>`."""
    if isinstance(value, dict):
        return "map[" + " ".join(f"{k}:{value_text(v)}" for k, v in sorted(value.items())) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(value_text, value)) + "]"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "<nil>"}[value]
    return f"{value:g}" if isinstance(value, float) else str(value)


def type_name(value: Any) -> str:
    """The type that Go's decoder gives such a value."""
    names = {dict: "map[string]interface {}", list: "[]interface {}", str: "string", bool: "bool", float: "float64"}
    return names.get(type(value), "int64")


def syntax(value: Any) -> str:
    """The value as a Go programmer would write it down."""
    if isinstance(value, dict):
        pairs = (f"{json.dumps(k, ensure_ascii=False)}:{syntax(v)}" for k, v in sorted(value.items()))
        return f"{type_name(value)}{{{', '.join(pairs)}}}"
    if isinstance(value, list):
        return f"{type_name(value)}{{{', '.join(map(syntax, value))}}}"
    if value is None:
        return "interface {}(nil)"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool) else value_text(value)


def compact_json(value: Any) -> str:
    """Without a blank, keys sorted; `<`, `>` and `&` escaped, as they are for web pages."""
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False).translate(_ESCAPED)


def indented_json(value: Any, *, sort_keys: bool = True) -> str:
    """Four blanks a level."""
    return json.dumps(value, indent=4, sort_keys=sort_keys, ensure_ascii=False).translate(_ESCAPED)
