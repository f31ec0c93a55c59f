"""Looking one object up as a dictionary: for authentication, admission and whoever only needs to know what is there.

Called with (plural, namespace, name) of a core kind. It calls storage. `cached` may be late and costs nothing; `fresh`
sees every write that was acknowledged before.
"""

from __future__ import annotations

import json
from typing import Any

from apiserver.registry.generic.keys import key_of
from apiserver.storage.interface import Storage, Unavailable
from kube.api import scheme


class Lookup:
    def __init__(self, storage: Storage):
        self._storage = storage
        self._resources = {r.plural: r for r in scheme if not r.group}

    async def cached(self, plural: str, namespace: str, name: str) -> dict[str, Any] | None:
        """What the watch cache holds."""
        return await self._get(plural, namespace, name, 0)

    async def fresh(self, plural: str, namespace: str, name: str) -> dict[str, Any] | None:
        """What is stored now. Raises nothing: a store that does not answer has no such object."""
        try:
            return await self._get(plural, namespace, name, None)
        except Unavailable:
            return None

    async def _get(self, plural: str, namespace: str, name: str, revision: int | None) -> dict[str, Any] | None:
        key = key_of(self._resources[plural], namespace, name)
        stored = await self._storage.get(key, revision=revision)
        return json.loads(stored.wire) if stored is not None else None
