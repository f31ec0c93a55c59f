"""The store that the API server uses: reads and watches from memory, writes through to etcd.

Called by `apiserver.registry` and `apiserver.endpoints`. It calls the etcd store: for every write, for etcd's revision
when a read must be fresh, and for the few reads that memory cannot answer (an old snapshot, a prefix above all
resources, a watch stream that lags). It leaves out what the values mean.

How fresh a read is (`revision`): None: learn etcd's revision, wait until the cache has reached it, answer from memory;
N: wait until N; 0: answer at once. If etcd's watch does not bring the revision soon (someone else writes to this etcd,
or its member lags), progress is asked for, and at last the read itself goes to etcd: slower, never staler.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence

from apiserver.storage.cacher.arrivals import Arrivals
from apiserver.storage.cacher.feed import Feed, Loaded
from apiserver.storage.cacher.freshness import Reached, RevisionReader
from apiserver.storage.cacher.resource import NOTHING, ResourceCache, Waiting
from apiserver.storage.cacher.watcher import CacheWatch
from apiserver.storage.etcd.store import EtcdStorage
from apiserver.storage.etcd.watch import Changes
from apiserver.storage.interface import (
    Check,
    FutureRevision,
    Items,
    Op,
    Page,
    StorageError,
    Stored,
    Unavailable,
    Watch,
)
from apiserver.storage.keys import root_of
from kube.clock import Clock, RealClock

log = logging.getLogger(__name__)

BOOKMARK_SECONDS = 60.0
TROUBLE_SECONDS = 2.0
ASK_PROGRESS_SECONDS, READ_THROUGH_SECONDS = 0.1, 0.3
SNAPSHOTS, SNAPSHOT_SECONDS = 64, 300.0
"""How many paged lists can be under way and still be answered from memory, and how long each is waited for: a snapshot
holds values that have long been changed. Afterwards etcd is asked."""
WOKEN_AT_ONCE = 400


class Cacher:
    """`Storage` in front of etcd. `await start()` returns when the first load is done; `aclose` ends all watches."""

    def __init__(self, etcd: EtcdStorage, *, clock: Clock | None = None, bookmark_seconds: float = BOOKMARK_SECONDS):
        self._etcd = etcd
        self._clock = clock or RealClock()
        self._bookmark_seconds = bookmark_seconds
        self._resources: dict[str, ResourceCache] = {}
        self._since = 0
        self._loaded = asyncio.Event()
        self.arrivals = Arrivals()
        self._reached = Reached()
        self._reader = RevisionReader(etcd.current_revision)
        self._feed = Feed(etcd, self)
        self._trusts_progress = False
        self._marking = asyncio.Lock()
        self._snapshots: OrderedDict[tuple[str, int], tuple[float, Items]] = OrderedDict()
        self._tasks: list[asyncio.Task[None]] = []

    # ---- life ----

    @property
    def ready(self) -> bool:
        """Whether the cache has been loaded: reads and watches are answered."""
        return self._loaded.is_set()

    @property
    def trouble(self) -> str:
        """What is wrong with etcd, as far as its watch tells; empty when nothing is. Short absences do not count: a
        member that fails is replaced by another."""
        if not self.ready:
            return "the watch cache has not been loaded"
        lost_at = self._feed.lost_at
        away = 0.0 if lost_at is None else asyncio.get_running_loop().time() - lost_at
        return f"etcd has not been heard for {away:.0f} s" if away > TROUBLE_SECONDS else ""

    @property
    def revision(self) -> int:
        """How far the cache has got."""
        return self._reached.revision

    async def start(self) -> None:
        """Returns when the cache is loaded; waits for etcd as long as it takes."""
        await self._etcd.start()
        self._tasks = [
            asyncio.create_task(self._feed.run(), name="watch cache"),
            asyncio.create_task(self._tell_bookmarks(), name="bookmarks"),
        ]
        for task in self._tasks:
            task.add_done_callback(_report)
        await self._loaded.wait()
        with contextlib.suppress(Unavailable):
            self._trusts_progress = _progress_is_exact(await self._etcd.version())

    async def aclose(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        for resource in self._resources.values():
            for watch in resource.all_waiting():
                watch.close()
        await self._reader.aclose()
        await self._etcd.aclose()

    # ---- what the feed brings ----

    def replace(self, loaded: Loaded) -> None:
        """Everything anew. Watches of what was there before end: what happened in between is not known."""
        old, self._resources = self._resources, {}
        self._since = loaded.since
        for stored in loaded.values:
            self._resource(root_of(stored.key)).load(stored)
        for event in loaded.recent:
            self._resource(root_of(event.key)).remember(event)
        for resource in self._resources.values():
            resource.loaded()
        for resource in old.values():
            resource.expired_at = loaded.revision
            for watch in resource.all_waiting():
                watch.wake()
        self._reached.advance(loaded.revision)
        self._loaded.set()

    def apply(self, changes: Changes) -> None:
        """One batch from etcd: into the store and the history, then everybody is woken once."""
        self.arrivals.note(changes.revision, self._clock.now().timestamp())
        woken: list[Waiting] = []
        for change in changes.events:
            key = self._etcd.keys.from_etcd(change.kv.key)
            resource = self._resource(root_of(key))
            if change.type == change.PUT:
                resource.put(key, change.kv.value, change.kv.mod_revision)
            else:
                resource.delete(key, change.kv.mod_revision)
            woken.extend(resource.waiting_for(key))
        self._reached.advance(changes.revision)
        if woken:
            self._wake(woken)

    def _wake(self, woken: list[Waiting]) -> None:
        """Each writes to its client at once. Of thousands some hundred a turn, so that requests come in between."""
        for watch in woken[:WOKEN_AT_ONCE]:
            watch.wake()
        if len(woken) > WOKEN_AT_ONCE:
            asyncio.get_running_loop().call_soon(self._wake, woken[WOKEN_AT_ONCE:])

    def _resource(self, root: str) -> ResourceCache:
        resource = self._resources.get(root)
        if resource is None:
            resource = self._resources[root] = ResourceCache(root, self._since)
        return resource

    # ---- freshness ----

    async def current_revision(self) -> int:
        return await self._reader.revision()

    async def _fresh(self, revision: int | None) -> bool:
        """Waits until the cache is as fresh as asked; False when etcd itself must be read."""
        self._check_loaded()
        if revision is None:
            asked = await self._reader.revision()
            return self._reached.revision >= asked or await self._catch_up(asked)
        if revision > self._reached.revision:
            await self._reach(revision)
        return True

    def _check_loaded(self) -> None:
        if not self._since:
            raise Unavailable("the watch cache has not been loaded yet")

    async def _catch_up(self, revision: int) -> bool:
        if await self._reached.wait(revision, ASK_PROGRESS_SECONDS):
            return True
        if self._trusts_progress:
            await self._feed.request_progress()
        return await self._reached.wait(revision, READ_THROUGH_SECONDS - ASK_PROGRESS_SECONDS)

    async def _reach(self, revision: int) -> None:
        """Raises FutureRevision when that revision has not come within the time allowed, whatever etcd does."""
        seconds = self._etcd.future_seconds
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                if not await self._reached.wait(revision, ASK_PROGRESS_SECONDS):
                    await self._ask_for(revision)
                    await self._reached.wait(revision, seconds)
        if self._reached.revision < revision:
            raise FutureRevision(revision, self._reached.revision)

    async def _ask_for(self, revision: int) -> None:
        """Makes etcd's watch show a revision that somebody else has written; for one that nobody has, does nothing.
        Where progress cannot be trusted, a write of our own is certain to be shown."""
        if self._trusts_progress:
            await self._feed.request_progress()
            return
        async with self._marking:
            with contextlib.suppress(StorageError):
                if self._reached.revision < revision <= await self._reader.revision():
                    await self._reached.wait(await self._feed.mark(), READ_THROUGH_SECONDS)

    # ---- reads ----

    def peek(self, key: str) -> Stored | None:
        """What the cache holds at this moment."""
        resource = self._resources.get(root_of(key))
        return resource.values.get(key) if resource is not None else None

    def count(self, prefix: str) -> int:
        """How many values there are of the resource of that prefix, as far as the cache knows."""
        resource = self._resources.get(root_of(prefix))
        return len(resource.values) if resource is not None else 0

    def peek_list(self, prefix: str) -> Items:
        """What the cache holds below a prefix at this moment: the same object until something below it changes."""
        resource = self._resources.get(root_of(prefix))
        return resource.list(prefix) if resource is not None else NOTHING

    async def get(self, key: str, *, revision: int | None = None) -> Stored | None:
        if not await self._fresh(revision):
            return await self._etcd.get(key)
        return self.peek(key)

    async def list(
        self, prefix: str, *, revision: int | None = None, exact: bool = False, limit: int = 0, after: str = ""
    ) -> Page:
        root = root_of(prefix)
        if not await self._fresh(revision) or not root:
            return await self._etcd.list(prefix, revision=revision, exact=exact, limit=limit, after=after)
        at = revision if exact and revision else self._reached.revision
        items = self._snapshot(root, prefix, at)
        if items is None:
            return await self._etcd.list(prefix, revision=revision, exact=exact, limit=limit, after=after)
        return self._page(prefix, items, at, limit, after)

    def _snapshot(self, root: str, prefix: str, revision: int) -> Items | None:
        """The values at a revision that the cache has reached; None when it no longer knows."""
        resource = self._resources.get(root)
        if resource is None:
            return NOTHING if revision >= self._since else None
        if resource.last_change <= revision:
            return resource.list(prefix)
        return self._snapshots.get((prefix, revision), (0.0, None))[1]

    def _page(self, prefix: str, items: Items, revision: int, limit: int, after: str) -> Page:
        start = bisect_right(items, after, key=lambda stored: stored.key) if after else 0
        end = start + limit if limit else len(items)
        remaining = max(0, len(items) - end)
        if remaining:
            self._remember(prefix, items, revision)
        whole = not start and not remaining
        page = items if whole else Items(items[start:end])
        return Page(page, revision, page[-1].key if remaining else "", remaining)

    def _remember(self, prefix: str, items: Items, revision: int) -> None:
        """Keeps a snapshot for the pages to come: one pointer a value."""
        self._snapshots[prefix, revision] = self._clock.monotonic(), items
        self._snapshots.move_to_end((prefix, revision))
        if len(self._snapshots) > SNAPSHOTS:
            self._snapshots.popitem(last=False)

    def _forget_snapshots(self) -> None:
        """Those whose next page nobody has asked for in time."""
        oldest = self._clock.monotonic() - SNAPSHOT_SECONDS
        while self._snapshots and next(iter(self._snapshots.values()))[0] < oldest:
            self._snapshots.popitem(last=False)

    # ---- writes ----

    async def commit(self, checks: Sequence[Check], ops: Sequence[Op]) -> int:
        return await self._etcd.commit(checks, ops)

    # ---- watches ----

    def watch(self, prefix: str, *, revision: int, bookmarks: bool = False) -> Watch:
        self._check_loaded()
        root = root_of(prefix)
        if not root:
            return self._etcd.watch(prefix, revision=revision, bookmarks=bookmarks)
        return CacheWatch(
            self._resource(root),
            prefix,
            revision,
            bookmarks=bookmarks,
            reached=lambda: self._reached.revision,
            reach=self._reach,
        )

    async def _tell_bookmarks(self) -> None:
        """Now and then, tells those who asked for it how far they have got, and looks for what nobody needs."""
        while True:
            await self._clock.sleep(self._bookmark_seconds)
            self._forget_snapshots()
            for resource in list(self._resources.values()):
                for watch in resource.all_waiting():
                    watch.remind()


def _report(task: asyncio.Task[None]) -> None:
    """These tasks run for ever: one that ends by itself is a fault that must be seen."""
    if not task.cancelled() and task.exception() is not None:
        log.critical("%s has stopped", task.get_name(), exc_info=task.exception())


def _progress_is_exact(version: tuple[int, ...]) -> bool:
    """Older servers may say that they have sent everything while events are still on their way (etcd #15220)."""
    return version >= (3, 5, 8) or (3, 4, 25) <= version < (3, 5)


__all__ = ["Cacher"]
