"""One client's watch on the cache: a position in a resource's history.

Made by `Cacher.watch`, read by the watch handler. It calls `History`. It holds no queue: while its reader is busy the
events gather in the shared history, and `poll` hands over all of them at once. A reader that falls behind the
history's beginning gets ExpiredRevision and lists anew, as Kubernetes clients do.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from apiserver.storage.cacher.resource import ResourceCache
from apiserver.storage.interface import Event, ExpiredRevision, PolledWatch


class CacheWatch(PolledWatch):
    def __init__(
        self,
        resource: ResourceCache,
        prefix: str,
        revision: int,
        *,
        bookmarks: bool,
        reached: Callable[[], int],
        reach: Callable[[int], Awaitable[None]],
    ):
        """`reached` says how far the cache has got; `reach` waits until it has got to a revision."""
        super().__init__(revision)
        self.prefix, self.bookmarks = prefix, bookmarks
        self.directory = prefix[: prefix.rfind("/") + 1]
        self.bookmark_due = False
        self._resource = resource
        self._whole = prefix == resource.root
        self._reached, self._reach = reached, reach
        self._position: int | None = resource.history.end if not revision else None
        self._ready: Callable[[], None] | None = None

    async def start(self) -> None:
        if self._position is None:
            if self.revision > self._reached():
                await self._reach(self.revision)
            self._position = self._resource.history.position_after(self.revision)
            if self._position is None:
                raise self._expired()

    def poll(self) -> Sequence[Event]:
        events = self._take()
        self.revision = events[-1].revision if events else self._reached()
        if not events and self.bookmark_due:
            self.bookmark_due = False
            return (Event("BOOKMARK", self.revision),)
        return events

    def _take(self) -> Sequence[Event]:
        """What has come since the last time."""
        if self._resource.expired_at:
            raise self._expired()
        events = self._resource.history.since(self._position)
        if events is None:
            raise self._expired()
        self._position += len(events)
        return events if self._whole else [event for event in events if event.key.startswith(self.prefix)]

    def _expired(self) -> ExpiredRevision:
        return ExpiredRevision(self.revision, self._resource.expired_at or self._resource.history.floor)

    def when_ready(self, callback: Callable[[], None]) -> None:
        self._ready = callback
        self._resource.wait(self)

    def wake(self) -> None:
        """Something has come. Whoever calls has taken this watch from those that wait."""
        ready, self._ready = self._ready, None
        if ready is not None:
            ready()

    def forget(self) -> None:
        self._ready = None
        self._resource.forget(self)

    def remind(self) -> None:
        self.bookmark_due = self.bookmarks
        self._resource.forget(self)
        self.wake()

    def close(self) -> None:
        self.closed = True
        self._resource.forget(self)
        self.wake()
