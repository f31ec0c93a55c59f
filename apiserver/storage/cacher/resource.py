"""All values of one resource in key order, its history, and who waits for its changes. Pure.

Called by `Cacher`, which applies etcd's changes and reads. It calls `History`. Lists of an unchanged prefix are the
same `Items` object, so that what a reader made of them serves the next one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from typing import Protocol

from apiserver.storage.cacher.history import History
from apiserver.storage.interface import Event, Items, Stored

NOTHING = Items()


class Waiting(Protocol):
    """Who waits for a change: a `CacheWatch`."""

    directory: str

    def wake(self) -> None: ...

    def remind(self) -> None: ...

    def close(self) -> None: ...


class ResourceCache:
    def __init__(self, root: str, floor: int):
        """`floor`: the revision since which this cache has seen every change."""
        self.root = root
        self.history = History(floor)
        self.last_change = floor
        self.values: dict[str, Stored] = {}
        self.expired_at = 0
        """Not 0 once the cache had to be loaded anew: the revision of the new one. Watches of this one end."""
        self._keys: list[str] = []
        self._remembered: dict[str, Stored] = {}
        self._lists: dict[str, Items] = {}
        self._waiting: dict[str, dict[Waiting, None]] = {}

    # ---- changes ----

    def load(self, stored: Stored) -> None:
        """A value of the first list; they come in key order."""
        self.values[stored.key] = stored
        self._keys.append(stored.key)

    def remember(self, event: Event) -> None:
        """An event from before the first list: the values have it already. What is the same is kept once."""
        now, last = self.values.get(event.key), self._remembered.get(event.key)
        if now is not None and now.revision == event.revision:
            event.value = now
        if last is not None and event.before is not None and last.revision == event.before.revision:
            event.before = last
        if event.type == "PUT":
            self._remembered[event.key] = event.value
        self._record(event)

    def loaded(self) -> None:
        """The first list and the events before it are complete."""
        self._remembered = {}

    def put(self, key: str, data: bytes, revision: int) -> Event:
        before = self.values.get(key)
        value = self.values[key] = Stored(key, data, revision)
        if before is None:
            insort(self._keys, key)
        return self._record(Event("PUT", revision, value, before))

    def delete(self, key: str, revision: int) -> Event | None:
        """None when the key was not there, which etcd never tells."""
        before = self.values.pop(key, None)
        if before is None:
            return None
        del self._keys[bisect_left(self._keys, key)]
        return self._record(Event("DELETE", revision, Stored(key, before.data, revision), before))

    def _record(self, event: Event) -> Event:
        self.last_change = event.revision
        self.history.append(event)
        if self._lists:
            self._lists.clear()
        return event

    # ---- reads ----

    def list(self, prefix: str) -> Items:
        """Every value below the prefix, in key order."""
        found = self._lists.get(prefix)
        if found is None:
            values = self.values
            found = Items([values[key] for key in self._below(prefix)])
            if not found:
                return NOTHING  # of namespaces that have nothing here there can be any number
            self._lists[prefix] = found
        return found

    def _below(self, prefix: str) -> list[str]:
        if prefix == self.root:
            return self._keys
        start = bisect_left(self._keys, prefix)
        return self._keys[start : bisect_right(self._keys, prefix + "\U0010ffff", lo=start)]

    # ---- who waits ----

    def wait(self, watch: Waiting) -> None:
        """The watch's `wake` is called after the next change below the directory of its prefix."""
        self._waiting.setdefault(watch.directory, {})[watch] = None

    def forget(self, watch: Waiting) -> None:
        waiting = self._waiting.get(watch.directory)
        if waiting is not None:
            waiting.pop(watch, None)
            if not waiting:
                del self._waiting[watch.directory]

    def waiting_for(self, key: str) -> list[Waiting]:
        """Takes out who waits for this key: for its directory or one above."""
        found: list[Waiting] = []
        at = len(self.root)
        while at > 0 and self._waiting:
            if waiting := self._waiting.pop(key[:at], None):
                found.extend(waiting)
            at = key.find("/", at) + 1
        return found

    def all_waiting(self) -> list[Waiting]:
        """Takes out everybody who waits for anything here."""
        waiting, self._waiting = self._waiting, {}
        return [watch for watches in waiting.values() for watch in watches]
