"""JSON values as Go prints them, for error texts that quote a value with %v, %#v or %T.

Called by the patches when they refuse something: the API server's words contain Go's `map[name:web port:80]`.
Covers what parsed JSON can hold, nothing else.
"""

from __future__ import annotations

import json
from typing import Any


def v(value: Any) -> str:
    """`%v`: `map[a:1 b:[x y]]`, `<nil>`, `true`."""
    if isinstance(value, dict):
        return "map[" + " ".join(f"{k}:{v(value[k])}" for k in sorted(value)) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(v, value)) + "]"
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def sharp_v(value: Any) -> str:
    """`%#v`: Go syntax, `map[string]interface {}{"a":1}`."""
    if isinstance(value, dict):
        inner = ", ".join(f"{json.dumps(k)}:{sharp_v(value[k])}" for k in sorted(value))
        return "map[string]interface {}{" + inner + "}"
    if isinstance(value, list):
        return "[]interface {}{" + ", ".join(map(sharp_v, value)) + "}"
    if value is None:
        return "interface {}(nil)"
    return json.dumps(value, ensure_ascii=False)


def t(value: Any) -> str:
    """`%T`: the Go type that parsed JSON has."""
    if isinstance(value, dict):
        return "map[string]interface {}"
    if isinstance(value, list):
        return "[]interface {}"
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "bool"
    return {int: "int64", float: "float64", str: "string"}[type(value)]
