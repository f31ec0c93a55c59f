"""Which faults happen when: a plan made of a seed, so that a run can be repeated. Pure.

Called by test_consistency, which carries the plan out on real processes. It calls nothing. One lane for etcd's members
and one for the API servers, so that clients always find somebody again; a majority of etcd is lost only on purpose.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

MEMBERS = ("kill leader", "kill follower", "cut leader", "pause leader", "cut follower", "pause follower",
           "kill majority")  # fmt: skip
SERVERS = ("kill 0", "kill 1", "pause 0", "kill both", "pause 1", "compact")


@dataclass(frozen=True, slots=True)
class Fault:
    """`lasts` seconds after which what was done is undone, and `then` a time of peace; seconds."""

    what: str
    lasts: float
    then: float


def plan(seed: int, lane: str, count: int) -> tuple[Fault, ...]:
    """So many faults of a lane (`etcd`, `apiserver`): every kind once, in a random order, before any comes again."""
    chance = random.Random(f"{seed} {lane}")
    kinds = MEMBERS if lane == "etcd" else SERVERS
    found: list[Fault] = []
    while len(found) < count:
        for what in chance.sample(kinds, len(kinds)):
            found.append(Fault(what, round(chance.uniform(0.3, 2.0), 2), round(chance.uniform(0.3, 1.2), 2)))
    return tuple(found[:count])
