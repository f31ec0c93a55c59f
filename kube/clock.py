"""Time as an argument: what the clock says, how to wait for it, and a clock that tests turn by hand.

Everything that asks the time or waits takes a `Clock` in its constructor: work queues, informers, leader election,
event recorders, controllers. It calls asyncio only. It leaves out calendars and the API's timestamps
(`kube.apimachinery.times` writes those).
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Timer(Protocol):
    """What `call_later` returns."""

    def cancel(self) -> None:
        """The callback will not be called, unless it has been."""


class Clock(Protocol):
    """The time of day for timestamps, a monotonic time for durations, and two ways to wait."""

    def now(self) -> datetime:
        """The time of day, in UTC. It may jump; never subtract two of these to measure a duration."""

    def monotonic(self) -> float:
        """Seconds since an arbitrary moment. Never goes back."""

    async def sleep(self, seconds: float) -> None:
        """Returns after so many seconds (at once for zero or less, but not before other tasks had a turn)."""

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Timer:
        """Calls back from the event loop after so many seconds."""


class RealClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Timer:
        return asyncio.get_running_loop().call_later(max(0.0, seconds), callback)


class _FakeTimer:
    def __init__(self, callback: Callable[[], object]):
        self.callback: Callable[[], object] | None = callback

    def cancel(self) -> None:
        self.callback = None


class FakeClock:
    """Virtual time: it stands still until `advance` moves it, and then every timer fires at its exact moment.

    1. Timers fire in the order of their moments; those of one moment in the order in which they were set.
    2. Between two moments the event loop runs until nothing is ready, so what a timer set off has been done
       (as far as it needs no real I/O) before time moves on.
    """

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)):
        self._start = start
        self._elapsed = 0.0
        self._timers: list[tuple[float, int, _FakeTimer]] = []
        self._order = itertools.count()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        timer = self.call_later(seconds, lambda: woken.done() or woken.set_result(None))
        try:
            await woken
        finally:
            timer.cancel()

    def call_later(self, seconds: float, callback: Callable[[], object]) -> Timer:
        timer = _FakeTimer(callback)
        heapq.heappush(self._timers, (self._elapsed + max(0.0, seconds), next(self._order), timer))
        return timer

    async def advance(self, seconds: float) -> None:
        """Moves time forward, firing what is due on the way."""
        target = self._elapsed + seconds
        await settle()
        while self._timers and self._timers[0][0] <= target:
            moment, _, timer = heapq.heappop(self._timers)
            self._elapsed = max(self._elapsed, moment)
            if timer.callback is not None:
                timer.callback()
                await settle()
        self._elapsed = target
        await settle()

    @property
    def next_timer(self) -> float | None:
        """Seconds until the next timer, None when none is set: how a test jumps from event to event."""
        while self._timers and self._timers[0][2].callback is None:
            heapq.heappop(self._timers)
        return self._timers[0][0] - self._elapsed if self._timers else None


async def settle(limit: int = 100_000) -> None:
    """Lets every other task run until all wait for something. Raises RuntimeError when they never do."""
    ready = getattr(asyncio.get_running_loop(), "_ready", None)  # asyncio's own loop shows its queue, others do not
    for turn in range(limit):
        await asyncio.sleep(0)
        if not ready and (ready is not None or turn >= 100):
            return
    raise RuntimeError("the event loop never came to rest")
