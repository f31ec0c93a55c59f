"""Aligned columns, as kubectl's tab writer lays them out: three spaces between, the last column not padded.

Called by `get`, `describe` and every command that prints a list. Pure text; knows no Kubernetes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence

LEAST_WIDTH = 3
"""Of a column, without the padding."""


def width(text: str) -> int:
    """How many terminal columns a text takes."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


class Columns:
    """Rows laid out below one another. Widths grow with what has been printed, so that rows of a watch stay aligned."""

    def __init__(self, padding: int = 3) -> None:
        self.padding = padding
        self.widths: list[int] = []

    def lines(self, rows: Iterable[Sequence[str]], paint: Callable[[int, str], str] | None = None) -> list[str]:
        """The rows as lines, aligned among themselves and with all rows given before.

        `paint(column, cell)` may colour a cell: what it adds takes no room on the screen, so that it comes last.
        """
        table = [[_one_line(cell) for cell in row] for row in rows]
        for row in table:
            self.widths += [LEAST_WIDTH] * (len(row) - len(self.widths))
            for i, cell in enumerate(row):
                self.widths[i] = max(self.widths[i], width(cell))
        return [self._line(row, paint or (lambda _, cell: cell)) for row in table]

    def _line(self, row: Sequence[str], paint: Callable[[int, str], str]) -> str:
        blanks = [" " * (self.widths[i] + self.padding - width(cell)) for i, cell in enumerate(row[:-1])]
        return "".join(paint(i, cell) + blank for i, (cell, blank) in enumerate(zip(row, [*blanks, ""], strict=False)))


def _one_line(cell: str) -> str:
    return cell.replace("\n", "\\n").replace("\r", "\\r")


def table(rows: Iterable[Sequence[str]], padding: int = 3) -> str:
    """All rows as one aligned text, each line ended; empty for no rows."""
    return "".join(line + "\n" for line in Columns(padding).lines(rows))
