"""managedFields on every write: which manager owns which fields.

Called by the generic store. It calls `kube.apimachinery.patch`, which does the arithmetic on plain JSON.
"""

from __future__ import annotations

from typing import Any

from apiserver.registry.generic.options import Write
from kube.apimachinery.meta_v1 import Object


class FieldManager:
    """Keeps the books of one resource."""

    def update(self, old: Object | None, new: Object, write: Write, now: str) -> list[Any]:
        """The managedFields of the new object."""
        return []
