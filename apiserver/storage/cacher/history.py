"""The last changes of one resource, in order: a ring that every watcher reads at its own place. Pure.

Called by `ResourceCache`, which appends, and by `CacheWatch`, which reads on from a position. It calls nothing. As the
watchers keep positions and no queues, ten or a thousand of them cost the same memory, and one that falls behind the
ring's beginning is found out by its position alone.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from apiserver.storage.interface import Event

KEPT_LINES = 512
"""Encoded lines are dropped from older events: only a watcher far behind would still ask for them."""


class History:
    """Positions count the events since the beginning and never change; the oldest events are dropped."""

    def __init__(self, floor: int, max_events: int = 10_000, max_bytes: int = 32 << 20):
        self.floor = floor
        """Every event after this revision is here."""
        self._events: list[Event] = []
        self._dropped = 0
        self._bytes = 0
        self._max_events, self._max_bytes = max_events, max_bytes

    @property
    def end(self) -> int:
        """The position of the next event to come."""
        return self._dropped + len(self._events)

    def append(self, event: Event) -> None:
        self._events.append(event)
        self._bytes += len(event.value.wire)
        if len(self._events) > KEPT_LINES:
            old = self._events[-KEPT_LINES - 1]
            old.line = old.frame = None
        if len(self._events) > self._max_events or self._bytes > self._max_bytes:
            self._drop(len(self._events) // 4 or 1)

    def _drop(self, count: int) -> None:
        dropped = self._events[:count]
        del self._events[:count]
        self._dropped += count
        self._bytes -= sum(len(event.value.wire) for event in dropped)
        self.floor = dropped[-1].revision

    def position_after(self, revision: int) -> int | None:
        """Where a watch from `revision` starts; None when what it needs has been dropped."""
        if revision < self.floor:
            return None
        return self._dropped + bisect_right(self._events, revision, key=lambda event: event.revision)

    def since(self, position: int) -> Sequence[Event] | None:
        """The events from a position on; None when some of them have been dropped."""
        if position < self._dropped:
            return None
        return self._events[position - self._dropped :]
