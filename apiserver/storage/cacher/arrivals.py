"""When each revision reached this server's watch cache: the last ten thousand batches of etcd's watch.

Filled by `Cacher`, one pair of numbers a batch; read by `apiserver.endpoints.debug` for `kubectl_lite timeline`. It
calls nothing; pure. A revision is stored in etcd a moment before: after its fsync, before its event has come back.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque

KEPT = 10_000


class Arrivals:
    """Revisions only grow."""

    def __init__(self) -> None:
        self._batches: deque[tuple[int, float]] = deque(maxlen=KEPT)

    def note(self, revision: int, at: float) -> None:
        """Everything up to this revision is here."""
        self._batches.append((revision, at))

    def when(self, revision: int) -> float | None:
        """Seconds since 1970; None for a revision that is too old, or that has not come."""
        batches = list(self._batches)
        place = bisect_left(batches, (revision, 0.0))
        if place == len(batches) or (place == 0 and batches[0][0] != revision):
            return None
        return batches[place][1]
