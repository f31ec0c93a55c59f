"""How many Services are created a second, from an empty registry and with 3,000 present?

Each create allocates an address. Targets: three and ten times what kube-apiserver 1.36 did on a quiet machine of two
cores (287/s from empty, 67 to 80/s beyond 3,000); with `--peer` the ratio is measured.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import OURS, Row, Settings, servers
from benchmarks.load import create
from benchmarks.objects import SERVICE
from benchmarks.servers import REFERENCE, Target

COUNT, PRESENT = 1500, 3000
EMPTY, FULL = "Service create, from empty", "Service create, 3,000 present"
TARGETS = {EMPTY: 3 * 287.0, FULL: 10 * 73.5}


def run(settings: Settings) -> Iterator[Row]:
    for kind in (*servers.kinds(settings), servers.reference):
        rates: dict[str, list[float]] = {EMPTY: [], FULL: []}
        notes: dict[str, str] = {}
        for _ in range(settings.repeat):
            with kind(settings) as target:
                measure(target, settings, rates, notes)
                subject = target.subject
        for name, found in rates.items():
            target_rate = TARGETS[name] if subject.startswith(OURS) else None
            yield Row(name, "1/s", tuple(found), subject=subject, target=target_rate, note=notes[name])


def measure(target: Target, settings: Settings, rates: dict[str, list[float]], notes: dict[str, str]) -> None:
    with servers.namespace(target) as namespace:
        path, count = f"/api/v1/namespaces/{namespace}/services", settings.scaled(COUNT)
        if target.subject != servers.PEER:
            warm_up(target, namespace)
        load = create(target, path, SERVICE, count)
        rates[EMPTY].append(load.rate)
        notes[EMPTY] = load.note
        create(target, path, SERVICE, settings.scaled(PRESENT) - count)
        load = create(target, path, SERVICE, count)
        rates[FULL].append(load.rate)
        notes[FULL] = load.note


def warm_up(target: Target, namespace: str) -> None:
    """The first requests of a process load code; a server that is measured has been up for a while."""
    path = f"/api/v1/namespaces/{namespace}/services"
    create(target, path, SERVICE, 50)
    if target.subject != REFERENCE:
        target.request("DELETE", path)
