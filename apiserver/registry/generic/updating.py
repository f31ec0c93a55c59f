"""An object made from the current one: read -> make -> carry over -> manage fields -> admit -> prepare -> validate ->
allocate -> transaction.

Part of the store. It calls admission, the strategy, and storage. It leaves out patches: it is given a function that
makes the new object. When a transaction finds another revision than was read, all starts again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic

from apiserver.registry.generic import deletion, metadata
from apiserver.registry.generic.creating import Creating
from apiserver.registry.generic.deleting import Deleting
from apiserver.registry.generic.faults import status_of
from apiserver.registry.generic.managed_fields import timeless
from apiserver.registry.generic.options import Write, Written
from apiserver.registry.generic.reading import NOTHING, T, same
from apiserver.registry.generic.strategy import WriteContext
from apiserver.storage.interface import CheckFailed, Put, StorageError, Stored, Unchanged
from kube.apimachinery import errors
from kube.apimachinery.errors import BadRequest, FieldError, Path, StatusError
from kube.apimachinery.validation import name_is_path_segment, validate_object_meta, validate_object_meta_update

Make = Callable[["T | None"], Awaitable["T"]]


@dataclass(frozen=True)
class Stages(Generic[T]):
    """Which of the strategy's stages an update goes through: those of the main resource, or of a subresource."""

    prepare: Callable[[T, T, WriteContext], None]
    validate: Callable[[T, T], list[FieldError]]
    allow_create: bool = False


class Updating(Creating[T], Deleting[T]):
    """`update`, through the stages of the main resource or of a subresource."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.main = Stages(
            self.strategy.prepare_for_update, self.strategy.validate_update, self.strategy.allow_create_on_update
        )
        self.stages = {"": self.main} | {
            name: Stages(prepare, validate) for name, (prepare, validate) in self.strategy.update_stages().items()
        }

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
                if same(newest, stored):
                    raise
                stored = newest
                continue
            except StorageError as error:
                raise status_of(error) from error
            if written is not None:
                return written
            if fresh or same(newest := await self._read(key, fresh=True), stored):
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
        await self._validate_changed(obj, old, ctx, stages)
        write.warnings += self.strategy.warnings_on_update(obj, old)
        if deletion.ends_with_update(obj, old, self.strategy):
            return await self.remove(obj, stored, ctx, write)
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

    async def _validate_changed(self, obj: T, old: T, ctx: WriteContext, stages: Stages[T]) -> None:
        changed = validate_object_meta_update(obj.metadata, old.metadata)
        found = validate_object_meta(obj.metadata, self.resource.namespaced, name_is_path_segment)
        found += changed + changed  # Kubernetes asks twice: for every kind, and again in the kind's own validation
        found += stages.validate(obj, old)
        if found:
            if not ctx.subresource:
                await self.strategy.allocate(obj, old, ctx)  # as for a new object
            raise errors.invalid(self.strategy.errors_as or self.resource, old.metadata.name, found)

    async def _replace(self, obj: T, old: T, stored: Stored, ctx: WriteContext, write: Write) -> Written | None:
        while True:
            allocation = await self.strategy.allocate(obj, old, ctx) or NOTHING
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
