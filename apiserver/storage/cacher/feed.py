"""What fills the cache: one list of everything, then one watch, for as long as the server runs.

Run as a task by `Cacher`. It calls the etcd store, and hands over to a `Sink`. The state table:

| state    | what happens                       | next                                                    |
|----------|------------------------------------|---------------------------------------------------------|
| empty    | list page by page at one revision  | loaded -> following; etcd away -> wait, empty           |
| following| apply each batch of changes        | stream breaks -> resumes by itself after the last one   |
| following| etcd compacted what comes next     | empty (watchers are ended when the new list is loaded)  |
"""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from apiserver.storage.etcd.store import EtcdStorage
from apiserver.storage.etcd.watch import Changes, ChangeStream
from apiserver.storage.interface import ROOT, ExpiredRevision, Stored, Unavailable

log = logging.getLogger(__name__)

PAGE = 2000
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0


class Sink(Protocol):
    def replace(self, values: list[Stored], revision: int) -> None:
        """Everything there is, in key order, at a revision."""

    def apply(self, changes: Changes) -> None:
        """What happened next."""


class Feed:
    def __init__(self, etcd: EtcdStorage, sink: Sink):
        self._etcd, self._sink = etcd, sink
        self._stream: ChangeStream | None = None

    async def run(self) -> None:
        """For ever."""
        pause = _FIRST_PAUSE
        while True:
            try:
                revision = await self._load()
                pause = _FIRST_PAUSE
                await self._follow(revision)
            except ExpiredRevision as error:
                log.warning("the history was compacted before it was read, loading anew: %s", error)
            except Unavailable as error:
                log.warning("etcd does not answer, trying again: %s", error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)

    async def _load(self) -> int:
        page = await self._etcd.list(ROOT, limit=PAGE)
        values = list(page.items)
        while page.continue_key:
            page = await self._etcd.list(ROOT, revision=page.revision, exact=True, limit=PAGE, after=page.continue_key)
            values.extend(page.items)
        self._sink.replace(values, page.revision)
        log.info("loaded %d values at revision %d", len(values), page.revision)
        return page.revision

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
