"""The store of one resource: every verb over the storage interface, driven by the resource's strategy.

Called by the handlers with decoded objects, and by the bootstrap code. It calls admission, the strategy, and storage:
one transaction for each write, which carries what the strategy allocates. It leaves out HTTP, media types and patches:
an update is given a function that makes the new object from the current one.

| part | what it has |
|---|---|
| `reading` | keys, get, list, watch |
| `creating` | create |
| `deleting` | delete, and the end of what an update no longer holds |
| `updating` | update, for the main resource and for subresources; needs the other three |

Guarantees (each with a test that bears its number):
1. An update is made from the newest object, or not at all: a transaction that finds another revision starts again.
2. Nothing is refused because of a stale read: before an error is returned the object is read again.
3. An update that changes nothing writes nothing and keeps the revision.
"""

from __future__ import annotations

from apiserver.registry.generic.reading import T
from apiserver.registry.generic.updating import Stages, Updating

__all__ = ["Stages", "Store"]


class Store(Updating[T]):
    """`storage` is the watch cache; a read of revision 0 costs nothing and may be late."""
