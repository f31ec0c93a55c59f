"""The store of Events as events.k8s.io sees it: what is read is translated from core/v1, what is written into it.

Given to the generic store of events.k8s.io in place of the storage itself, which it calls. It knows no verb and no
rule. Keys, revisions and transactions are those of the storage beneath.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from apiserver.registry.core.events.conversion import to_core, to_new
from apiserver.storage.interface import Check, Event, Items, Op, Page, PolledWatch, Put, Storage, Stored
from kube.api import core_v1, events_v1


class EventsView:
    """A `Storage`."""

    def __init__(self, storage: Storage):
        self._storage = storage

    async def get(self, key: str, *, revision: int | None = None) -> Stored | None:
        return _seen(await self._storage.get(key, revision=revision))

    async def list(
        self, prefix: str, *, revision: int | None = None, exact: bool = False, limit: int = 0, after: str = ""
    ) -> Page:
        page = await self._storage.list(prefix, revision=revision, exact=exact, limit=limit, after=after)
        items = Items(seen for stored in page.items if (seen := _seen(stored)))
        return Page(items, page.revision, page.continue_key, page.remaining)

    async def commit(self, checks: Sequence[Check], ops: Sequence[Op]) -> int:
        return await self._storage.commit(checks, [_written(op) for op in ops])

    def watch(self, prefix: str, *, revision: int, bookmarks: bool = False) -> PolledWatch:
        return _WatchView(self._storage.watch(prefix, revision=revision, bookmarks=bookmarks))

    async def current_revision(self) -> int:
        return await self._storage.current_revision()


class _WatchView(PolledWatch):
    def __init__(self, watch: PolledWatch):
        super().__init__(watch.revision)
        self._watch = watch

    async def start(self) -> None:
        await self._watch.start()

    def poll(self) -> Sequence[Event]:
        events = self._watch.poll()
        self.revision = self._watch.revision
        return [Event(e.type, e.revision, _seen(e.value), _seen(e.before)) for e in events]

    def when_ready(self, callback: Callable[[], None]) -> None:
        self._watch.when_ready(callback)

    def forget(self) -> None:
        self._watch.forget()

    def remind(self) -> None:
        self._watch.remind()

    def close(self) -> None:
        self.closed = True
        self._watch.close()


def _seen(stored: Stored | None) -> Stored | None:
    if stored is None:
        return None
    return Stored(stored.key, to_new(core_v1.Event.from_json(stored.data)).to_json(), stored.revision)


def _written(op: Op) -> Op:
    if not isinstance(op, Put):
        return op
    return Put(op.key, to_core(events_v1.Event.from_json(op.data)).to_json(), op.ttl)
