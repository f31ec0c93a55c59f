"""Puts the memories of the components together: what belongs to one change is found by revisions. Pure.

Called by `kubectl_lite.commands.timeline`. It calls nothing.

    a Pod's or Service's revision  ->  the controller's round that it woke  ->  the slice's revision that it wrote
    ->  each proxy's round that this revision woke  ->  the moment when the kernel had it
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Json = dict[str, Any]
CONTROLLER = "endpointslice-controller"


class Stage(NamedTuple):
    """`at`: seconds since 1970 by `clock`'s clock."""

    at: float
    what: str
    clock: str
    node: str = ""
    """Of a stage that every node has: which one."""


@dataclass
class Change:
    """One change and how it travelled. `causes` are `Kind name (revision R)`, oldest first."""

    causes: list[str]
    stages: list[Stage] = field(default_factory=list)

    @property
    def began(self) -> float:
        return min(stage.at for stage in self.stages)

    def add(self, at: float | None, what: str, clock: str, node: str = "") -> None:
        if at:
            self.stages.append(Stage(at, what, clock, node))


@dataclass(frozen=True)
class Memories:
    """`controllers`: its rounds. `proxies`: node -> its rounds. `stored`: revision -> when the API server had it."""

    controllers: Sequence[Json]
    proxies: Mapping[str, Sequence[Json]]
    stored: Mapping[str, float]


def revisions(controllers: Iterable[Json], proxies: Mapping[str, Sequence[Json]]) -> set[str]:
    """All revisions that the memories speak of."""
    rounds = [*controllers, *(one for rounds in proxies.values() for one in rounds)]
    return {item["revision"] for one in rounds for item in (*one["causes"], *one["wrote"]) if item["revision"]}


def clock_shifts(memories: Memories) -> dict[str, float]:
    """Node -> by how many seconds its clock is behind the API server's, at least.

    No proxy can have seen a revision before it was stored: the earliest sighting that says so tells how much is amiss.
    """
    shifts: dict[str, float] = {}
    for node, rounds in memories.proxies.items():
        stored = [(cause["at"], memories.stored.get(cause["revision"])) for one in rounds for cause in one["causes"]]
        shifts[node] = max((at - seen for seen, at in stored if at), default=0.0)
    return {node: shift for node, shift in shifts.items() if shift > 0}


def join(memories: Memories) -> list[Change]:
    """The changes that came to something, oldest first."""
    shifts = clock_shifts(memories)
    changes: list[Change] = []
    owner: dict[str, Change] = {}
    for one in memories.controllers:
        change = _controller_change(one, memories.stored)
        changes.append(change)
        for item in (*one["wrote"], *one["causes"]):
            if item["kind"] in ("EndpointSlice", "Service"):
                owner[item["revision"]] = change
    for node, rounds in memories.proxies.items():
        for one in rounds:
            for change in _belongs_to(one, owner, changes, memories.stored):
                _add_proxy(change, node, one, shifts.get(node, 0.0))
    shown = [change for change in changes if _came_to_something(change)]
    for change in shown:
        change.stages.sort(key=lambda stage: stage.at)
    return sorted(shown, key=lambda change: change.began)


def _controller_change(one: Json, stored: Mapping[str, float]) -> Change:
    change = Change([_shown(cause) for cause in one["causes"]])
    for cause in one["causes"]:
        change.add(stored.get(cause["revision"]), f"{cause['kind']} {cause['name']} stored", "API server")
    change.add(one["causes"][0]["at"], f"seen by {CONTROLLER}", "controllers")
    change.add(one["began"], f"{CONTROLLER} begins", "controllers")
    for done in one["wrote"]:
        named = f"{done['kind']} {done['name']}"
        change.add(stored.get(done["revision"]), f"{named} stored", "API server")
        change.add(done["at"], f"{named} written (revision {done['revision']})", "controllers")
    return change


def _belongs_to(
    one: Json, owner: dict[str, Change], changes: list[Change], stored: Mapping[str, float]
) -> list[Change]:
    """The changes that woke a proxy's round; one that no controller knows of begins here."""
    found: dict[int, Change] = {}
    for cause in one["causes"]:
        change = owner.get(cause["revision"])
        if change is None:
            change = owner[cause["revision"]] = Change([_shown(cause)])
            change.add(stored.get(cause["revision"]), f"{cause['kind']} {cause['name']} stored", "API server")
            changes.append(change)
        found[id(change)] = change
    return list(found.values())


def _add_proxy(change: Change, node: str, one: Json, shift: float) -> None:
    """`shift`: the seconds that the node's clock is behind."""
    change.add(one["causes"][0]["at"] + shift, f"seen by the proxy of {node}", node, node)
    for done in one["wrote"]:
        change.add(done["at"] + shift, f"in the kernel of {node} ({done['name']})", node, node)
    if not one["wrote"]:
        change.add(one["ended"] + shift, f"nothing to change on {node}", node, node)


def _came_to_something(change: Change) -> bool:
    """A pod's change that altered no endpoint ends at the controller: it is no change of the Service."""
    return any("written" in stage.what or "the kernel of" in stage.what for stage in change.stages)


def _shown(item: Json) -> str:
    return f"{item['kind']} {item['name']} (revision {item['revision']})"
