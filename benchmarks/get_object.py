"""How many single objects are read a second, each at least as new as every write acknowledged before?

Target: one and a half times what kube-apiserver 1.36 did on a quiet machine of two cores (2,800/s).
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import Row, Settings, servers
from benchmarks.compare import compare
from benchmarks.load import Load, create, read
from benchmarks.objects import CONFIG_MAP
from benchmarks.servers import Target

SECONDS, TARGET = 5.0, 1.5 * 2800
PATH = "/api/v1/namespaces/{}/configmaps"


def run(settings: Settings) -> Iterator[Row]:
    def reading(target: Target, namespace: str) -> Load:
        return read(target, PATH.format(namespace) + "/one", SECONDS * settings.scale)

    yield from compare(settings, "GET one object", TARGET, prepare, reading)


def prepare(target: Target, namespace: str) -> None:
    path = PATH.format(namespace)
    if target.subject == servers.REFERENCE:
        create(target, path, CONFIG_MAP, 1)
    else:
        target.request("POST", path, {"metadata": {"name": "one"}, "data": {"colour": "blue"}})
