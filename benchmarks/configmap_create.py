"""How many ConfigMaps are created a second?

Target: what kube-apiserver 1.36 did on a quiet machine of two cores, 1,635/s.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import OURS, Row, Settings, servers
from benchmarks.load import create
from benchmarks.objects import CONFIG_MAP

COUNT, TARGET = 3000, 1635.0


def run(settings: Settings) -> Iterator[Row]:
    for kind in (*servers.kinds(settings), servers.reference):
        with kind(settings) as target, servers.namespace(target) as namespace:
            path = f"/api/v1/namespaces/{namespace}/configmaps"
            create(target, path, CONFIG_MAP, 100)
            loads = [create(target, path, CONFIG_MAP, settings.scaled(COUNT)) for _ in range(settings.repeat)]
            goal = TARGET if target.subject.startswith(OURS) else None
            rates = tuple(load.rate for load in loads)
            yield Row("ConfigMap create", "1/s", rates, subject=target.subject, target=goal, note=loads[-1].note)
