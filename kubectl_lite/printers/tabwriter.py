"""Elastic tabs: aligns tab-separated cells over consecutive lines, as Go's text/tabwriter does for `describe`.

A cell is text ended by a tab; what follows the last tab of a line belongs to no column. A column is a run of
consecutive lines that have a cell there, and is as wide as its widest cell plus the padding. Pure.
"""

from __future__ import annotations

from kubectl_lite.printers.table import width


def align(text: str, padding: int = 2, least: int = 0) -> str:
    """The text with its tabs turned into blanks; no column is narrower than `least` without its padding."""
    lines = [line.split("\t") for line in text.split("\n")]
    widths = [[0] * (len(cells) - 1) for cells in lines]
    deepest = max((len(w) for w in widths), default=0)
    for column in range(deepest):
        start = 0
        while start < len(lines):
            end = start
            while end < len(lines) and len(widths[end]) > column:
                end += 1
            block = max((width(lines[i][column]) for i in range(start, end)), default=0)
            for i in range(start, end):
                widths[i][column] = max(block, least) + padding
            start = max(end, start + 1)
    return "\n".join(_line(cells, w) for cells, w in zip(lines, widths, strict=True))


def _line(cells: list[str], widths: list[int]) -> str:
    padded = [cell + " " * (w - width(cell)) for cell, w in zip(cells, widths, strict=False)]
    return "".join(padded) + cells[-1]
