"""`-o custom-columns`: a table whose cells are what JSONPaths lead to. Called by `printers.objects`. Pure.

Source: k8s.io/kubectl/pkg/cmd/get/customcolumn.go.
"""

from __future__ import annotations

import re
from typing import Any

from kubectl_lite.errors import CommandError
from kubectl_lite.printers.go_values import value_text
from kubectl_lite.printers.jsonpath import JSONPathError, Template, parse, relaxed
from kubectl_lite.printers.table import LEAST_WIDTH, Columns
from kubectl_lite.printers.tabwriter import align

PADDING = 3


class CustomColumns:
    """Prints objects or Lists, the header above the first. Lives as long as the command: a watch goes on in line."""

    def __init__(self, heads: list[str], paths: list[str], no_headers: bool):
        self._heads, self._columns = heads, Columns(PADDING)
        self._head_printed = no_headers
        try:
            self._paths = [parse(relaxed(path)) for path in paths]
        except JSONPathError as why:
            raise CommandError(str(why)) from why

    def __call__(self, obj: dict[str, Any]) -> str:
        items = obj["items"] if isinstance(obj.get("items"), list) else [obj]
        rows = [[_cell(path, item) for path in self._paths] for item in items]
        if not self._head_printed:
            self._head_printed = True
            rows.insert(0, self._heads)
        if any("\n" in cell for row in rows for cell in row):  # then a row is not a line, nor a column a column
            return align("".join("\t".join(row) + "\n" for row in rows), PADDING, LEAST_WIDTH)
        return "".join(f"{line}\n" for line in self._columns.lines(rows))


def from_spec(spec: str, no_headers: bool) -> CustomColumns:
    """`NAME:.metadata.name,PORT:.spec.ports[*].port`."""
    columns = []
    for part in spec.split(","):
        head, colon, path = part.partition(":")
        if not colon:
            raise CommandError(f"unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>")
        columns.append((head, path))
    return CustomColumns([head for head, _ in columns], [path for _, path in columns], no_headers)


def from_file(text: str, no_headers: bool) -> CustomColumns:
    """One line of headers and one of paths, each separated by blanks."""
    for i, what in enumerate(("header line", "columns spec line")):
        if len(text.splitlines()) <= i:
            raise CommandError(
                f"invalid template, missing {what}. Expected format is one line of space separated headers, one line "
                "of space separated column specs."
            )
    heads, paths = (re.split(r"\s+", line.strip()) for line in text.splitlines()[:2])
    if len(heads) != len(paths):
        raise CommandError(f"number of headers ({len(heads)}) and field specifications ({len(paths)}) don't match")
    return CustomColumns(heads, paths, no_headers)


def _cell(path: Template, item: dict[str, Any]) -> str:
    try:
        results = path.results(item)
    except JSONPathError as why:
        raise CommandError(str(why)) from why
    if not results or not results[0]:
        return "<none>"
    return ",".join(value_text(value) for values in results for value in values)
