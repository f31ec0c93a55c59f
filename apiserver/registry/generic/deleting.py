"""The end of an object: read -> preconditions -> admit -> mark, or transaction with what the strategy releases.

Part of the store. It calls `deletion` to decide, admission, the strategy, and storage. An update that takes away the
last thing that held a marked object ends here too.
"""

from __future__ import annotations

from apiserver.registry.generic import deletion
from apiserver.registry.generic.deletion import Deletion
from apiserver.registry.generic.faults import status_of
from apiserver.registry.generic.options import Write, Written
from apiserver.registry.generic.reading import NOTHING, Reading, T, same
from apiserver.registry.generic.strategy import WriteContext
from apiserver.storage.interface import CheckFailed, Delete, Put, StorageError, Stored, Unchanged
from kube.apimachinery import errors
from kube.apimachinery.errors import StatusError
from kube.apimachinery.meta_v1 import DeleteOptions


class Deleting(Reading[T]):
    """`delete`."""

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
                if fresh or same(newest, stored):
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
            return await self.remove(obj, stored, ctx, write)
        obj.metadata.resourceVersion = ""
        data = obj.to_json()
        if todo is Deletion.PENDING or data == stored.data or write.dry_run:
            return Written(data, stored.revision)
        revision = await self.storage.commit(
            [Unchanged(stored.key, stored.revision)], [Put(stored.key, data, self.strategy.ttl)]
        )
        return Written(data, revision)

    async def remove(self, obj: T, stored: Stored, ctx: WriteContext, write: Write) -> Written:
        """Takes the object away, with what was allocated to it. The answer is its last state."""
        obj.metadata.resourceVersion = ""
        data = obj.to_json()
        if write.dry_run:
            return Written(data, stored.revision, removed=True)
        # What was allocated is what the stored object holds: the last update may have changed the spec as well.
        released = self.strategy.release(self.decode(stored)) or NOTHING
        revision = await self.storage.commit(
            [Unchanged(stored.key, stored.revision), *released.checks], [Delete(stored.key), *released.ops]
        )
        return Written(data, revision, removed=True)
