"""Printing the Tables that the server makes: which columns, headers, label columns, the namespace in front.

Called by `get`. One `TablePrinter` lives as long as the command, so that the rows of a watch stay aligned. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

from kubectl_lite.colour import BOLD, YELLOW, always, of_state
from kubectl_lite.printers.table import Columns

STATES = {"STATUS", "TYPE", "EVENT"}
"""Columns whose words are states; the TYPE of a Service is none, and stays as it is."""


@dataclass
class TablePrinter:
    """The options of `get` that shape a table, and what has been printed so far."""

    wide: bool = False
    no_headers: bool = False
    with_namespace: bool = False
    label_columns: tuple[str, ...] = ()
    show_labels: bool = False
    prefix: str = ""  # `service/` before each name, when several types are shown
    event_column: bool = False  # --output-watch-events
    coloured: bool = False
    _columns: Columns = field(default_factory=Columns, init=False)
    _definitions: list[dict[str, Any]] = field(default_factory=list, init=False)
    _head_printed: bool = field(default=False, init=False)

    def text(self, table: dict[str, Any], event: str = "") -> str:
        """The lines of a table, with the header the first time."""
        self._definitions = table.get("columnDefinitions") or self._definitions
        shown = [i for i, c in enumerate(self._definitions) if self.wide or not c.get("priority")]
        rows = [self._row(row, shown, event) for row in table.get("rows") or ()]
        head = self._head(shown)
        if with_head := bool(rows) and not self.no_headers and not self._head_printed:
            self._head_printed = True
            rows.insert(0, head)
        lines = self._columns.lines(rows, partial(_painted, head) if self.coloured else None)
        if with_head and self.coloured:
            lines[0] = always(lines[0], BOLD)
        return "".join(line + "\n" for line in lines)

    def _head(self, shown: list[int]) -> list[str]:
        cells = ["EVENT"] if self.event_column else []
        cells += ["NAMESPACE"] if self.with_namespace else []
        cells += [self._definitions[i]["name"].upper() for i in shown]
        cells += [label.rpartition("/")[2].upper() for label in self.label_columns]
        return cells + (["LABELS"] if self.show_labels else [])

    def _row(self, row: dict[str, Any], shown: list[int], event: str) -> list[str]:
        metadata = (row.get("object") or {}).get("metadata") or {}
        labels = metadata.get("labels") or {}
        cells = [f"{event:8}"] if self.event_column else []
        cells += [metadata.get("namespace", "")] if self.with_namespace else []
        for i in shown:
            is_name = self._definitions[i].get("format") == "name"
            cells.append((self.prefix if is_name else "") + _cell(row["cells"][i]))
        cells += [labels.get(label, "") for label in self.label_columns]
        if self.show_labels:
            cells.append(",".join(f"{k}={v}" for k, v in sorted(labels.items())) or "<none>")
        return cells


def by_name_and_age(listed: dict[str, Any]) -> dict[str, Any]:
    """What a client can make of objects that no server printed: a Table of their names and ages."""
    from kubectl_lite.durations import age

    items = listed["items"] if isinstance(listed.get("items"), list) else [listed]
    columns = [{"name": "Name", "format": "name"}, {"name": "Age"}]
    rows = [
        {"cells": [i["metadata"]["name"], age(i["metadata"].get("creationTimestamp", ""))], "object": i} for i in items
    ]
    return {"columnDefinitions": columns, "rows": rows}


def _painted(head: list[str], column: int, cell: str) -> str:
    """A cell in the colour of the state it tells; `1/2` of what shall be ready is a state that passes."""
    name = head[column]
    if name == "READY" and "/" in cell:
        ready, _, wanted = cell.partition("/")
        return cell if ready == wanted else always(cell, YELLOW)
    return always(cell, of_state(cell)) if name in STATES else cell


def _cell(value: Any) -> str:
    if value is None:
        return "<none>"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
