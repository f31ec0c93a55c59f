"""How many Services are created a second, from an empty registry and with 3,000 present?

Each create allocates an address. Targets: three and ten times what kube-apiserver 1.36 did on a quiet machine of two
cores (287/s from empty, 67 to 80/s beyond 3,000); with `--peer` the ratio is measured.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks import Row, Settings, servers
from benchmarks.compare import rows
from benchmarks.load import Load, create
from benchmarks.objects import SERVICE
from benchmarks.servers import REFERENCE, Target

COUNT, PRESENT, WARM = 1500, 3000, 600
EMPTY, FULL = "Service create, from empty", "Service create, {:,} present"
TARGETS = {EMPTY: 3 * 287.0, FULL: 10 * 73.5}
Found = dict[tuple[str, str], list[Load]]


def run(settings: Settings) -> Iterator[Row]:
    found: Found = {}
    for _ in range(settings.repeat):
        with ExitStack() as stack:  # every repetition begins with empty registries
            targets = [stack.enter_context(kind(settings)) for kind in (*servers.kinds(settings), servers.reference)]
            measure(targets, settings, found)
    for (name, subject), loads in found.items():
        yield from rows(name.format(settings.scaled(PRESENT)), loads, subject, TARGETS[name])


def measure(targets: list[Target], settings: Settings, found: Found) -> None:
    """In turns, so that what the machine does besides falls on all alike."""
    count = settings.scaled(COUNT)
    with ExitStack() as stack:
        paths = [f"/api/v1/namespaces/{stack.enter_context(servers.namespace(one))}/services" for one in targets]
        for target, path in zip(targets, paths, strict=True):
            warm_up(target, path)
        for name, before in ((EMPTY, 0), (FULL, settings.scaled(PRESENT) - count)):
            for target, path in zip(targets, paths, strict=True):
                if before:
                    create(target, path, SERVICE, before)
                found.setdefault((name, target.subject), []).append(create(target, path, SERVICE, count))


def warm_up(target: Target, path: str) -> None:
    """The first hundreds of requests of a process cost three times as much; who is measured has been up for a while."""
    create(target, path, SERVICE, WARM)
    if target.subject != REFERENCE:
        target.request("DELETE", path)
