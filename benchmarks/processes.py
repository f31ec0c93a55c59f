"""What the kernel says about a process and its children: processor time, memory, open files.

Called by the benchmarks. It reads /proc. A process that has ended counts as nothing.
"""

from __future__ import annotations

import os
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """The process and its living descendants; none for pid 0."""
    found = [pid] if pid else []
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            found += map(int, _read(task).split())
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def cpu_seconds(pid: int) -> float:
    """User and system time of the whole family."""
    return sum(_ticks(_read(Path(f"/proc/{one}/stat"))) for one in family(pid)) / _TICK


def _ticks(stat: str) -> int:
    fields = stat.rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12]) if fields else 0


def resident_megabytes(pid: int) -> float:
    """Proportional set size: what several processes share is counted once."""
    return sum(_kilobytes(_read(Path(f"/proc/{one}/smaps_rollup")), "Pss:") for one in family(pid)) / 1024


def _kilobytes(text: str, label: str) -> int:
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith(label)), 0)


def open_files(pid: int) -> int:
    """Descriptors of the whole family."""
    return sum(len(os.listdir(f"/proc/{one}/fd")) for one in family(pid))
