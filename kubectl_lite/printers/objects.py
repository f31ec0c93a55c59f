"""Printing whole objects: YAML, JSON, names, JSONPath and custom columns.

Called by `get -o …` and by the writing commands (`apply -o yaml`). `printer_for` reads the flag and returns a function
from an object (or a List) to text. Tables are `printers.server_table`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kubectl_lite.errors import CommandError
from kubectl_lite.printers.table import table

Printer = Callable[[dict[str, Any]], str]
FORMATS = (
    "custom-columns, custom-columns-file, json, jsonpath, jsonpath-as-json, jsonpath-file, name, wide, yaml"
)


def printer_for(output: str, *, no_headers: bool = False, managed_fields: bool = False) -> Printer | None:
    """The printer of an `-o` flag; None for the flags that print a Table. Raises CommandError for an unknown one."""
    name, _, template = output.partition("=")
    if name in ("", "wide"):
        return None
    if name.endswith("-file"):
        name, template = name.removesuffix("-file"), Path(template).read_text()
    makers: dict[str, Callable[[], Printer]] = {
        "yaml": lambda: _yaml,
        "json": lambda: _json,
        "name": lambda: _name,
        "jsonpath": lambda: _jsonpath(template),
        "jsonpath-as-json": lambda: _jsonpath_as_json(template),
        "custom-columns": lambda: _custom_columns(template, no_headers),
    }
    if name not in makers:
        raise CommandError(
            f'unable to match a printer suitable for the output format "{output}", allowed formats are: {FORMATS}'
        )
    if name in ("jsonpath", "jsonpath-as-json", "custom-columns") and not template:
        raise CommandError(f"{name} format specified but no template given")
    show = makers[name]()
    return show if managed_fields or name not in ("yaml", "json") else lambda obj: show(without_managed_fields(obj))


def without_managed_fields(obj: dict[str, Any]) -> dict[str, Any]:
    """The object (or each item of a List) without `metadata.managedFields`, which are noise to people."""
    if isinstance(obj.get("items"), list):
        return obj | {"items": [without_managed_fields(item) for item in obj["items"]]}
    if "managedFields" not in obj.get("metadata", {}):
        return obj
    return obj | {"metadata": {k: v for k, v in obj["metadata"].items() if k != "managedFields"}}


def as_list(items: list[dict[str, Any]]) -> dict[str, Any]:
    """Several objects as the one `List` that kubectl prints."""
    return {"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}}


def _yaml(obj: dict[str, Any]) -> str:
    from kubectl_lite.printers.yaml_printer import to_yaml

    return to_yaml(obj)


def _json(obj: dict[str, Any]) -> str:
    return json.dumps(obj, indent=4, ensure_ascii=False, sort_keys=True) + "\n"


def _name(obj: dict[str, Any]) -> str:
    if isinstance(obj.get("items"), list):
        return "".join(_name(item) for item in obj["items"])
    group = obj["apiVersion"].partition("/")[0] if "/" in obj["apiVersion"] else ""
    kind = obj["kind"].lower() + (f".{group}" if group else "")
    return f"{kind}/{obj['metadata']['name']}\n"


def _jsonpath(template: str) -> Printer:
    parsed = _parse(template)
    return parsed.render


def _jsonpath_as_json(template: str) -> Printer:
    from kubectl_lite.printers.jsonpath import Path as JSONPath
    from kubectl_lite.printers.jsonpath import find

    paths = [action for action in _parse(template).actions if isinstance(action, JSONPath)]
    return lambda obj: json.dumps([v for path in paths for v in find(path, obj)], indent=4, sort_keys=True) + "\n"


def _parse(template: str) -> Any:
    from kubectl_lite.printers.jsonpath import JSONPathError, parse

    try:
        return parse(template if "{" in template else "{" + template + "}")
    except JSONPathError as why:
        raise CommandError(f"error parsing jsonpath {template}, {why}") from why


def _custom_columns(spec: str, no_headers: bool) -> Printer:
    columns = [column.partition(":") for column in spec.split(",")]
    if any(not path for _, _, path in columns):
        raise CommandError(f"unexpected custom-columns spec: {spec}, expected <header>:<json-path-expr>")
    paths = [_parse(path if path.startswith(("{", ".")) else f".{path}").actions[0] for _, _, path in columns]
    heads = [head for head, _, _ in columns]

    def show(obj: dict[str, Any]) -> str:
        items = obj["items"] if isinstance(obj.get("items"), list) else [obj]
        rows = [[_cell(path, item) for path in paths] for item in items]
        return table(rows if no_headers else [heads, *rows])

    return show


def _cell(path: Any, item: dict[str, Any]) -> str:
    from kubectl_lite.printers.jsonpath import find

    found = find(path, item)
    return ",".join(_go_value(v) for v in found) if found else "<none>"


def _go_value(value: Any) -> str:
    """A value as Go's %v prints it."""
    if isinstance(value, dict):
        return "map[" + " ".join(f"{k}:{_go_value(v)}" for k, v in sorted(value.items())) + "]"
    if isinstance(value, list):
        return "[" + " ".join(map(_go_value, value)) + "]"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "<nil>"}[value]
    return str(value)
