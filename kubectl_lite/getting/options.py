"""The flags of `get` that more than one of its parts asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kubectl_lite.printers.objects import Printer
from kubectl_lite.printers.server_table import TablePrinter
from kubectl_lite.session import TABLE

Json = dict[str, Any]


@dataclass(frozen=True)
class Options:
    output: str
    selector: str
    field_selector: str
    all_namespaces: bool
    ignore_not_found: bool
    sort_by: str
    watch: bool
    watch_only: bool
    watch_events: bool
    chunk_size: int
    subresource: str
    server_print: bool
    show_kind: bool
    table: TablePrinter
    printer: Printer | None

    @property
    def selectors(self) -> dict[str, str]:
        return {"labelSelector": self.selector, "fieldSelector": self.field_selector}

    @property
    def accept(self) -> str:
        return "application/json" if self.printer or not self.server_print else TABLE
