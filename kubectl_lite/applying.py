"""How `apply` prints: lines as it goes, whole objects in the end. Used by `kubectl_lite.commands.apply`."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from kubectl_lite.resources import Target
from kubectl_lite.writing import Writing


class Applying(Writing):
    """Whole objects are printed when all are applied, several of them as one List."""

    def say(self, target: Target, what: str, obj: dict[str, Any], **how: bool) -> None:
        if self.output.partition("=")[0] in ("", "name"):
            super().say(target, what, obj, **how)
        else:
            self._applied.append((target, obj))

    @cached_property
    def _applied(self) -> list[tuple[Target, dict[str, Any]]]:
        return []

    def done(self) -> None:
        """Prints what has been collected."""
        if len(self._applied) == 1:
            super().say(*self._applied[0][:1], "", self._applied[0][1])
        elif self._applied:
            objects = [obj for _, obj in self._applied]
            whole = {"apiVersion": "v1", "items": objects, "kind": "List", "metadata": {}}
            super().say(self._applied[0][0], "", whole)
