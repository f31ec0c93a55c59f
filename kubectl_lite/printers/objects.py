"""Printing whole objects: YAML, JSON, names, JSONPath and custom columns.

Called by `get -o …` and by the writing commands (`apply -o yaml`). `printer_for` reads the flag and returns a function
from an object (or a List) to text. Tables are `printers.server_table`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from kubectl_lite.errors import CommandError
from kubectl_lite.printers.table import table

Printer = Callable[[dict[str, Any]], str]
FORMATS = ("custom-columns", "custom-columns-file", "go-template", "go-template-file", "json", "jsonpath",
           "jsonpath-as-json", "jsonpath-file", "name", "template", "templatefile", "wide", "yaml")  # fmt: skip
OF_WRITES = tuple(name for name in FORMATS if name not in ("custom-columns", "custom-columns-file", "wide"))
"""What commands that change something can print."""
NEED = {"jsonpath": "template", "jsonpath-as-json": "template", "go-template": "template",
        "custom-columns": "custom columns"}  # fmt: skip


def printer_for(
    output: str, *, template: str = "", formats: Sequence[str] = FORMATS, allow_missing: bool = True,
    no_headers: bool = False, managed_fields: bool = False, sort_keys: bool = True,
) -> Printer | None:  # fmt: skip
    """The printer of an `-o` flag; None for the flags that print a Table. Raises CommandError for an unknown one.

    `template` is that of `--template`, for formats that came without one.
    """
    name, _, given = output.partition("=")
    template = given or template
    if name == "" and template:
        name = "go-template"
    if name == output == "" or (name == "wide" and "wide" in formats):
        return None
    if name not in formats:
        raise CommandError(
            f'unable to match a printer suitable for the output format "{output}", allowed formats are: '
            + ",".join(formats)
        )
    name, template = _read_template(name, template)
    makers: dict[str, Callable[[], Printer]] = {
        "yaml": lambda: _yaml,
        "json": lambda: partial(_json, sort_keys=sort_keys),
        "name": lambda: _name,
        "jsonpath": lambda: _jsonpath(template, allow_missing),
        "jsonpath-as-json": lambda: _jsonpath_as_json(template),
        "go-template": lambda: _go_template(template, allow_missing),
        "custom-columns": lambda: _custom_columns(template, no_headers),
    }
    if name in NEED and not template:
        what = name if name == "custom-columns" else "template"
        raise CommandError(f"{what} format specified but no {NEED[name]} given")
    show = makers[name]()
    return show if managed_fields or name not in ("yaml", "json") else lambda obj: show(without_managed_fields(obj))


def _read_template(name: str, template: str) -> tuple[str, str]:
    """The format that takes a template, and the template's text; that of a `-file` format is read."""
    name = {"template": "go-template", "templatefile": "go-template-file"}.get(name, name)
    if not name.endswith("-file"):
        return name, template
    name = name.removesuffix("-file")
    if not template:
        return name, template
    try:
        return name, Path(template).read_text()
    except OSError as why:
        said = f"open {template}: {(why.strerror or '').lower()}"
        what = f"reading template {template}" if name == "custom-columns" else f"reading --template {template}"
        raise CommandError(f"error {what}, {said}") from why


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


def _json(obj: dict[str, Any], sort_keys: bool) -> str:
    return json.dumps(obj, indent=4, ensure_ascii=False, sort_keys=sort_keys) + "\n"


def _name(obj: dict[str, Any]) -> str:
    if isinstance(obj.get("items"), list):
        return "".join(_name(item) for item in obj["items"])
    group = obj["apiVersion"].partition("/")[0] if "/" in obj["apiVersion"] else ""
    kind = obj["kind"].lower() + (f".{group}" if group else "")
    return f"{kind}/{(obj.get('metadata') or {}).get('name', '<unknown>')}\n"


def _jsonpath(template: str, allow_missing: bool = True) -> Printer:
    from kubectl_lite.printers.jsonpath import JSONPathError

    parsed = _parse(template, allow_missing)

    def show(obj: dict[str, Any]) -> str:
        try:
            return parsed.render(obj)
        except JSONPathError as why:
            raise CommandError(f'error executing jsonpath "{template}": Error executing template: {why}') from why

    return show


def _go_template(text: str, allow_missing: bool) -> Printer:
    from kubectl_lite.printers.go_template import TemplateError, parse

    try:
        parsed = parse(text)
    except TemplateError as why:
        raise CommandError(f"error parsing template {text}, template: output:{why}") from why

    def show(obj: dict[str, Any]) -> str:
        try:
            return parsed.render(obj, allow_missing)
        except TemplateError as why:
            raise CommandError(f'error executing template "{text}": template: output:{why}') from why

    return show


def _jsonpath_as_json(template: str) -> Printer:
    from kubectl_lite.printers.jsonpath import Path as JSONPath
    from kubectl_lite.printers.jsonpath import find

    paths = [action for action in _parse(template).actions if isinstance(action, JSONPath)]
    return lambda obj: json.dumps([v for path in paths for v in find(path, obj)], indent=4, sort_keys=True) + "\n"


def _parse(template: str, allow_missing: bool = True) -> Any:
    from kubectl_lite.printers.jsonpath import JSONPathError, parse

    try:
        return parse(template if "{" in template else "{" + template + "}", allow_missing)
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
