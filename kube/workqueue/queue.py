"""The work queue of a controller: which keys need a `sync`, each at most once, never twice at the same time.

Called by every controller and by the proxy: informer handlers add keys, workers get them. It calls a clock and a
rate limiter. It leaves out the workers (`controllers.manager.controller`) and all knowledge of what a key means.
Source: client-go's util/workqueue (queue.go, delaying_queue.go, rate_limiting_queue.go).

| a key is | add() | get() | done() |
|---|---|---|---|
| nowhere | becomes waiting | - | - |
| waiting | stays (once) | becomes processing | - |
| processing | becomes dirty | - | becomes nowhere |
| processing and dirty | stays | - | becomes waiting |
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

from kube.clock import Clock, RealClock, Timer
from kube.workqueue import metrics
from kube.workqueue.ratelimiter import RateLimiter, default_rate_limiter

K = TypeVar("K", bound=Hashable)


class ShutDown(Exception):
    """The queue has been shut down and is empty."""


class WorkQueue(Generic[K]):
    """A queue of keys, for one event loop.

    1. A key that is added several times before it is got is got once.
    2. A key is never handed to two workers at once.
    3. A key that is added while it is processed is handed out again after `done`.
    4. Keys are handed out in the order of their first add.
    5. After `shut_down` nothing is added; what waits is still handed out, then `get` raises ShutDown.
    """

    def __init__(self, name: str = "", *, clock: Clock | None = None, rate_limiter: RateLimiter | None = None):
        self.name = name
        self._clock = clock or RealClock()
        self._limiter = rate_limiter or default_rate_limiter(self._clock.monotonic)
        self._waiting: dict[K, float] = {}  # ordered; key -> when it was added
        self._processing: dict[K, float] = {}  # key -> when it was got
        self._dirty: dict[K, float] = {}
        self._delayed: dict[K, tuple[float, Timer]] = {}
        self._getters: deque[asyncio.Future[None]] = deque()
        self._closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, key: K) -> None:
        """The key needs work, now."""
        if self._closed or key in self._waiting or key in self._dirty:
            return
        now = self._clock.monotonic()
        self._count(metrics.ADDS.inc)
        if key in self._processing:
            self._dirty[key] = now
            return
        self._waiting[key] = now
        self._depth()
        self._wake_one()

    def add_after(self, key: K, seconds: float) -> None:
        """The key needs work after a while. Of several delays for one key the earliest counts."""
        if self._closed:
            return
        if seconds <= 0:
            self.add(key)
            return
        due = self._clock.monotonic() + seconds
        if key in self._delayed:
            earlier, timer = self._delayed[key]
            if earlier <= due:
                return
            timer.cancel()
        self._delayed[key] = due, self._clock.call_later(seconds, lambda: self._ripe(key))

    def add_rate_limited(self, key: K) -> None:
        """The key failed: try again after its back-off."""
        self._count(metrics.RETRIES.inc)
        self.add_after(key, self._limiter.when(key))

    def forget(self, key: K) -> None:
        """The key succeeded: its back-off starts anew."""
        self._limiter.forget(key)

    def failures(self, key: K) -> int:
        """How often the key was added rate-limited since it was forgotten."""
        return self._limiter.failures(key)

    async def get(self) -> K:
        """The next key, as soon as there is one; `done` must follow. Raises ShutDown."""
        while not self._waiting:
            if self._closed:
                raise ShutDown(self.name)
            await self._wait()
        key, added = next(iter(self._waiting.items()))
        del self._waiting[key]
        now = self._clock.monotonic()
        self._processing[key] = now
        self._depth()
        if self.name:
            metrics.QUEUE_DURATION.observe(now - added, self.name)
        return key

    def done(self, key: K) -> None:
        """The worker is through with the key, whatever came of it."""
        started = self._processing.pop(key, None)
        if started is not None and self.name:
            metrics.WORK_DURATION.observe(self._clock.monotonic() - started, self.name)
        if key in self._dirty:
            self._waiting[key] = self._dirty.pop(key)
            self._depth()
            self._wake_one()

    def shut_down(self) -> None:
        """No more keys are taken; delayed ones are dropped."""
        self._closed = True
        for _, timer in self._delayed.values():
            timer.cancel()
        self._delayed.clear()
        for getter in self._getters:
            if not getter.done():
                getter.set_result(None)

    @property
    def idle(self) -> bool:
        """Nothing waits, nothing is being processed (delayed keys do not count)."""
        return not self._waiting and not self._processing

    def refresh_metrics(self) -> None:
        """Brings the gauges about unfinished work up to date."""
        now = self._clock.monotonic()
        ages = [now - started for started in self._processing.values()]
        metrics.UNFINISHED.set(sum(ages), self.name)
        metrics.LONGEST.set(max(ages, default=0.0), self.name)

    def _ripe(self, key: K) -> None:
        self._delayed.pop(key, None)
        self.add(key)

    async def _wait(self) -> None:
        getter = asyncio.get_running_loop().create_future()
        self._getters.append(getter)
        try:
            await getter
        except asyncio.CancelledError:
            if getter.done() and not getter.cancelled():
                self._wake_one()  # the key that woke us is for another worker
            raise
        finally:
            if getter in self._getters:
                self._getters.remove(getter)

    def _wake_one(self) -> None:
        while self._getters:
            getter = self._getters.popleft()
            if not getter.done():
                getter.set_result(None)
                return

    def _depth(self) -> None:
        if self.name:
            metrics.DEPTH.set(len(self._waiting), self.name)

    def _count(self, increment) -> None:
        if self.name:
            increment(self.name)
