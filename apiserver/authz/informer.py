"""What keeps the authorizers' tables up to date: one list and one watch for each kind that they know.

Run as tasks by the app. It calls storage, and tells what it is given of every object that comes, changes or goes. A
watch that cannot be continued starts again with a list.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import aclosing

from apiserver.authz.rbac import RBAC
from apiserver.storage.interface import Storage, StorageError, Stored
from apiserver.storage.keys import prefix_of, split_key
from kube.apimachinery.scheme import Resource

log = logging.getLogger("apiserver.authz")
_PAUSE = 0.5
Apply = Callable[[str, str, bytes | None], None]
"""(namespace, name, the object's JSON or None when it is gone)"""


class Informer:
    """One kind. `synced` is set when the first list is in."""

    def __init__(self, resource: Resource, storage: Storage, apply: Apply):
        self._resource, self._storage, self._apply = resource, storage, apply
        self._prefix = prefix_of(resource)
        self._known: set[str] = set()
        self.synced = asyncio.Event()

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                await self._follow(await self._list())
            except StorageError as error:
                log.warning("the watch of %s starts again: %s", self._resource.plural, error)
            except Exception:
                log.exception("the watch of %s starts again", self._resource.plural)
            await asyncio.sleep(_PAUSE)

    async def _list(self) -> int:
        page = await self._storage.list(self._prefix)
        for key in self._known - {stored.key for stored in page.items}:
            self._forget(key)
        for stored in page.items:
            self._learn(stored)
        self.synced.set()
        return page.revision

    async def _follow(self, revision: int) -> None:
        async with aclosing(self._storage.watch(self._prefix, revision=revision)) as watch:
            async for event in watch:
                if event.type == "PUT" and event.value is not None:
                    self._learn(event.value)
                elif event.type == "DELETE":
                    self._forget(event.key)

    def _learn(self, stored: Stored) -> None:
        self._known.add(stored.key)
        self._apply(*split_key(stored.key, self._prefix, self._resource.namespaced), stored.wire)

    def _forget(self, key: str) -> None:
        self._known.discard(key)
        self._apply(*split_key(key, self._prefix, self._resource.namespaced), None)


def rbac_informer(resource: Resource, storage: Storage, rbac: RBAC) -> Informer:
    """Of a kind of role or binding."""

    def apply(namespace: str, name: str, wire: bytes | None) -> None:
        rbac.apply(resource.kind, namespace, name, None if wire is None else json.loads(wire))

    return Informer(resource, storage, apply)
