"""The shared informer: one list and watch of a kind, one indexed store, any number of handlers.

Called by controllers, proxy, DNS, kubelet and lab. It calls the reflector and the store. It leaves out queues and
retries: a handler only notes that something changed (`queue.add(key)`), and the work is done elsewhere.
Source: client-go's tools/cache/shared_informer.go.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from kube.apimachinery.meta_v1 import Object
from kube.client import WatchEvent
from kube.clock import Clock, RealClock
from kube.informer.reflector import Reflector
from kube.informer.store import IndexFunction, Key, Store, key_of

T = TypeVar("T", bound=Object)
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Handlers(Generic[T]):
    on_add: Callable[[T], object] | None = None
    on_update: Callable[[T, T], object] | None = None
    on_delete: Callable[[T], object] | None = None


class Informer(Generic[T]):
    """A local, indexed copy of the objects of one kind that tells of its changes.

    1. The store has the change before any handler hears of it.
    2. A handler hears of an object first by `on_add`; of each later state by `on_update(old, new)`, though states that
       followed each other while the watch was broken come as one; of its end by `on_delete`, with the last state known.
       An object deleted and made anew under its name unseen comes as `on_delete` and `on_add`.
    3. `synced` is set when the first list is in the store and every handler has heard of it.
    4. A handler that raises is logged; the others still hear.
    5. Handlers are called from the event loop, one at a time; they must not wait.

    `transform` may slim an object before it is stored (drop managed fields, keep three fields): memory, not wire.
    """

    def __init__(
        self,
        client: Any,
        type_: type[T],
        namespace: str = "",
        *,
        label_selector: str = "",
        field_selector: str = "",
        transform: Callable[[T], T] | None = None,
        indexers: Mapping[str, IndexFunction] | None = None,
        resync_seconds: float = 0.0,
        clock: Clock | None = None,
    ):
        self.type = type_
        self.store: Store[T] = Store(indexers)
        self.synced = asyncio.Event()
        self._transform = transform
        self._handlers: list[Handlers[T]] = []
        self._clock = clock or RealClock()
        self._resync_seconds = resync_seconds
        self._reflector = Reflector(
            client,
            type_,
            self,
            self._clock,
            namespace=namespace,
            label_selector=label_selector,
            field_selector=field_selector,
        )

    def add_handler(
        self,
        on_add: Callable[[T], object] | None = None,
        on_update: Callable[[T, T], object] | None = None,
        on_delete: Callable[[T], object] | None = None,
    ) -> None:
        """Registers a handler. One that comes late is told of all that is in the store."""
        handlers = Handlers(on_add, on_update, on_delete)
        self._handlers.append(handlers)
        for obj in self.store:
            self._call(handlers.on_add, obj)

    def on_any(self, callback: Callable[[T], object]) -> None:
        """Registers one callback for adds, updates (called with the new state) and deletes."""
        self.add_handler(callback, lambda _old, new: callback(new), callback)

    async def run(self) -> None:
        """Works until cancelled."""
        if not self._resync_seconds:
            await self._reflector.run()
            return
        async with asyncio.TaskGroup() as group:
            group.create_task(self._reflector.run())
            group.create_task(self._resync())

    # ---- reading: shorthand for the store ----

    def get(self, namespace: str, name: str) -> T | None:
        return self.store.get(namespace, name)

    def list(self, namespace: str = "") -> list[T]:
        return self.store.in_namespace(namespace)

    def by_index(self, index: str, value: str) -> list[T]:
        return self.store.by_index(index, value)

    # ---- the reflector's sink ----

    def replace(self, items: list[T]) -> None:
        gone: set[Key] = set(self.store.keys())
        for obj in items:
            gone.discard(key_of(obj))
            self._set(obj)
        for key in gone:
            self._delete(key)
        self.synced.set()

    def apply(self, event: WatchEvent[T]) -> None:
        if event.type == "DELETED":
            # The last state known, with its final revision, so that whoever remembers it sees it is newer.
            self._delete(key_of(event.object), event.object)
        else:
            self._set(event.object)

    def _set(self, obj: T) -> None:
        if self._transform is not None:
            obj = self._transform(obj)
        old = self.store.get(*key_of(obj))
        if old is not None and old.metadata.resourceVersion == obj.metadata.resourceVersion != "":
            return
        if old is not None and old.metadata.uid != obj.metadata.uid:
            self._delete(key_of(old))
            old = None
        self.store.set(obj)
        for handlers in self._handlers:
            if old is None:
                self._call(handlers.on_add, obj)
            else:
                self._call(handlers.on_update, old, obj)

    def _delete(self, key: Key, final: T | None = None) -> None:
        old = self.store.delete(key)
        if old is None:
            return
        if final is not None and self._transform is not None:
            final = self._transform(final)
        for handlers in self._handlers:
            self._call(handlers.on_delete, final if final is not None else old)

    async def _resync(self) -> None:
        while True:
            await self._clock.sleep(self._resync_seconds)
            for obj in self.store:
                for handlers in self._handlers:
                    self._call(handlers.on_update, obj, obj)

    def _call(self, callback: Callable[..., object] | None, *args: T) -> None:
        if callback is None:
            return
        try:
            callback(*args)
        except Exception:
            log.exception("a handler for %s failed", self.type.__name__)


class Informers:
    """The informers of one process, each kind once: what controllers share.

    async with asyncio.TaskGroup() as group:
        pods = informers(Pod)                  # every caller gets the same one
        group.create_task(informers.run())
        await informers.wait_for_sync()
    """

    def __init__(self, client: Any, *, clock: Clock | None = None, transform: Callable[[Object], Object] | None = None):
        self._client, self._clock, self._transform = client, clock, transform
        self._informers: dict[type[Object], Informer] = {}

    def __call__(self, type_: type[T], *, indexers: Mapping[str, IndexFunction] | None = None) -> Informer[T]:
        """The informer of a type over all namespaces; `indexers` are added to those it has."""
        if type_ not in self._informers:
            self._informers[type_] = Informer(self._client, type_, clock=self._clock, transform=self._transform)
        informer = self._informers[type_]
        for name, function in (indexers or {}).items():
            informer.store.add_indexer(name, function)
        return informer

    def __iter__(self):
        return iter(self._informers.values())

    async def run(self) -> None:
        """Runs all that have been asked for by now, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for informer in self._informers.values():
                group.create_task(informer.run())

    async def wait_for_sync(self) -> None:
        for informer in self._informers.values():
            await informer.synced.wait()
