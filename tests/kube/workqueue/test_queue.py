"""The work queue's promises, by number, and its rate limits."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kube.clock import FakeClock, settle
from kube.workqueue import Bucket, ItemExponential, MaxOf, ShutDown, WorkQueue


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


async def test_1_a_key_added_several_times_is_got_once(clock: FakeClock) -> None:
    queue = WorkQueue(clock=clock)
    for key in "aba":
        queue.add(key)
    assert [await queue.get(), await queue.get()] == ["a", "b"]
    assert len(queue) == 0


async def test_2_and_3_a_key_is_not_handed_out_twice_at_once_but_again_after_done(clock: FakeClock) -> None:
    queue = WorkQueue(clock=clock)
    queue.add("a")
    assert await queue.get() == "a"
    queue.add("a")
    queue.add("a")
    assert len(queue) == 0
    queue.done("a")
    assert await queue.get() == "a"
    queue.done("a")
    assert queue.idle


async def test_4_order_is_that_of_the_first_add(clock: FakeClock) -> None:
    queue = WorkQueue(clock=clock)
    for key in "cabca":
        queue.add(key)
    assert [await queue.get() for _ in range(3)] == ["c", "a", "b"]


async def test_5_after_shut_down_the_rest_is_handed_out(clock: FakeClock) -> None:
    queue = WorkQueue(clock=clock)
    queue.add("a")
    queue.shut_down()
    queue.add("b")
    assert await queue.get() == "a"
    with pytest.raises(ShutDown):
        await queue.get()


async def test_shut_down_wakes_who_waits(clock: FakeClock) -> None:
    queue = WorkQueue(clock=clock)
    waiting = asyncio.gather(*(queue.get() for _ in range(3)), return_exceptions=True)
    await settle()
    queue.shut_down()
    assert all(isinstance(e, ShutDown) for e in await waiting)


async def test_a_cancelled_get_loses_no_key(clock: FakeClock) -> None:
    queue = WorkQueue(clock=clock)
    first, second = asyncio.create_task(queue.get()), asyncio.create_task(queue.get())
    await settle()
    queue.add("a")  # wakes the first, which is cancelled before it runs
    first.cancel()
    assert await second == "a"


async def test_delays_count_the_earliest(clock: FakeClock) -> None:
    queue = WorkQueue(clock=clock)
    queue.add_after("a", 5)
    queue.add_after("a", 2)
    queue.add_after("a", 9)
    await clock.advance(1.9)
    assert len(queue) == 0
    await clock.advance(0.1)
    assert await queue.get() == "a"
    queue.done("a")
    await clock.advance(60)
    assert len(queue) == 0


async def test_failures_back_off_and_are_forgotten(clock: FakeClock) -> None:
    queue = WorkQueue(clock=clock, rate_limiter=ItemExponential(1.0, 8.0))
    for wait in (1, 2, 4, 8, 8):
        queue.add_rate_limited("a")
        assert clock.next_timer == wait
        await clock.advance(wait)
        assert await queue.get() == "a"
        queue.done("a")
    assert queue.failures("a") == 5
    queue.forget("a")
    assert queue.failures("a") == 0


def test_the_bucket_lets_a_burst_through_then_a_rate() -> None:
    now = [0.0]
    bucket = Bucket(lambda: now[0], rate=10, burst=3)
    assert [bucket.when("x") for _ in range(5)] == [0, 0, 0, pytest.approx(0.1), pytest.approx(0.2)]
    now[0] = 10.0
    assert bucket.when("x") == 0


def test_the_strictest_limiter_counts() -> None:
    limiter = MaxOf(ItemExponential(1, 100), ItemExponential(3, 100))
    assert [limiter.when("a"), limiter.when("a")] == [3, 6]


@given(st.lists(st.tuples(st.sampled_from(["add", "get", "done"]), st.integers(0, 3)), max_size=60))
def test_no_key_is_lost_and_none_is_doubled(steps: list[tuple[str, int]]) -> None:
    async def run() -> None:
        queue: WorkQueue[int] = WorkQueue(clock=FakeClock())
        processing: set[int] = set()
        owed: set[int] = set()
        for action, key in steps:
            if action == "add":
                queue.add(key)
                owed.add(key)
            elif action == "get" and len(queue):
                got = await queue.get()
                assert got not in processing
                processing.add(got)
                owed.discard(got)
            elif action == "done" and key in processing:
                processing.discard(key)
                queue.done(key)
        for key in list(processing):
            queue.done(key)
        while len(queue):
            key = await queue.get()
            owed.discard(key)
            queue.done(key)
        assert not owed
        assert queue.idle

    asyncio.run(run())
