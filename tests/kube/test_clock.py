"""The virtual clock."""

from __future__ import annotations

import asyncio

import pytest

from kube.clock import FakeClock, RealClock, settle


async def test_timers_fire_in_order_at_their_moments() -> None:
    clock, seen = FakeClock(), []
    for seconds in (3, 1, 2, 1):
        clock.call_later(seconds, lambda s=seconds: seen.append((s, clock.monotonic())))
    await clock.advance(2)
    assert seen == [(1, 1), (1, 1), (2, 2)]
    assert clock.next_timer == 1
    await clock.advance(5)
    assert seen[-1] == (3, 3)
    assert clock.next_timer is None


async def test_what_a_timer_sets_off_is_done_before_time_moves_on() -> None:
    clock, seen = FakeClock(), []

    async def chain() -> None:
        for _ in range(3):
            await clock.sleep(1)
            await asyncio.sleep(0)
            seen.append(clock.monotonic())

    task = asyncio.create_task(chain())
    await clock.advance(10)
    assert seen == [1, 2, 3]
    await task


async def test_a_cancelled_timer_does_not_fire() -> None:
    clock, seen = FakeClock(), []
    clock.call_later(1, lambda: seen.append(1)).cancel()
    await clock.advance(2)
    assert seen == []


async def test_now_moves_with_it() -> None:
    clock = FakeClock()
    before = clock.now()
    await clock.advance(90)
    assert (clock.now() - before).total_seconds() == 90


async def test_settle_gives_up_on_a_task_that_never_waits() -> None:
    async def busy() -> None:
        while True:  # noqa: ASYNC110
            await asyncio.sleep(0)

    task = asyncio.create_task(busy())
    with pytest.raises(RuntimeError, match="never came to rest"):
        await settle(limit=50)
    task.cancel()


async def test_the_real_clock_sleeps() -> None:
    clock = RealClock()
    before = clock.monotonic()
    await clock.sleep(0.01)
    assert clock.monotonic() - before >= 0.009
    assert clock.now().tzinfo is not None
