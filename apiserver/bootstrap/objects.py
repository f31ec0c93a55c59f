"""Making sure that an object exists and is as it should be, on the server's own behalf.

Called by the other modules here. It calls the generic store, with admission and validation as for any client.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apiserver.authn.user import MASTERS, User
from apiserver.registry.generic.options import Write
from apiserver.registry.generic.store import Store
from kube.apimachinery.errors import AlreadyExists, NotFound

APISERVER = User("system:apiserver", groups=(MASTERS,))


def own_write() -> Write:
    return Write(user=APISERVER, manager="kube-apiserver")


async def ensure(store: Store[Any], namespace: str, wanted: Any, amend: Callable[[Any, Any], bool]) -> None:
    """Creates the object when it is absent; else lets `amend(stored, wanted)` change it, who says whether it did."""
    name = wanted.metadata.name
    try:
        stored = await store.get_object(namespace, name, revision=0)
    except NotFound:
        try:
            store.strategy.default(wanted)
            await store.create(namespace, wanted.deep_copy(), own_write())
            return
        except AlreadyExists:  # another server was faster
            stored = await store.get_object(namespace, name)
    if not amend(stored, wanted):
        return

    async def make(current: Any) -> Any:
        amend(current, wanted)
        store.strategy.default(current)
        return current

    await store.update(namespace, name, make, own_write())
