"""Carries out a plan of faults on real processes: two API servers and three members of etcd.

Called by test_consistency with a plan of `schedule`. It calls the clusters of tests/support. Each fault ends in the
state it found; API servers are started again while the fault's time runs on, as a service manager would.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterable

from tests.consistency.schedule import Fault
from tests.support.cluster import ApiServer
from tests.support.etcd_cluster import NAMES, EtcdCluster
from tests.support.patience import within

FAULT_SECONDS = 120


class Chaos:
    def __init__(self, cluster: EtcdCluster, servers: list[ApiServer], compact: Callable[[], Awaitable[None]]):
        """`compact` makes etcd forget its history."""
        self._cluster, self._servers, self._compact = cluster, servers, compact
        self.done: list[str] = []

    async def run(self, plan: Iterable[Fault]) -> None:
        for fault in plan:
            async with within(FAULT_SECONDS, f"the end of the fault «{fault.what}»"):
                await self._do(fault)
            self.done.append(fault.what)
            await asyncio.sleep(fault.then)

    async def _do(self, fault: Fault) -> None:
        what, _, target = fault.what.partition(" ")
        if target in ("leader", "follower", "majority"):
            await self._on_members(what, target, fault.lasts)
        elif what == "compact":
            await self._compact()
        else:
            await self._on_servers(what, target, fault.lasts)

    async def _on_members(self, what: str, target: str, lasts: float) -> None:
        leader = await self._cluster.leader()
        others = [name for name in NAMES if name != leader]
        names = {"leader": [leader], "follower": others[:1], "majority": [leader, others[0]]}[target]
        if what == "kill":
            await asyncio.gather(*map(self._cluster.kill, names))
            await asyncio.sleep(lasts)
            await asyncio.gather(*map(self._cluster.start, names))
            return
        begin, end = {
            "pause": (self._cluster.pause, self._cluster.resume),
            "cut": (self._cluster.cut, lambda _: self._cluster.mend()),
        }[what]
        begin(names[0])
        await asyncio.sleep(lasts)
        end(names[0])

    async def _on_servers(self, what: str, target: str, lasts: float) -> None:
        servers = self._servers if target == "both" else [self._servers[int(target)]]
        if what == "pause":
            _signal(servers[0], signal.SIGSTOP)
            await asyncio.sleep(lasts)
            _signal(servers[0], signal.SIGCONT)
            return
        await asyncio.gather(*(asyncio.to_thread(server.kill) for server in servers))
        await asyncio.sleep(lasts)
        await asyncio.gather(*(asyncio.to_thread(server.start, 60) for server in servers))


def _signal(server: ApiServer, number: signal.Signals) -> None:
    assert server.process is not None
    server.process.send_signal(number)
