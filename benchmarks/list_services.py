"""How many consistent lists of 1,700 Services are answered a second?

A list without resourceVersion must hold every write acknowledged before it. Target: eight times what kube-apiserver
1.36 did on a quiet machine of two cores (39/s). The bare reference sends what it was sent, without the server's own
fields: a fifth of the bytes.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import Row, Settings
from benchmarks.compare import compare
from benchmarks.load import Load, create, read
from benchmarks.objects import SERVICE
from benchmarks.servers import Target

SERVICES, SECONDS, TARGET = 1700, 5.0, 8 * 39.0
CONNECTIONS = 16


def run(settings: Settings) -> Iterator[Row]:
    def listing(target: Target, _namespace: str) -> Load:
        return read(target, "/api/v1/services", SECONDS * settings.scale, CONNECTIONS)

    yield from compare(settings, f"LIST of {SERVICES:,} Services", TARGET, fill, listing)


def fill(target: Target, namespace: str) -> None:
    create(target, f"/api/v1/namespaces/{namespace}/services", SERVICE, SERVICES)
