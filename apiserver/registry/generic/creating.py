"""A new object: fill metadata -> admit -> prepare -> manage fields -> validate -> allocate -> transaction.

Part of the store. It calls admission, the strategy, and storage. A name that the server makes up is made up again when
it is taken; a number that somebody else was faster to allocate is chosen anew.
"""

from __future__ import annotations

from apiserver.registry.generic import metadata
from apiserver.registry.generic.faults import status_of
from apiserver.registry.generic.names import new_uid, random_suffix
from apiserver.registry.generic.options import Write, Written
from apiserver.registry.generic.reading import NOTHING, Reading, T
from apiserver.registry.generic.strategy import WriteContext
from apiserver.storage.interface import Absent, CheckFailed, Put, StorageError, Stored
from kube.apimachinery import errors
from kube.apimachinery.errors import BadRequest, StatusError
from kube.apimachinery.scheme import Resource
from kube.apimachinery.validation import validate_object_meta

_GENERATED_TRIES = 8


class Creating(Reading[T]):
    """`create`."""

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
        await self._validate_new(obj, ctx)
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

    async def _validate_new(self, obj: T, ctx: WriteContext) -> None:
        found = validate_object_meta(obj.metadata, self.resource.namespaced, self.strategy.validate_name)
        found += self.strategy.validate(obj)
        if found:
            await self.strategy.allocate(obj, None, ctx)  # Kubernetes allocates first: what cannot be had is said alone
            raise errors.invalid(self.strategy.errors_as or self.resource, obj.metadata.name, found)

    async def _insert(self, obj: T, ctx: WriteContext, write: Write) -> Written:
        key = self.key(ctx.namespace, obj.metadata.name)
        if write.dry_run:
            if (stored := await self._read(key, fresh=True)) is not None:
                raise self._exists(obj.metadata.name, stored)
            await self.strategy.allocate(obj, None, ctx)
            return Written(obj.to_json(), 0, created=True)
        while True:
            allocation = await self.strategy.allocate(obj, None, ctx) or NOTHING
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


def _no_free_name(resource: Resource, name: str) -> StatusError:
    error = errors.already_exists(resource, name)
    text = f"{error.message}, the server was not able to generate a unique name for the object"
    return errors.AlreadyExists(text, error.details, retry_after=1)
