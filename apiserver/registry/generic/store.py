"""The store of one resource: every verb over the storage interface, driven by the resource's strategy.

Called by the handlers with decoded objects, and by the bootstrap code. It calls admission, the strategy, and storage:
one transaction for each write, which carries what the strategy allocates. It leaves out HTTP, media types and patches:
an update is given a function that makes the new object from the current one.

    create:  fill metadata -> admit -> prepare -> manage fields -> validate -> allocate -> transaction
    update:  read -> make -> carry over -> admit -> prepare -> manage fields -> validate -> allocate -> transaction
    delete:  read -> preconditions -> admit -> mark, or transaction (with what the strategy releases)

Guarantees (each with a test that bears its number):
1. An update is made from the newest object, or not at all: a transaction that finds another revision starts again.
2. Nothing is refused because of a stale read: before an error is returned the object is read again.
3. An update that changes nothing writes nothing and keeps the revision.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from apiserver.admission.interface import Attributes, Chain
from apiserver.registry.generic import deletion, metadata
from apiserver.registry.generic.deletion import Deletion
from apiserver.registry.generic.faults import status_of
from apiserver.registry.generic.keys import key_of, prefix_of
from apiserver.registry.generic.managed_fields import FieldManager, timeless
from apiserver.registry.generic.names import new_uid, random_suffix
from apiserver.registry.generic.options import Write, Written
from apiserver.registry.generic.strategy import Allocation, Strategy, WriteContext
from apiserver.storage.interface import (
    Absent,
    CheckFailed,
    Delete,
    Page,
    Put,
    Storage,
    StorageError,
    Stored,
    Unchanged,
    Watch,
)
from kube.apimachinery import errors
from kube.apimachinery.errors import BadRequest, FieldError, Path, StatusError
from kube.apimachinery.meta_v1 import DeleteOptions, Object
from kube.apimachinery.scheme import Resource
from kube.apimachinery.times import format_time
from kube.apimachinery.validation import name_is_path_segment, validate_object_meta, validate_object_meta_update
from kube.clock import Clock, RealClock

T = TypeVar("T", bound=Object)
Make = Callable[["T | None"], Awaitable["T"]]
_GENERATED_TRIES = 8
_NOTHING = Allocation()


@dataclass(frozen=True)
class Stages(Generic[T]):
    """Which of the strategy's stages an update goes through: those of the main resource, or of a subresource."""

    prepare: Callable[[T, T, WriteContext], None]
    validate: Callable[[T, T], list[FieldError]]
    allow_create: bool = False


