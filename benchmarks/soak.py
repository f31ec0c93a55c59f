"""Is anything left over after ten minutes of everything: memory, tasks, open files?

Creates, changes, reads, lists, deletes and watches that come and go, for `--minutes`; named on the command line only.
What the server holds is measured when half the time is over (by then the histories of changes, which are bounded, have
filled) and at the end, each time with all objects deleted and all clients gone; memory after every round, of which the
last third before either moment counts: a history that is full lets go of a quarter at once, so memory has teeth.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from statistics import median
from typing import NamedTuple

from benchmarks import Row, Settings, processes, servers
from benchmarks.load import create, read
from benchmarks.objects import CONFIG_MAP, SERVICE
from benchmarks.servers import Target
from benchmarks.watchers import watching

LONG = True
COUNT, WATCHERS = 300, 20
SETTLE_SECONDS = 3.0
_TASKS = re.compile(r"^kube_lite_asyncio_tasks ([\d.]+)", re.MULTILINE)


def run(settings: Settings) -> Iterator[Row]:
    with servers.ours(settings) as target, servers.namespace(target) as namespace:
        before = half(target, namespace, settings.minutes / 2)
        after = half(target, namespace, settings.minutes / 2)
    note = f"{before.rounds + after.rounds} rounds in {settings.minutes:g} minutes"
    for name, unit in (("memory", "MB"), ("open files", ""), ("tasks", "")):
        then, now = before.held[name], after.held[name]
        yield Row(f"soak: {name} at half time", unit, then, more_is_better=False)
        yield Row(f"soak: {name} at the end", unit, now, more_is_better=False, target=median(then), note=note)


class Half(NamedTuple):
    rounds: int
    held: dict[str, tuple[float, ...]]
    """What -> its samples."""


def half(target: Target, namespace: str, minutes: float) -> Half:
    """So many minutes of rounds, and what the server holds afterwards."""
    end, memory = time.monotonic() + minutes * 60, list[float]()
    while time.monotonic() < end or not memory:
        one_round(target, namespace)
        memory.append(target.memory())
    time.sleep(SETTLE_SECONDS)
    _, text = target.request("GET", "/metrics")
    found = _TASKS.search(text.decode())
    files, tasks = processes.open_files(target.pid), float(found[1]) if found else 0.0
    last = tuple(memory[-(len(memory) // 3 or 1) :])
    return Half(len(memory), {"memory": last, "open files": (files,), "tasks": (tasks,)})


def one_round(target: Target, namespace: str) -> None:
    """Some of everything that a server is asked, with watchers looking on, who then leave without a word."""
    base = f"/api/v1/namespaces/{namespace}"
    with watching(target, f"{base}/services", WATCHERS), watching(target, f"{base}/configmaps", WATCHERS):
        reader = threading.Thread(target=read, args=(target, f"{base}/services", 2, 4))
        reader.start()
        create(target, f"{base}/services", SERVICE, COUNT)
        create(target, f"{base}/configmaps", CONFIG_MAP, COUNT)
        reader.join()
    for plural in ("services", "configmaps"):
        status, answer = target.request("DELETE", f"{base}/{plural}")
        assert status == 200, answer
