"""Looking one object up as a dictionary: for authentication, admission and whoever only needs to know what is there.

Called with (plural, namespace, name) of a core kind. It calls storage. `cached` may be late and costs nothing; `fresh`
sees every write that was acknowledged before.
"""

from __future__ import annotations

import json
from typing import Any

from apiserver.storage.interface import Storage, Unavailable
from apiserver.storage.keys import key_of
from kube.api import scheme

_REMEMBERED = 1024


class Lookup:
    """The dictionaries are shared: nobody may change them."""

    def __init__(self, storage: Storage):
        self._storage = storage
        self._known: dict[str, tuple[int, dict[str, Any]]] = {}
        """Key -> (revision, the object): what was looked up last is looked up again."""
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
        if stored is None:
            return None
        known = self._known.get(key)
        if known is None or known[0] != stored.revision:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            known = self._known[key] = (stored.revision, json.loads(stored.wire))
        return known[1]
