"""Is anything left over after ten minutes of everything: memory, tasks, open files?

Creates, changes, reads, lists, deletes and watches that come and go, for `--minutes`; named on the command line only.
What the server holds is measured when half the time is over (by then the histories of changes, which are bounded, have
filled) and at the end, each time with all objects deleted and all clients gone.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator

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
        rounds = rounds_for(target, namespace, settings.minutes / 2)
        before = held(target)
        rounds += rounds_for(target, namespace, settings.minutes / 2)
        after = held(target)
    note = f"{rounds} rounds in {settings.minutes:g} minutes"
    for name, unit, at in (("memory", "MB", 0), ("open files", "", 1), ("tasks", "", 2)):
        yield Row(f"soak: {name} at half time", unit, (before[at],), more_is_better=False)
        yield Row(f"soak: {name} at the end", unit, (after[at],), more_is_better=False, target=before[at], note=note)


def rounds_for(target: Target, namespace: str, minutes: float) -> int:
    """How many were done."""
    end, rounds = time.monotonic() + minutes * 60, 0
    while time.monotonic() < end or not rounds:
        one_round(target, namespace)
        rounds += 1
    return rounds


def held(target: Target) -> tuple[float, float, float]:
    """(megabytes, open files, asyncio tasks) of a server at rest."""
    time.sleep(SETTLE_SECONDS)
    _, text = target.request("GET", "/metrics")
    found = _TASKS.search(text.decode())
    return target.memory(), processes.open_files(target.pid), float(found[1]) if found else 0.0


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
