"""The elector's promises, by number, in virtual time."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kube.api.coordination_v1 import Lease
from kube.client.fake import FakeClient, FakeServer
from kube.clock import FakeClock
from kube.leader_election import LeaderElector, Timing

TIMING = Timing(8.0, 5.0, 1.0)


class Candidate:
    """One process that contends: its client can be cut off, its work can be seen."""

    def __init__(self, world: World, name: str):
        self.client = FakeClient(world.server)
        self.elector = LeaderElector(self.client, "lease", name, timing=TIMING, clock=world.clock)
        self.works = False
        self._world = world
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while True:
            await self.elector.run(self._work)

    async def _work(self) -> None:
        self.works = True
        self._world.check()
        try:
            await asyncio.Event().wait()
        finally:
            self.works = False

    async def stop(self) -> None:
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task


class World:
    def __init__(self, count: int = 2):
        self.clock = FakeClock()
        self.server = FakeServer(clock=self.clock)
        self.candidates: list[Candidate] = []
        self.candidates = [Candidate(self, f"c{n}") for n in range(count)]

    @property
    def working(self) -> list[Candidate]:
        return [c for c in self.candidates if c.works]

    def check(self) -> None:
        assert len(self.working) <= 1, "two work at once"

    async def stop(self) -> None:
        for candidate in self.candidates:
            await candidate.stop()


async def test_one_of_several_works() -> None:
    world = World(3)
    await world.clock.advance(5)
    assert len(world.working) == 1
    lease = world.server.get(Lease, "lease", "kube-system")
    assert lease.spec.holderIdentity == world.working[0].elector.identity
    assert (lease.spec.leaseDurationSeconds, lease.spec.leaseTransitions) == (8, 0)
    await world.stop()


async def test_1_a_leader_that_is_cut_off_stops_before_another_starts() -> None:
    world = World()
    await world.clock.advance(3)
    [leader] = world.working
    leader.client.alive = False
    stopped = started = None
    while started is None:
        await world.clock.advance(0.1)
        world.check()
        if stopped is None and not leader.works:
            stopped = world.clock.monotonic()
        if world.working and world.working[0] is not leader:
            started = world.clock.monotonic()
    assert stopped is not None
    assert 3 + 4 <= stopped <= 3 + 6.5
    assert stopped < started <= 3 + 8 + 2.6, "hand-over within 15 s of the failure"
    leader.client.alive = True
    await world.clock.advance(30)
    assert len(world.working) == 1
    await world.stop()


async def test_3_a_leader_that_stops_releases_the_lease_at_once() -> None:
    world = World()
    await world.clock.advance(3)
    [leader] = world.working
    await leader.stop()
    assert world.server.get(Lease, "lease", "kube-system").spec.holderIdentity == ""
    await world.clock.advance(1.6)
    assert len(world.working) == 1
    assert world.server.get(Lease, "lease", "kube-system").spec.leaseTransitions == 1
    await world.stop()


async def test_what_the_work_raises_comes_out_and_the_lease_is_released() -> None:
    server, clock = FakeServer(), FakeClock()
    elector = LeaderElector(FakeClient(server), "lease", "a", timing=TIMING, clock=clock)

    async def work() -> None:
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        await elector.run(work)
    assert server.get(Lease, "lease", "kube-system").spec.holderIdentity == ""


def test_timing_must_make_sense() -> None:
    with pytest.raises(ValueError, match="must exceed"):
        Timing(5, 5, 1)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.floats(0.05, 6)), min_size=1, max_size=25))
def test_1_and_4_never_two_whatever_is_cut_off(steps: list[tuple[int, bool, float]]) -> None:
    async def run() -> None:
        world = World(3)
        for who, alive, seconds in steps:
            world.candidates[who].client.alive = alive
            await world.clock.advance(seconds)
            world.check()
        for candidate in world.candidates:
            candidate.client.alive = True
        await world.clock.advance(20)
        assert len(world.working) == 1
        await world.stop()

    asyncio.run(run())
