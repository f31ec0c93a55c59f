"""A dataplane that programs nothing: it keeps what it was told, and fails where it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping

from proxy.dataplane import Change, Outcome
from proxy.inspected import Inspected
from proxy.model.desired import ServiceState, describe
from proxy.model.objects import Key


class FakeDataplane:
    """See `proxy.dataplane.Dataplane`. Its calls come from a worker thread; tests wait with `reached`."""

    mode = "fake"

    def __init__(self) -> None:
        self.states: dict[Key, ServiceState] = {}
        self.syncs: list[list[Key]] = []
        self.resyncs = 0
        self.failing: dict[Key | None, int] = {}
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()

    def sync(self, changes: Iterable[Change]) -> Outcome:
        changes = list(changes)
        self.syncs.append([change.key for change in changes])
        failures = {change.key: "told to fail" for change in changes if self._fails(change.key)}
        for change in changes:
            if change.key not in failures:
                self.states[change.key] = change.new
        self._tell()
        return Outcome(tuple(change.key for change in changes), failures)

    def compare(self, states: Mapping[Key, ServiceState]) -> Iterator[Outcome]:
        self.resyncs += 1
        if self._fails(None):
            self._tell()
            yield Outcome((), {None: "told to fail"})
            return
        self.states = dict(states)
        self._tell()
        yield Outcome()

    def inspect(self, state: ServiceState) -> list[Inspected]:
        return [Inspected(server, (str(server),), ()) for server in state.servers]

    def housekeeping(self, now: float) -> float | None:
        return None

    def cleanup(self) -> None:
        self.states.clear()

    def close(self) -> None:
        pass

    def dump(self) -> str:
        return describe(self.states)

    async def reached(self, condition) -> None:
        """Returns once the condition holds."""
        while not condition(self):
            self._changed.clear()
            await self._changed.wait()

    def _fails(self, key: Key | None) -> bool:
        left = self.failing.get(key, 0)
        if left:
            self.failing[key] = left - 1
        return left > 0

    def _tell(self) -> None:
        self._loop.call_soon_threadsafe(self._changed.set)
