"""Two API servers on three etcd members, all of them killed, hung and cut off again and again under many clients:
the histories that clients, watchers and etcd itself wrote down must agree.

`KUBE_LITE_CONSISTENCY="SEED FAULTS"` chooses another run, such as `"7 60"` for a long one. A run that fails prints
its seed and leaves nothing else to guess.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter

import pytest

from tests.consistency.chaos import Chaos
from tests.consistency.checker import check, wrong_books
from tests.consistency.clients import NAMESPACE, Client, Log, Servers
from tests.consistency.conftest import PREFIX, ControlPlane, ControlPlanes
from tests.consistency.etcd_history import EtcdHistory
from tests.consistency.history import Version
from tests.consistency.schedule import plan
from tests.consistency.watchers import Watcher
from tests.support.etcd_cluster import PATIENCE_SECONDS
from tests.support.patience import until, within

SEED, FAULTS = map(int, os.environ.get("KUBE_LITE_CONSISTENCY", "1 5").split())
CLIENTS = 8
pytestmark = [pytest.mark.timeout(300 + FAULTS * 15), pytest.mark.xdist_group("consistency")]


async def make_namespace(servers: Servers) -> None:
    body = {"metadata": {"name": NAMESPACE}}
    assert (await servers.clients[0].post("/api/v1/namespaces", json=body)).status_code == 201


async def last_words(client: Client) -> int:
    """Writes to each resource until it is acknowledged; the revision that every watcher must reach."""
    revisions = []
    for resource in ("configmaps", "services"):
        found = await until(
            lambda about=resource: _said(client, about), PATIENCE_SECONDS, f"the last word on {resource}"
        )
        revisions.append(found.revision)
    return min(revisions)


async def _said(client: Client, resource: str) -> Version | None:
    op = await client.act("create", resource, "last")
    if op.code == 409:  # the answer before was lost
        op = await client.act("get", resource, "last")
    return op.found if op.outcome == "ok" else None


async def run(plane: ControlPlane, log: Log, history: EtcdHistory) -> list[Watcher]:
    servers, stop = Servers(plane.servers), asyncio.Event()
    await make_namespace(servers)
    clients = [Client(number, SEED, servers, log) for number in range(CLIENTS)]
    watchers = [
        Watcher(f"{resource}{number}", resource, SEED, servers, log, everywhere=number == 2)
        for resource in ("configmaps", "services")
        for number in range(3)
    ]

    async def compact() -> None:
        await history.catch_up()
        await plane.etcd.compact(history.revision - 20)

    chaos = Chaos(plane.etcd, plane.servers, compact)
    working = [asyncio.create_task(client.run(stop)) for client in clients]
    await asyncio.gather(chaos.run(plan(SEED, "etcd", FAULTS)), chaos.run(plan(SEED, "apiserver", FAULTS - 1)))
    stop.set()
    async with within(PATIENCE_SECONDS, "the last answers"):
        await asyncio.gather(*working)
    last = await last_words(clients[0])
    print("the last write is at revision", last)
    await asyncio.gather(*(watcher.reach(last) for watcher in watchers))
    print("every watcher has seen the last write")
    await asyncio.gather(*(watcher.stop() for watcher in watchers))
    await servers.aclose()
    await history.catch_up()
    return watchers


def report(log: Log, watchers: list[Watcher]) -> str:
    """What happened, for whoever runs this by hand (`pytest -s`)."""
    outcomes = Counter(f"{op.verb} {op.outcome}" for op in log.ops)
    events = sum(len(segment.seen) for watcher in watchers for segment in watcher.segments)
    resumed, expired = (sum(getattr(watcher, name) for watcher in watchers) for name in ("resumed", "expired"))
    return (
        f"seed {SEED}: {len(log.ops)} requests {dict(sorted(outcomes.items()))}, faults seen {dict(log.faults)}, "
        f"{events} watch events, resumed {resumed} times, {expired} times 410"
    )


async def test_histories_agree(control_plane: ControlPlanes) -> None:
    log = Log()
    async with control_plane() as plane:
        history = EtcdHistory(plane.etcd, PREFIX)
        watchers = await run(plane, log, history)
    print(report(log, watchers))
    segments = [segment for watcher in watchers for segment in watcher.segments]
    wrong = [*check(history.truth, log.ops, segments), *wrong_books(history.truth, history.allocations), *log.odd]
    assert not wrong, f"seed {SEED}:\n" + "\n".join(wrong[:20])
    outcomes = Counter(op.outcome for op in log.ops)
    assert outcomes["ok"] > 100 and outcomes["unknown"] > 0, "nothing was tried"
