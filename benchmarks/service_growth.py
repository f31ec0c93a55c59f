"""Does creating a Service get slower as there are more: with 10,000 present, against 100?

Two servers of ours, one with few Services and one with many, are asked in turns, after both have been warmed up. The
target is that both are as fast. Of the processor time for each, a tenth and more is the connections' TLS.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

from benchmarks import OURS, Row, Settings, servers
from benchmarks.compare import rows
from benchmarks.load import Load, create
from benchmarks.objects import SERVICE
from benchmarks.service_create import warm_up

FEW, MANY, COUNT = 100, 10_000, 400
PATH = "/api/v1/namespaces/default/services"


def run(settings: Settings) -> Iterator[Row]:
    sizes, count = (FEW, settings.scaled(MANY)), settings.scaled(COUNT)
    loads: dict[int, list[Load]] = {size: [] for size in sizes}
    with ExitStack() as stack:
        targets = {size: stack.enter_context(servers.ours(settings)) for size in sizes}
        for size, target in targets.items():
            warm_up(target, PATH)
            create(target, PATH, SERVICE, size)
        for _ in range(settings.repeat):
            for size, target in targets.items():
                loads[size].append(create(target, PATH, SERVICE, count))
    few, many = ([*rows(f"Service create, {n:,} present", found, OURS, 0)] for n, found in loads.items())
    yield from (replace(row, target=None) for row in few)
    for row, same in zip(many, few, strict=True):
        yield replace(row, target=same.median)
