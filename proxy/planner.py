"""From changed keys to changes: what each Service was told to the kernel as, and what it is now to be.

Called by `proxy.runner`. It calls the model. Pure. It leaves out the kernel.
"""

from __future__ import annotations

from collections.abc import Iterable

from proxy.dataplane import Change
from proxy.model.claims import Claims
from proxy.model.desired import NOTHING, ServiceState, service_state
from proxy.model.objects import Key, NodeInfo
from proxy.model.tracker import ChangeTracker


class Planner:
    """Remembers what each Service was granted; `states` is the desired state of the whole node."""

    def __init__(self, tracker: ChangeTracker, node: NodeInfo):
        self.tracker = tracker
        self.node = node
        self.states: dict[Key, ServiceState] = {}
        self._claims = Claims()

    def plan(self, keys: Iterable[Key]) -> list[Change]:
        """The changes of these Services, and of others whom they set free. One that stays as it was is left out."""
        changes: dict[Key, Change] = {}
        waiting = list(keys)
        while waiting:
            key = waiting.pop()
            change, freed = self._plan_one(key)
            waiting.extend(freed - {key})
            if change.old == change.new:
                continue
            if key in changes:
                change = change._replace(old=changes[key].old)
            changes[key] = change
        return list(changes.values())

    def revert(self, change: Change) -> None:
        """The change failed: the Service is as it was, and `plan` will return the change again."""
        if change.old == NOTHING:
            self.states.pop(change.key, None)
        else:
            self.states[change.key] = change.old

    def _plan_one(self, key: Key) -> tuple[Change, set[Key]]:
        wanted = service_state(self.tracker.services.get(key), self.tracker.slices_of(key), self.node)
        old = self.states.get(key, NOTHING)
        new, freed = self._claims.settle(key, old, wanted)
        if new == NOTHING:
            self.states.pop(key, None)
        else:
            self.states[key] = new
        return Change(key, old, new), freed
