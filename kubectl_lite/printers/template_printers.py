"""Printers that take a template: JSONPath, JSONPath as JSON, Go templates. Called by `printers.objects`.

They put kubectl's words around what the languages' own modules find wrong.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from kubectl_lite.errors import CommandError

Printer = Callable[[dict[str, Any]], str]


def json_path(template: str, allow_missing: bool, as_json: bool) -> Printer:
    """Prints what the template says, or each thing it leads to as a JSON array."""
    from kubectl_lite.printers.go_values import syntax
    from kubectl_lite.printers.jsonpath import JSONPathError, parse

    try:
        parsed = parse(template, allow_missing)
    except JSONPathError as why:
        raise CommandError(f"error parsing jsonpath {template}, {why}") from why

    def show(obj: dict[str, Any]) -> str:
        try:
            return parsed.render_json(obj) if as_json else parsed.render(obj)
        except JSONPathError as why:
            raise CommandError(
                f"error executing jsonpath {json.dumps(template)}: Error executing template: {why}. Printing more "
                f"information for debugging the template:\n\ttemplate was:\n\t\t{template}\n\tobject given to "
                f"jsonpath engine was:\n\t\t{syntax(obj)}\n\n"
            ) from why

    return show


def go_template(text: str, allow_missing: bool) -> Printer:
    """Prints what a Go template makes of the object."""
    from kubectl_lite.printers.go_template import TemplateError, parse

    try:
        parsed = parse(text)
    except TemplateError as why:
        raise CommandError(f"error parsing template {text}, template: output:{why}") from why

    def show(obj: dict[str, Any]) -> str:
        done: list[str] = []
        try:
            done.extend(parsed.parts(obj, allow_missing))
        except TemplateError as why:
            said = f"template: output:{why}"
            sys.stdout.write("".join(done) + _what_was_given(said, text, obj))
            raise CommandError(f"error executing template {json.dumps(text, ensure_ascii=False)}: {said}") from why
        return "".join(done)

    return show


def _what_was_given(said: str, text: str, obj: dict[str, Any]) -> str:
    """What kubectl prints to help: on standard output, where it is seen beside what came before."""
    from kubectl_lite.printers.go_values import compact_json, value_text

    return (
        f"Error executing template: {said}. Printing more information for debugging the template:\n"
        f"\ttemplate was:\n\t\t{text}\n\traw data was:\n\t\t{compact_json(obj)}\n"
        f"\tobject given to template engine was:\n\t\t{value_text(obj)}\n\n"
    )
