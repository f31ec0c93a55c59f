"""How fresh the cache must be, and waiting until it is.

Used by `Cacher`. `RevisionReader` asks etcd for its revision, once for all readers that come while the question before
is under way: a consistent read costs a share of one small request, whatever is read. `Reached` is the cache's own
revision, on which readers wait. Neither knows keys or values.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Awaitable, Callable


class RevisionReader:
    """A reader never shares a question that was asked before it came: its answer could be too old for it."""

    def __init__(self, read: Callable[[], Awaitable[int]]):
        self._read = read
        self._waiting: list[asyncio.Future[int]] = []
        self._task: asyncio.Task[None] | None = None

    async def revision(self) -> int:
        """A revision at least as new as any write acknowledged before the call. Raises what the question raises."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[int] = loop.create_future()
        self._waiting.append(answer)
        if self._task is None:
            self._task = loop.create_task(self._run(), name="etcd revision")
        return await answer

    async def _run(self) -> None:
        try:
            while self._waiting:
                asking, self._waiting = self._waiting, []
                await self._answer(asking)
        finally:
            self._task = None
            for answer in self._waiting:
                answer.cancel()

    async def _answer(self, asking: list[asyncio.Future[int]]) -> None:
        try:
            revision = await self._read()
        except Exception as error:
            for answer in asking:
                if not answer.done():
                    answer.set_exception(error)
        else:
            for answer in asking:
                if not answer.done():
                    answer.set_result(revision)
        finally:
            for answer in asking:
                answer.cancel()  # none waits for ever when the question itself is cancelled

    async def aclose(self) -> None:
        """Cancels the question under way; who waits for it is cancelled."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])


class Reached:
    """A number that only grows, and who waits for it to reach something."""

    def __init__(self) -> None:
        self.revision = 0
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def advance(self, revision: int) -> None:
        self.revision = max(self.revision, revision)
        while self._waiting and self._waiting[0][0] <= self.revision:
            _, _, woken = heapq.heappop(self._waiting)
            if not woken.done():
                woken.set_result(None)

    async def wait(self, revision: int, seconds: float) -> bool:
        """Whether the revision was reached within the time."""
        if self.revision >= revision:
            return True
        woken = asyncio.get_running_loop().create_future()
        waiting = (revision, next(self._order), woken)
        heapq.heappush(self._waiting, waiting)
        try:
            async with asyncio.timeout(seconds):
                await woken
        except TimeoutError:
            await asyncio.sleep(0)  # a busy loop sees the timer first and the news that came with it second
        finally:
            self._forget(waiting)
        return self.revision >= revision

    def _forget(self, waiting: tuple[int, int, asyncio.Future[None]]) -> None:
        """A revision that nobody ever writes would be waited for by those who have long gone."""
        if waiting[0] > self.revision:
            self._waiting.remove(waiting)
            heapq.heapify(self._waiting)
