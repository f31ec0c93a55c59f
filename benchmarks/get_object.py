"""How many single objects are read a second, each at least as new as every write acknowledged before?

Target: one and a half times what kube-apiserver 1.36 did on a quiet machine of two cores (2,800/s).
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import OURS, Row, Settings, servers
from benchmarks.load import create, read
from benchmarks.objects import CONFIG_MAP

SECONDS, TARGET = 5.0, 1.5 * 2800


def run(settings: Settings) -> Iterator[Row]:
    for kind in (*servers.kinds(settings), servers.reference):
        with kind(settings) as target, servers.namespace(target) as namespace:
            path = f"/api/v1/namespaces/{namespace}/configmaps"
            if target.subject == servers.REFERENCE:
                create(target, path, CONFIG_MAP, 1)
            else:
                target.request("POST", path, {"metadata": {"name": "one"}, "data": {"colour": "blue"}})
            loads = [read(target, f"{path}/one", SECONDS * settings.scale) for _ in range(settings.repeat)]
            goal = TARGET if target.subject.startswith(OURS) else None
            rates = tuple(load.rate for load in loads)
            yield Row("GET one object", "1/s", rates, subject=target.subject, target=goal, note=loads[-1].note)
