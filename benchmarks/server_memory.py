"""How much memory does the API server take, idle and with 10,000 Services?

Proportional set size of the process, with its workers. Target: a third of the 390 to 440 MB that kube-apiserver 1.36
held.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import OURS, Row, Settings, servers
from benchmarks.load import create
from benchmarks.objects import SERVICE

SERVICES, TARGET = 10_000, 415.0 / 3
IDLE, FULL = "memory, idle", "memory, {:,} Services"


def run(settings: Settings) -> Iterator[Row]:
    for kind in servers.kinds(settings):
        with kind(settings) as target, servers.namespace(target) as namespace:
            if not target.pid:
                continue
            found, count = {IDLE: target.memory()}, settings.scaled(SERVICES)
            create(target, f"/api/v1/namespaces/{namespace}/services", SERVICE, count)
            target.request("GET", "/api/v1/services")
            found[FULL.format(count)] = target.memory()
            goal = TARGET if target.subject.startswith(OURS) else None
            for name, megabytes in found.items():
                yield Row(name, "MB", (megabytes,), more_is_better=False, subject=target.subject, target=goal)
