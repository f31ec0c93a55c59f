"""How a write is to be done, as the store takes it: the part of the request that is not the object.

Made by the handlers; read by the store, strategies and admission (`WriteContext.options`). It calls nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from apiserver.storage.interface import with_revision


@dataclass(slots=True)
class Write:
    """One write under way: who, in which way, and the warnings gathered meanwhile."""

    user: Any = None
    dry_run: bool = False
    manager: str = ""
    operation: str = "Update"  # managedFields: Update, or Apply
    subresource: str = ""
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Written:
    """What a write left in the store. `revision` 0: nothing was stored (dry run)."""

    data: bytes
    revision: int
    created: bool = False
    removed: bool = False  # the object is gone: its last state is in `data`

    @property
    def wire(self) -> bytes:
        """The object's JSON with its resourceVersion."""
        return with_revision(self.data, self.revision) if self.revision else self.data
