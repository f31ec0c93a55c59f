"""One client's watch on the cache: a position in a resource's history.

Made by `Cacher.watch`, read by the watch handler. It calls `History`. It holds no queue: while its reader is busy the
events gather in the shared history, and `batch` hands over all of them at once. A reader that falls behind the
history's beginning gets ExpiredRevision and lists anew, as Kubernetes clients do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from apiserver.storage.cacher.resource import ResourceCache
from apiserver.storage.interface import Event, ExpiredRevision, Watch


class CacheWatch(Watch):
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
        self._woken: asyncio.Future[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._closed = False

    async def batch(self) -> Sequence[Event]:
        if self._position is None:
            await self._start()
        while not self._closed:
            if events := self._take():
                self.revision = events[-1].revision
                return events
            self.revision = self._reached()
            if self.bookmark_due:
                self.bookmark_due = False
                return (Event("BOOKMARK", self.revision),)
            await self._wait()
        raise StopAsyncIteration

    async def _start(self) -> None:
        if self.revision > self._reached():
            await self._reach(self.revision)
        self._position = self._resource.history.position_after(self.revision)
        if self._position is None:
            raise self._expired()

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

    async def _wait(self) -> None:
        self._woken = self._loop.create_future()
        self._resource.wait(self)
        try:
            await self._woken
        except asyncio.CancelledError:
            self._resource.forget(self)
            raise

    def wake(self) -> None:
        """Something has come. Whoever calls has taken this watch from those that wait."""
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)

    async def aclose(self) -> None:
        self._closed = True
        self._resource.forget(self)
        self.wake()
