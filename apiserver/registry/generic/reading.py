"""What every verb of a store begins with: its keys, reads of one object and of pages, watches, what admission is told.

Called by the creating, updating and deleting parts of the store, and by the handlers of get, list and watch. It calls
storage. It leaves out what the answers look like.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from apiserver.admission.interface import Attributes, Chain
from apiserver.registry.generic.faults import status_of
from apiserver.registry.generic.managed_fields import FieldManager
from apiserver.registry.generic.options import Write
from apiserver.registry.generic.strategy import Allocation, Strategy, WriteContext
from apiserver.storage.interface import Page, Storage, StorageError, Stored, Watch
from apiserver.storage.keys import key_of, prefix_of
from kube.apimachinery import errors
from kube.apimachinery.meta_v1 import Object
from kube.apimachinery.scheme import Resource
from kube.apimachinery.times import format_time
from kube.clock import Clock, RealClock

T = TypeVar("T", bound=Object)
NOTHING = Allocation()


@dataclass
class Reading(Generic[T]):
    """The fields of a store, and what does not write."""

    resource: Resource
    strategy: Strategy[T]
    storage: Storage
    admission: Chain = field(default_factory=Chain)
    field_manager: FieldManager | None = None
    clock: Clock = field(default_factory=RealClock)

    def __post_init__(self) -> None:
        self.prefix = prefix_of(self.resource)

    # ---- reads ----

    def key(self, namespace: str, name: str) -> str:
        return key_of(self.resource, namespace, name)

    async def get(self, namespace: str, name: str, *, revision: int | None = None) -> Stored:
        """The stored object. Raises NotFound, and Timeout for a revision that does not come."""
        try:
            stored = await self.storage.get(self.key(namespace, name), revision=revision)
        except StorageError as error:
            raise status_of(error) from error
        if stored is None:
            raise errors.not_found(self.resource, name)
        return stored

    async def get_object(self, namespace: str, name: str, *, revision: int | None = None) -> T:
        return self.decode(await self.get(namespace, name, revision=revision))

    async def list(
        self, namespace: str, *, revision: int | None = None, exact: bool = False, limit: int = 0, after: str = ""
    ) -> Page:
        """A page of the collection. `after` is relative to the listed prefix. Raises StatusError."""
        prefix = self.list_prefix(namespace)
        try:
            return await self.storage.list(
                prefix, revision=revision, exact=exact, limit=limit, after=prefix + after if after else ""
            )
        except StorageError as error:
            raise status_of(error) from error

    def list_prefix(self, namespace: str) -> str:
        return f"{self.prefix}{namespace}/" if namespace and self.resource.namespaced else self.prefix

    def watch(self, namespace: str, *, revision: int, bookmarks: bool) -> Watch:
        return self.storage.watch(self.list_prefix(namespace), revision=revision, bookmarks=bookmarks)

    def decode(self, stored: Stored) -> T:
        """A typed copy of its own, with its resourceVersion."""
        return self.resource.type.from_json(stored.wire)  # type: ignore[return-value]

    # ---- for the parts that write ----

    async def _read(self, key: str, *, fresh: bool) -> Stored | None:
        try:
            return await self.storage.get(key, revision=None if fresh else 0)
        except StorageError as error:
            raise status_of(error) from error

    def _now(self) -> str:
        return format_time(self.clock.now())

    def _managed(self, old: T | None, obj: T, write: Write, now: str) -> list[Any]:
        if self.field_manager is None:
            return []
        return self.field_manager.update(old, obj, write, now)

    def _context(self, namespace: str, name: str, write: Write, operation: str, options: Any = None) -> WriteContext:
        return WriteContext(
            self.resource, namespace if self.resource.namespaced else "", name, write.subresource, operation,
            write.user, write.dry_run, options,
        )  # fmt: skip

    def _attributes(self, ctx: WriteContext) -> Attributes:
        return Attributes(
            ctx.resource, ctx.subresource, ctx.namespace, ctx.name, ctx.operation,  # type: ignore[arg-type]
            ctx.user, ctx.dry_run, ctx.options,
        )  # fmt: skip


def same(a: Stored | None, b: Stored | None) -> bool:
    return (a.revision if a else 0) == (b.revision if b else 0)
