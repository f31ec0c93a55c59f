"""Back-off of restarts and image pulls, as client-go's `flowcontrol.Backoff`: 10 s, doubling, at most 5 minutes.

Called by `kubelet.pods.worker`. Pure: the time is an argument. The first try after a failure is free: only a second
failure makes the third try wait.
"""

from __future__ import annotations

from dataclasses import dataclass

INITIAL, MOST = 10.0, 300.0


@dataclass
class _Entry:
    delay: float
    updated: float


class BackOff:
    """Delays by key, such as a container's name."""

    def __init__(self, initial: float = INITIAL, most: float = MOST):
        self.initial, self.most = initial, most
        self._entries: dict[str, _Entry] = {}

    def next(self, key: str, now: float) -> None:
        """Notes a try: the delay doubles, or starts over when all went well for long."""
        entry = self._entries.get(key)
        if entry is None or now - entry.updated > 2 * self.most:
            self._entries[key] = _Entry(self.initial, now)
        else:
            entry.delay, entry.updated = min(entry.delay * 2, self.most), now

    def until(self, key: str, since: float) -> float:
        """The time before which the next try must wait, when the last one failed at `since`."""
        entry = self._entries.get(key)
        return since if entry is None or since - entry.updated > 2 * self.most else since + entry.delay

    def delay(self, key: str) -> float:
        entry = self._entries.get(key)
        return entry.delay if entry else 0.0

    def reset(self, key: str) -> None:
        self._entries.pop(key, None)
