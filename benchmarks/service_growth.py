"""Does creating a Service get slower as there are more: with 10,000 present, against 100?

Only ours is asked: the target is that both rates are the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import Row, Settings, servers
from benchmarks.load import create
from benchmarks.objects import SERVICE

FEW, MANY, COUNT = 100, 10_000, 1000
NAME = "Service create, {} present"


def run(settings: Settings) -> Iterator[Row]:
    few, many, count = FEW, settings.scaled(MANY), settings.scaled(COUNT)
    rates: dict[int, list[float]] = {few: [], many: []}
    with servers.ours(settings) as target, servers.namespace(target) as namespace:
        path = f"/api/v1/namespaces/{namespace}/services"
        create(target, path, SERVICE, few)
        for _ in range(settings.repeat):
            rates[few].append(create(target, path, SERVICE, count).rate)
        create(target, path, SERVICE, many - few - settings.repeat * count)
        for _ in range(settings.repeat):
            rates[many].append(create(target, path, SERVICE, count).rate)
    first = Row(NAME.format(f"{few:,}"), "1/s", tuple(rates[few]))
    yield first
    yield Row(NAME.format(f"{many:,}"), "1/s", tuple(rates[many]), target=first.median)
