"""How long a failed key waits before its next try. Pure: time is an argument of the constructor.

Called by `kube.workqueue.queue`. It calls nothing. Source: client-go's util/workqueue/default_rate_limiters.go.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Protocol


class RateLimiter(Protocol):
    def when(self, key: Hashable) -> float:
        """Seconds that the key must wait; each call counts as one more failure."""

    def forget(self, key: Hashable) -> None:
        """The key succeeded: its next failure is its first."""

    def failures(self, key: Hashable) -> int:
        """How often the key failed since it was forgotten."""


class ItemExponential:
    """base * 2^failures, at most `limit`: 5 ms, 10 ms, 20 ms, ... 1000 s."""

    def __init__(self, base: float = 0.005, limit: float = 1000.0):
        self._base, self._limit = base, limit
        self._failures: dict[Hashable, int] = {}

    def when(self, key: Hashable) -> float:
        count = self._failures.get(key, 0)
        self._failures[key] = count + 1
        return min(self._base * 2.0 ** min(count, 64), self._limit)

    def forget(self, key: Hashable) -> None:
        self._failures.pop(key, None)

    def failures(self, key: Hashable) -> int:
        return self._failures.get(key, 0)


class Bucket:
    """All keys together: `rate` retries a second after a burst of `burst`, so that a broken world is not hammered."""

    def __init__(self, monotonic: Callable[[], float], rate: float = 10.0, burst: int = 100):
        self._monotonic, self._rate, self._burst = monotonic, rate, float(burst)
        self._tokens, self._at = float(burst), monotonic()

    def when(self, key: Hashable) -> float:
        now = self._monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        self._tokens -= 1.0
        return max(0.0, -self._tokens / self._rate)

    def forget(self, key: Hashable) -> None:
        pass

    def failures(self, key: Hashable) -> int:
        return 0


class MaxOf:
    """The longest wait that any of several limiters asks for."""

    def __init__(self, *limiters: RateLimiter):
        self._limiters = limiters

    def when(self, key: Hashable) -> float:
        return max(limiter.when(key) for limiter in self._limiters)

    def forget(self, key: Hashable) -> None:
        for limiter in self._limiters:
            limiter.forget(key)

    def failures(self, key: Hashable) -> int:
        return max(limiter.failures(key) for limiter in self._limiters)


def default_rate_limiter(monotonic: Callable[[], float]) -> RateLimiter:
    """client-go's default for controllers: 5 ms doubling to 1000 s for each key, 10 a second over all."""
    return MaxOf(ItemExponential(), Bucket(monotonic))
