"""What fills the cache: one list of everything, then one watch, for as long as the server runs.

Run as a task by `Cacher`. It calls the etcd store, and hands over to a `Sink`. With the list come the changes shortly
before it, as far as etcd still has them: so a client's watch that broke when a server ended goes on at the next one,
without listing anew. The state table:

| state    | what happens                       | next                                                    |
|----------|------------------------------------|---------------------------------------------------------|
| empty    | list page by page at one revision  | loaded -> following; etcd away -> wait, empty           |
| following| apply each batch of changes        | stream breaks -> resumes by itself after the last one   |
| following| etcd compacted what comes next     | empty (watchers are ended when the new list is loaded)  |
| any      | anything unforeseen                | empty, after a while: a cache that no longer follows    |
|          |                                    | would leave its watchers waiting for ever               |
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from apiserver.storage.etcd import compaction
from apiserver.storage.etcd.store import EtcdStorage
from apiserver.storage.etcd.watch import Changes, ChangeStream, lacks_previous, to_event
from apiserver.storage.interface import ROOT, Event, ExpiredRevision, Put, StorageError, Stored, Unavailable

log = logging.getLogger(__name__)

PAGE = 2000
MARK = f"{ROOT}watch_cache_mark"
RECENT, RECENT_SECONDS = 10_000, 5.0
"""How many revisions before the list are asked for, and how long that may take."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0


@dataclass(frozen=True, slots=True)
class Loaded:
    """Everything there is at a revision, in key order, and every event after the revision `since` up to there."""

    values: Sequence[Stored]
    revision: int
    since: int
    recent: Sequence[Event] = ()


class Sink(Protocol):
    def replace(self, loaded: Loaded) -> None:
        """The beginning, or a new beginning."""

    def apply(self, changes: Changes) -> None:
        """What happened next."""


class Feed:
    def __init__(self, etcd: EtcdStorage, sink: Sink):
        self._etcd, self._sink = etcd, sink
        self._stream: ChangeStream | None = None
        self._lost_at: float | None = None

    @property
    def lost_at(self) -> float | None:
        """Since when etcd has not been heard, by the event loop's clock; None while it is followed."""
        return self._stream.lost_at if self._stream is not None else self._lost_at

    async def run(self) -> None:
        """For ever."""
        pause = _FIRST_PAUSE
        while True:
            try:
                revision = await self._load()
                pause, self._lost_at = _FIRST_PAUSE, None
                await self._follow(revision)
            except ExpiredRevision as error:
                log.warning("the history was compacted before it was read, loading anew: %s", error)
            except StorageError as error:
                self._lost_at = self._lost_at or asyncio.get_running_loop().time()
                log.warning("etcd does not answer, trying again: %s", error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            except Exception:
                log.exception("what etcd says was not understood, loading anew")
                await asyncio.sleep(_LONGEST_PAUSE)

    async def _load(self) -> int:
        mark = await self.mark()
        values, revision = await self._list(mark)
        loaded = await self._with_recent(values, revision) if mark else Loaded(values, revision, revision)
        self._sink.replace(loaded)
        log.info("loaded %d values at revision %d, changes since %d", len(values), revision, loaded.since)
        return revision

    async def mark(self) -> int:
        """A revision that our own watch is certain to show; 0 when etcd takes no writes."""
        try:
            return await self._etcd.commit([], [Put(MARK, b"")])
        except Unavailable:
            return 0

    async def _list(self, revision: int) -> tuple[list[Stored], int]:
        """Everything at the revision (0: at etcd's latest), page by page."""
        page = await self._etcd.list(ROOT, revision=revision or None, exact=bool(revision), limit=PAGE)
        values = list(page.items)
        while page.continue_key:
            page = await self._etcd.list(ROOT, revision=page.revision, exact=True, limit=PAGE, after=page.continue_key)
            values.extend(page.items)
        return values, page.revision

    async def _with_recent(self, values: list[Stored], revision: int) -> Loaded:
        """With the events before `revision`, or without any when some of them are gone."""
        compacted = next((int(one.data) for one in values if one.key == compaction.KEY), 0)
        since = max(compacted, revision - RECENT, 1)
        stream = self._etcd.changes(revision=since, previous=True)
        recent: list[Event] = []
        try:
            async with asyncio.timeout(RECENT_SECONDS), contextlib.aclosing(stream.batches()) as batches:
                async for changes in batches:
                    events = [event for event in changes.events if event.kv.mod_revision <= revision]
                    if any(lacks_previous(event) for event in events):
                        break
                    recent += [to_event(self._etcd.keys, event) for event in events]
                    if changes.revision >= revision:
                        return Loaded(values, revision, since, recent)
        except (TimeoutError, ExpiredRevision):
            pass
        finally:
            stream.close()
        return Loaded(values, revision, revision)

    async def _follow(self, revision: int) -> None:
        self._stream = self._etcd.changes(revision=revision)
        try:
            async for changes in self._stream.batches():
                self._sink.apply(changes)
        finally:
            self._stream.close()
            self._stream = None

    async def request_progress(self) -> None:
        if self._stream is not None:
            await self._stream.request_progress()
