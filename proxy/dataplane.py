"""What a dataplane must do, and what it answers: the interface between deciding and the kernel.

Implemented by `proxy.ipvs.proxier` and `proxy.nftables.proxier`; called by `proxy.runner` in a worker thread (all of
these block). It calls nothing. It leaves out how.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from proxy.inspected import Inspected
from proxy.model.desired import ServiceState
from proxy.model.objects import Key


class Change(NamedTuple):
    """One Service: what the kernel was told last, and what it is to be told."""

    key: Key
    old: ServiceState
    new: ServiceState


class Outcome(NamedTuple):
    """What was done, each printable as the command that would do the same, and what failed and why.

    A Service that failed counts as being in its old state; to try the same change again does no harm.
    A failure that belongs to no single Service has the key None and asks for a full resync.
    """

    operations: tuple[Any, ...] = ()
    failures: Mapping[Key | None, str] = {}
    problems: tuple[str, ...] = ()


def joined(outcomes: Iterable[Outcome]) -> Outcome:
    """Several outcomes as one: `joined(dataplane.compare(states))` is a whole comparison."""
    operations: list[Any] = []
    failures: dict[Key | None, str] = {}
    problems: list[str] = []
    for outcome in outcomes:
        operations += outcome.operations
        failures.update(outcome.failures)
        problems += outcome.problems
    return Outcome(tuple(operations), failures, tuple(problems))


class Dataplane(Protocol):
    """One way to program this node's kernel.

    1. `sync` costs what changed. A failed Service does not keep the others from being programmed.
    2. `compare` makes the kernel's state what `states` say, whatever was there, and touches nothing of others; it also
       adopts what an earlier process left, without cutting a connection.
    3. `compare` works in small steps. Once the first comparison has ended, `sync` may be called between two steps of
       a later one: no change waits for a whole comparison.
    """

    mode: str

    def sync(self, changes: Iterable[Change]) -> Outcome:
        """Programs the changes."""

    def compare(self, states: Mapping[Key, ServiceState]) -> Iterator[Outcome]:
        """Compares the kernel with the states and repairs the differences, some with each step. `states` is what has
        been told, also as it changes between the steps."""

    def inspect(self, state: ServiceState) -> list[Inspected]:
        """What the kernel holds for one Service; writes nothing. Raises OSError, RuntimeError."""

    def housekeeping(self, now: float) -> float | None:
        """Work that waits for time to pass; returns in how many seconds to call again, None when there is none."""

    def cleanup(self) -> None:
        """Removes all that is ours."""

    def close(self) -> None:
        """Lets go of sockets; the kernel keeps its state."""
