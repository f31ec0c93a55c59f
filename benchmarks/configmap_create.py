"""How many ConfigMaps are created a second?

Target: what kube-apiserver 1.36 did on a quiet machine of two cores, 1,635/s.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import Row, Settings
from benchmarks.compare import compare
from benchmarks.load import Load, create
from benchmarks.objects import CONFIG_MAP
from benchmarks.servers import Target

COUNT, TARGET = 3000, 1635.0
PATH = "/api/v1/namespaces/{}/configmaps"


def run(settings: Settings) -> Iterator[Row]:
    def measured(target: Target, namespace: str) -> Load:
        return create(target, PATH.format(namespace), CONFIG_MAP, settings.scaled(COUNT))

    yield from compare(settings, "ConfigMap create", TARGET, warm_up, measured)


def warm_up(target: Target, namespace: str) -> None:
    """The first requests of a process load code."""
    create(target, PATH.format(namespace), CONFIG_MAP, 100)
