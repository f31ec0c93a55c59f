"""When a component noticed a change of a Service, began to work on it, and had finished: the last few of each.

Written by the endpointslice controller and the proxy, read through their debug endpoints by `kubectl_lite timeline`.
It calls the clock. Memory is bounded: the Services that changed last, a few rounds of each, a few causes of each round.
It leaves out metrics, which count; this remembers.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from kube.clock import Clock

KEYS, ROUNDS, CAUSES = 256, 8, 16


class Noticed(NamedTuple):
    """An object's revision, and the second since 1970 at which it came, or was answered."""

    kind: str
    name: str
    revision: str
    at: float


@dataclass(slots=True)
class Round:
    """One turn of work on one key: what woke it, and what came of it."""

    causes: list[Noticed]
    began: float
    wrote: list[Noticed] = field(default_factory=list)
    ended: float = 0.0


class Stages:
    """1. Each cause belongs to exactly one round: the first that begins after it was seen.
    2. No more than KEYS keys with ROUNDS rounds each are kept, and no more than KEYS wait for a round, which never
       comes for some; of a burst the first CAUSES causes are.
    """

    def __init__(self, clock: Clock):
        self._clock = clock
        self._seen: OrderedDict[Hashable, list[Noticed]] = OrderedDict()
        self._rounds: OrderedDict[Hashable, deque[Round]] = OrderedDict()

    def now(self) -> float:
        return self._clock.now().timestamp()

    def seen(self, key: Hashable, kind: str, name: str, revision: str) -> None:
        """A change that concerns the key has arrived."""
        causes = self._seen.setdefault(key, [])
        if len(causes) < CAUSES:
            causes.append(Noticed(kind, name, revision, self.now()))
        if len(self._seen) > KEYS:
            self._seen.popitem(last=False)

    def begin(self, key: Hashable) -> Round | None:
        """Work on the key begins now; None when nothing was seen that could be its cause."""
        causes = self._seen.pop(key, None)
        return Round(causes, self.now()) if causes else None

    def begin_all(self, keys: Iterable[Any]) -> dict[Any, Round]:
        return {key: found for key in keys if (found := self.begin(key))}

    def wrote(self, one: Round | None, kind: str, name: str, revision: str = "") -> None:
        """Part of the work is done."""
        if one is not None:
            one.wrote.append(Noticed(kind, name, revision, self.now()))

    def end(self, key: Hashable, one: Round | None) -> None:
        """The work is done: from now on it is shown."""
        if one is None:
            return
        one.ended = self.now()
        self._rounds.setdefault(key, deque(maxlen=ROUNDS)).append(one)
        self._rounds.move_to_end(key)
        if len(self._rounds) > KEYS:
            self._rounds.popitem(last=False)

    def shown(self, key: Hashable) -> list[dict[str, Any]]:
        """The rounds of a key, oldest first, as JSON."""
        return [
            {
                "causes": [cause._asdict() for cause in one.causes], "began": one.began,
                "wrote": [done._asdict() for done in one.wrote], "ended": one.ended,
            }
            for one in self._rounds.get(key, ())
        ]  # fmt: skip
