"""How many consistent lists of 1,700 Services are answered a second?

A list without resourceVersion must hold every write acknowledged before it. Target: eight times what kube-apiserver
1.36 did on a quiet machine of two cores (39/s).
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import OURS, Row, Settings, servers
from benchmarks.load import create, read
from benchmarks.objects import SERVICE

SERVICES, SECONDS, TARGET = 1700, 5.0, 8 * 39.0


def run(settings: Settings) -> Iterator[Row]:
    for kind in (*servers.kinds(settings), servers.reference):
        with kind(settings) as target, servers.namespace(target) as namespace:
            create(target, f"/api/v1/namespaces/{namespace}/services", SERVICE, SERVICES)
            path = "/api/v1/services"
            loads = [read(target, path, SECONDS * settings.scale, 16) for _ in range(settings.repeat)]
            goal = TARGET if target.subject.startswith(OURS) else None
            size = loads[-1].bytes / loads[-1].requests / 1e6
            note = f"{size:.1f} MB each, {loads[-1].note}"
            rates = tuple(load.rate for load in loads)
            yield Row(f"LIST of {SERVICES:,} Services", "1/s", rates, subject=target.subject, target=goal, note=note)
