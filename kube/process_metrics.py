"""What every Prometheus client tells of its process: processor time, memory, open files, its start.

Registered by the composition root of each process that serves `/metrics`. It calls `kube.metrics` and reads /proc; the
numbers are asked for when the page is made.
"""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from pathlib import Path

from kube.metrics import REGISTRY, Counter, Gauge, Registry

_PAGE = os.sysconf("SC_PAGE_SIZE")
_started = time.time()


def register(registry: Registry = REGISTRY) -> None:
    """Adds the metrics; nothing happens the second time."""
    if "process_cpu_seconds_total" in registry:
        return
    cpu = "Total user and system CPU time spent in seconds."
    Counter("process_cpu_seconds_total", cpu, registry=registry).function = time.process_time
    gauges: dict[str, tuple[str, Callable[[], float]]] = {
        "process_max_fds": ("Maximum number of open file descriptors.", _max_files),
        "process_open_fds": ("Number of open file descriptors.", lambda: len(os.listdir("/proc/self/fd"))),
        "process_resident_memory_bytes": ("Resident memory size in bytes.", lambda: _pages(1) * _PAGE),
        "process_start_time_seconds": (
            "Start time of the process since unix epoch in seconds.", lambda: _started
        ),
        "process_virtual_memory_bytes": ("Virtual memory size in bytes.", lambda: _pages(0) * _PAGE),
    }  # fmt: skip
    for name, (help, ask) in gauges.items():
        Gauge(name, help, registry=registry).track(ask)


def _pages(field: int) -> int:
    return int(Path("/proc/self/statm").read_text().split()[field])


def _max_files() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
