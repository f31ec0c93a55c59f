"""Printing whole objects: YAML, JSON, names, JSONPath and custom columns.

Called by `get -o …` and by the writing commands (`apply -o yaml`). `printer_for` reads the flag and returns a function
from an object (or a List) to text. Tables are `printers.server_table`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from kubectl_lite.errors import CommandError
from kubectl_lite.printers.template_printers import Printer, go_template, json_path

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
    was_file, (name, template) = "file" in name, _read_template(name, template)
    makers: dict[str, Callable[[], Printer]] = {
        "yaml": lambda: _yaml,
        "json": lambda: partial(_json, sort_keys=sort_keys),
        "name": lambda: _name,
        "jsonpath": lambda: json_path(template, allow_missing, as_json=False),
        "jsonpath-as-json": lambda: json_path(template, allow_missing, as_json=True),
        "go-template": lambda: go_template(template, allow_missing),
        "custom-columns": lambda: _custom_columns(template, no_headers, was_file),
    }
    if name in NEED and not (template or (was_file and given)):
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
    from kubectl_lite.printers.go_values import indented_json

    return indented_json(obj, sort_keys=sort_keys) + "\n"


def _name(obj: dict[str, Any]) -> str:
    if isinstance(obj.get("items"), list):
        return "".join(_name(item) for item in obj["items"])
    group = obj["apiVersion"].partition("/")[0] if "/" in obj["apiVersion"] else ""
    kind = obj["kind"].lower() + (f".{group}" if group else "")
    return f"{kind}/{(obj.get('metadata') or {}).get('name', '<unknown>')}\n"


def _custom_columns(template: str, no_headers: bool, is_file: bool) -> Printer:
    from kubectl_lite.printers.custom_columns import from_file, from_spec

    return from_file(template, no_headers) if is_file else from_spec(template, no_headers)