@dataclass
class Store(Generic[T]):
    """`storage` is the watch cache; a read of revision 0 costs nothing and may be late."""

    resource: Resource
    strategy: Strategy[T]
    storage: Storage
    admission: Chain = field(default_factory=Chain)
    field_manager: FieldManager | None = None
    clock: Clock = field(default_factory=RealClock)

    def __post_init__(self) -> None:
        self.prefix = prefix_of(self.resource)
        self.main = Stages(
            self.strategy.prepare_for_update, self.strategy.validate_update, self.strategy.allow_create_on_update
        )
        self.stages = {"": self.main} | {
            name: Stages(prepare, validate) for name, (prepare, validate) in self.strategy.update_stages().items()
        }

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

    # ---- create ----

    async def create(self, namespace: str, obj: T, write: Write) -> Written:
        """Stores a new object. Raises AlreadyExists, Invalid, Forbidden and what admission and allocation raise."""
        meta = obj.metadata
        if meta.resourceVersion.isdigit() and int(meta.resourceVersion):
            raise BadRequest("resourceVersion should not be set on objects to be created")
        given_name = meta.name
        for tried in range(_GENERATED_TRIES):
            if not given_name and meta.generateName:
                meta.name = metadata.generated_name(meta.generateName, random_suffix())
            try:
                return await self._create_named(namespace, obj, write, prepared=tried > 0)
            except errors.AlreadyExists:
                if not meta.generateName:
                    raise
                if given_name or tried == _GENERATED_TRIES - 1:
                    raise _no_free_name(self.resource, meta.name) from None
        raise AssertionError("unreachable")

    async def _create_named(self, namespace: str, obj: T, write: Write, *, prepared: bool) -> Written:
        ctx = self._context(namespace, obj.metadata.name, write, "CREATE")
        await self._prepare_new(obj, ctx, write)
        self._validate_new(obj)
        if not prepared:
            write.warnings += self.strategy.warnings_on_create(obj)
        return await self._insert(obj, ctx, write)

    async def _prepare_new(self, obj: T, ctx: WriteContext, write: Write) -> None:
        meta = obj.metadata
        now = self._now()
        metadata.fill_for_create(meta, new_uid(), now)
        if meta.namespace != ctx.namespace:
            meta.namespace = ctx.namespace
        write.warnings += metadata.drop_duplicate_owners(meta)
        await self.admission.admit(self._attributes(ctx), obj)
        await self.admission.validate(self._attributes(ctx), obj)
        meta.managedFields = self._managed(None, obj, write, now)
        self.strategy.prepare_for_create(obj, ctx)

    def _validate_new(self, obj: T) -> None:
        found = validate_object_meta(obj.metadata, self.resource.namespaced, self.strategy.validate_name)
        found += self.strategy.validate(obj)
        if found:
            raise errors.invalid(self.strategy.errors_as or self.resource, obj.metadata.name, found)

    async def _insert(self, obj: T, ctx: WriteContext, write: Write) -> Written:
        key = self.key(ctx.namespace, obj.metadata.name)
        if write.dry_run:
            if (stored := await self._read(key, fresh=True)) is not None:
                raise self._exists(obj.metadata.name, stored)
            await self.strategy.allocate(obj, None, ctx)
            return Written(obj.to_json(), 0, created=True)
        while True:
            allocation = await self.strategy.allocate(obj, None, ctx) or _NOTHING
            data = obj.to_json()
            try:
                revision = await self.storage.commit(
                    [Absent(key), *allocation.checks], [Put(key, data, self.strategy.ttl), *allocation.ops]
                )
                return Written(data, revision, created=True)
            except CheckFailed as failed:
                if failed.key == key:
                    raise self._exists(obj.metadata.name, failed.current) from failed
                if allocation.retry is None or not allocation.retry(failed.key):
                    raise errors.conflict(self.resource, obj.metadata.name) from failed
            except StorageError as error:
                raise status_of(error) from error

    def _exists(self, name: str, stored: Stored | None) -> StatusError:
        error = errors.already_exists(self.resource, name)
        if stored is None or self.decode(stored).metadata.deletionTimestamp is None:
            return error
        return errors.AlreadyExists(f"object is being deleted: {error.message}", error.details)

    # ---- update ----

    async def update(
        self, namespace: str, name: str, make: Make[T], write: Write, stages: Stages[T] | None = None
    ) -> Written:
        """Stores what `make` makes of the current object (of None, where the stage allows creation). Raises NotFound,
        Conflict, Invalid and what `make`, admission and allocation raise."""
        stages = stages or self.main
        key = self.key(namespace, name)
        stored, fresh = await self._read(key, fresh=False), False
        warned = len(write.warnings)
        while True:
            del write.warnings[warned:]
            try:
                written = await self._try_update(namespace, name, stored, make, write, stages)
            except CheckFailed as failed:
                stored, fresh = await self._read(key, fresh=True), True
                del failed
                continue
            except StatusError:
                if fresh:
                    raise
                newest = await self._read(key, fresh=True)
                fresh = True
                if _same(newest, stored):
                    raise
                stored = newest
                continue
            except StorageError as error:
                raise status_of(error) from error
            if written is not None:
                return written
            if fresh or _same(newest := await self._read(key, fresh=True), stored):
                assert stored is not None
                return Written(stored.data, stored.revision)
            stored, fresh = newest, True

    async def _try_update(
        self, namespace: str, name: str, stored: Stored | None, make: Make[T], write: Write, stages: Stages[T]
    ) -> Written | None:
        """One attempt; None when nothing would change."""
        if stored is None:
            if not stages.allow_create:
                raise errors.not_found(self.resource, name)
            return await self._create_on_update(namespace, name, make, write)
        old = self.decode(stored)
        obj = await make(self.decode(stored))
        ctx = self._context(namespace, name, write, "UPDATE")
        self._check_identity(obj, old, stored)
        metadata.carry_over(obj.metadata, old.metadata)
        write.warnings += metadata.drop_duplicate_owners(obj.metadata)
        obj.metadata.managedFields = self._managed(old, obj, write, self._now())
        await self.admission.admit(self._attributes(ctx), obj, old)
        await self.admission.validate(self._attributes(ctx), obj, old)
        stages.prepare(obj, old, ctx)
        self._validate_changed(obj, old, stages)
        write.warnings += self.strategy.warnings_on_update(obj, old)
        if deletion.ends_with_update(obj, old, self.strategy):
            return await self._remove(obj, stored, ctx, write)
        return await self._replace(obj, old, stored, ctx, write)

    async def _create_on_update(self, namespace: str, name: str, make: Make[T], write: Write) -> Written:
        obj = await make(None)
        if obj.metadata.uid:
            raise errors.conflict(self.resource, name, self._uid_mismatch(namespace, name, obj.metadata.uid, ""))
        obj.metadata.name, obj.metadata.resourceVersion = name, ""
        return await self._create_named(namespace, obj, write, prepared=False)

    def _uid_mismatch(self, namespace: str, name: str, uid: str, stored_uid: str) -> str:
        return (
            f"StorageError: invalid object, Code: 4, Key: {self.key(namespace, name)}, ResourceVersion: 0, "
            f"AdditionalErrorMsg: Precondition failed: UID in precondition: {uid}, UID in object meta: {stored_uid}"
        )

    def _check_identity(self, obj: T, old: T, stored: Stored) -> None:
        """The writer must mean the object that is stored, at the revision that it has seen."""
        meta, name = obj.metadata, old.metadata.name
        if meta.uid and meta.uid != old.metadata.uid:
            why = self._uid_mismatch(old.metadata.namespace, name, meta.uid, old.metadata.uid)
            raise errors.conflict(self.resource, name, why)
        version = meta.resourceVersion
        if version and not version.isdigit():
            raise BadRequest(f"strconv.ParseUint: parsing {errors.quoted(version)}: invalid syntax")
        if not version or int(version) == 0:
            if not self.strategy.allow_unconditional_update:
                raise self._version_required(name)
            meta.resourceVersion = old.metadata.resourceVersion
        elif int(version) != stored.revision:
            raise errors.conflict(self.resource, name)

    def _version_required(self, name: str) -> errors.Invalid:
        """Kubernetes names the plural here, not the Kind."""
        found = errors.invalid_value(Path("metadata")["resourceVersion"], 0, "must be specified for an update")
        error = errors.invalid(self.resource, name, [found])
        error.details.kind = self.resource.plural  # type: ignore[union-attr]
        error.message = f'{self.resource.group_resource} "{name}" is invalid: {found}'
        return error

    def _validate_changed(self, obj: T, old: T, stages: Stages[T]) -> None:
        changed = validate_object_meta_update(obj.metadata, old.metadata)
        found = validate_object_meta(obj.metadata, self.resource.namespaced, name_is_path_segment)
        found += changed + changed  # Kubernetes asks twice: for every kind, and again in the kind's own validation
        found += stages.validate(obj, old)
        if found:
            raise errors.invalid(self.strategy.errors_as or self.resource, old.metadata.name, found)

    async def _replace(self, obj: T, old: T, stored: Stored, ctx: WriteContext, write: Write) -> Written | None:
        while True:
            allocation = await self.strategy.allocate(obj, old, ctx) or _NOTHING
            obj.metadata.resourceVersion = ""
            data = self._encode_changed(obj, old)
            if data == stored.data:
                return None
            if write.dry_run:
                return Written(data, stored.revision)
            try:
                revision = await self.storage.commit(
                    [Unchanged(stored.key, stored.revision), *allocation.checks],
                    [Put(stored.key, data, self.strategy.ttl), *allocation.ops],
                )
                return Written(data, revision)
            except CheckFailed as failed:
                if failed.key == stored.key:
                    raise
                if allocation.retry is None or not allocation.retry(failed.key):
                    raise errors.conflict(self.resource, ctx.name) from failed

    def _encode_changed(self, obj: T, old: T) -> bytes:
        """The JSON to store; a write that changes nothing but the times of managedFields leaves those too."""
        mine, theirs = obj.metadata.managedFields, old.metadata.managedFields
        if mine == theirs or timeless(mine) != timeless(theirs):
            return obj.to_json()
        obj.metadata.managedFields = theirs
        data = obj.to_json()
        old.metadata.resourceVersion = ""
        if data == old.to_json():
            return data
        obj.metadata.managedFields = mine
        return obj.to_json()

    # ---- delete ----

    async def delete(self, namespace: str, name: str, options: DeleteOptions, write: Write) -> Written:
        """Removes the object, or marks it. Raises NotFound, Conflict, Forbidden."""
        key = self.key(namespace, name)
        ctx = self._context(namespace, name, write, "DELETE", options)
        await self.admission.admit(self._attributes(ctx), None)
        stored, fresh = await self._read(key, fresh=False), False
        while True:
            try:
                return await self._try_delete(stored, ctx, options, write)
            except CheckFailed:
                stored, fresh = await self._read(key, fresh=True), True
            except StatusError:
                newest = stored if fresh else await self._read(key, fresh=True)
                if fresh or _same(newest, stored):
                    raise
                stored, fresh = newest, True
            except StorageError as error:
                raise status_of(error) from error

    async def _try_delete(
        self, stored: Stored | None, ctx: WriteContext, options: DeleteOptions, write: Write
    ) -> Written:
        if stored is None:
            raise errors.not_found(self.resource, ctx.name)
        obj = self.decode(stored)
        deletion.check_preconditions(self.resource, obj.metadata, options)
        self.strategy.check_delete(obj, ctx)
        await self.admission.validate(self._attributes(ctx), None, obj)
        todo = deletion.begin(obj, self.strategy, options, self.clock.now())
        if todo is Deletion.REMOVE:
            return await self._remove(obj, stored, ctx, write)
        obj.metadata.resourceVersion = ""
        data = obj.to_json()
        if todo is Deletion.PENDING or data == stored.data or write.dry_run:
            return Written(data, stored.revision)
        revision = await self.storage.commit(
            [Unchanged(stored.key, stored.revision)], [Put(stored.key, data, self.strategy.ttl)]
        )
        return Written(data, revision)

    async def _remove(self, obj: T, stored: Stored, ctx: WriteContext, write: Write) -> Written:
        """Takes the object away, with what was allocated to it. The answer is its last state."""
        obj.metadata.resourceVersion = ""
        data = obj.to_json()
        if write.dry_run:
            return Written(data, stored.revision, removed=True)
        # What was allocated is what the stored object holds: the last update may have changed the spec as well.
        released = self.strategy.release(self.decode(stored)) or _NOTHING
        revision = await self.storage.commit(
            [Unchanged(stored.key, stored.revision), *released.checks], [Delete(stored.key), *released.ops]
        )
        return Written(data, revision, removed=True)

    # ---- helpers ----

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


def _no_free_name(resource: Resource, name: str) -> StatusError:
    error = errors.already_exists(resource, name)
    text = f"{error.message}, the server was not able to generate a unique name for the object"
    return errors.AlreadyExists(text, error.details, retry_after=1)


def _same(a: Stored | None, b: Stored | None) -> bool:
    return (a.revision if a else 0) == (b.revision if b else 0)
