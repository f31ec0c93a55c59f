"""What the API says now, and which Services changed since the last sync.

Called by the runner: informers write, the planner reads. It calls nothing. It leaves out deciding anything.
Every call costs what it is about, never how much there is.
"""

from __future__ import annotations

from collections.abc import Iterable

from proxy.model.objects import Key, ServiceInfo, SliceInfo


class ChangeTracker:
    """Services, their slices, and the keys of those that changed.

    1. `take` returns each key that changed since the last `take`, once, with the earliest moment that made it change.
    2. A slice that comes before its Service is kept and counts once the Service is there.
    """

    def __init__(self) -> None:
        self.services: dict[Key, ServiceInfo] = {}
        self._slices: dict[Key, dict[str, SliceInfo]] = {}
        self._changed: dict[Key, str] = {}

    def set_service(self, service: ServiceInfo) -> None:
        key = service.metadata[:2]
        self.services[key] = service
        self._note(key)

    def delete_service(self, service: ServiceInfo) -> None:
        key = service.metadata[:2]
        if self.services.pop(key, None) is not None:
            self._note(key)

    def set_slice(self, piece: SliceInfo, before: SliceInfo | None = None) -> None:
        """Adds or replaces; `before` is the slice's last state, which may have belonged to another Service."""
        if before is not None and before.service_key != piece.service_key:
            self.delete_slice(before)
        if piece.service:
            self._slices.setdefault(piece.service_key, {})[piece.metadata.name] = piece
            self._note(piece.service_key, piece.trigger_time)

    def delete_slice(self, piece: SliceInfo) -> None:
        key = piece.service_key
        slices = self._slices.get(key, {})
        if slices.pop(piece.metadata.name, None) is not None:
            self._note(key, piece.trigger_time)
        if not slices:
            self._slices.pop(key, None)

    def slices_of(self, key: Key) -> Iterable[SliceInfo]:
        return self._slices.get(key, {}).values()

    def change_all(self) -> None:
        """After a change of the node itself: its zone, its addresses."""
        for key in self.services:
            self._note(key)

    def change(self, keys: Iterable[Key]) -> None:
        """These are to be planned again: an operation failed, or an address became free."""
        for key in keys:
            self._note(key)

    def take(self) -> dict[Key, str]:
        """The changed keys, each with the earliest trigger time known, or the empty string."""
        changed, self._changed = self._changed, {}
        return changed

    @property
    def pending(self) -> int:
        return len(self._changed)

    def _note(self, key: Key, trigger_time: str = "") -> None:
        known = self._changed.get(key, "")
        # RFC 3339 in UTC sorts as text.
        self._changed[key] = min(filter(None, (known, trigger_time)), default="")
