"""Rows as one table and as JSON, with the facts of the machine. It only formats.

Called by the runner. Rows of one name are put side by side: ours, and beside it each other subject with the ratio
between the two, which is above 1 where kube-lite is better.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks import OURS, Row


def machine() -> dict[str, str]:
    """What the numbers depend on."""
    memory = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal"))
    return {
        "cpu": _cpu(), "cores": str(os.cpu_count()), "memory": f"{int(memory.split()[1]) >> 20} GiB",
        "load": f"{os.getloadavg()[0]:.1f}", "kernel": platform.release(), "python": platform.python_version(),
        "etcd": _version("etcd", "--version"), "commit": _version("git", "describe", "--always", "--dirty"),
    }  # fmt: skip


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _version(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "none"
    return done.stdout.partition("\n")[0].rpartition(" ")[2]


def as_json(rows: Sequence[Row], facts: dict[str, str]) -> str:
    found = [{**asdict(row), "median": row.median, "spread": row.spread} for row in rows]
    return json.dumps({"machine": facts, "rows": found}, indent=1) + "\n"


def number(value: float) -> str:
    """With three digits that say something."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def line(row: Row) -> str:
    """One row by itself."""
    samples = ", ".join(number(sample) for sample in row.samples)
    return f"{row.name}: {number(row.median)} {row.unit} ({row.subject}: {samples}) {row.note}".rstrip()


def ratio(ours: float, other: float, more_is_better: bool) -> float:
    """How many times better ours is."""
    over, under = (ours, other) if more_is_better else (other, ours)
    return over / under if under else float("inf")


HEAD = ("what", "unit", OURS, "spread", "target", "x", "compared with", "", "ratio")


def table(rows: Sequence[Row], facts: dict[str, str]) -> str:
    """The facts in one line, then the rows in columns; `x` is the target's ratio, at least 1 where it is met."""
    lines = [HEAD, *(cells for name in dict.fromkeys(row.name for row in rows) for cells in _lines_of(name, rows))]
    widths = [max(len(cells[at]) for cells in lines) for at in range(len(HEAD))]
    shown = ["  ".join(_aligned(cells, widths)).rstrip() for cells in lines]
    return "\n".join([", ".join(f"{k} {v}" for k, v in facts.items()), *shown])


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> list[str]:
    left = (0, 1, 6)
    return [c.ljust(w) if at in left else c.rjust(w) for at, (c, w) in enumerate(zip(cells, widths, strict=True))]


def _lines_of(name: str, rows: Sequence[Row]) -> list[Sequence[str]]:
    """What the name's own row says, then one line for each other subject after the first."""
    same = [row for row in rows if row.name == name]
    own = next((row for row in same if row.subject == OURS), None)
    others = [row for row in same if row is not own]
    first = _own_cells(own) if own else (name, same[0].unit, "", "", "", "")
    compared = [_other_cells(own, other) for other in others] or [("", "", "")]
    return [(*(first if at == 0 else ("",) * 6), *cells) for at, cells in enumerate(compared)]


def _own_cells(row: Row) -> tuple[str, ...]:
    target = number(row.target) if row.target is not None else ""
    met = f"{ratio(row.median, row.target, row.more_is_better):.2f}" if row.target else ""
    return row.name, row.unit, number(row.median), f"±{row.spread:.0%}", target, met


def _other_cells(own: Row | None, other: Row) -> tuple[str, ...]:
    compared = f"{ratio(own.median, other.median, own.more_is_better):.2f}" if own else ""
    return other.subject, number(other.median), compared
