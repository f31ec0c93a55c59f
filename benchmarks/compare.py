"""The same load on every server, in turns: what the machine does besides falls on all of them alike.

Called by the benchmarks of the server. It calls `servers` and `load`. Each load gives two rows: how many a second, and
how much processor time the server took for each, which says more on a busy machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack

from benchmarks import OURS, Row, Settings, servers
from benchmarks.load import Load
from benchmarks.servers import Target

Step = Callable[[Target, str], Load]
"""Given a server and a namespace on it."""


def compare(
    settings: Settings, name: str, goal: float, prepare: Callable[[Target, str], object], step: Step
) -> Iterator[Row]:
    """Rows of ours, of the peer if there is one, and of the bare reference."""
    with ExitStack() as stack:
        targets = [stack.enter_context(kind(settings)) for kind in (*servers.kinds(settings), servers.reference)]
        spaces = [stack.enter_context(servers.namespace(target)) for target in targets]
        for target, namespace in zip(targets, spaces, strict=True):
            prepare(target, namespace)
        loads: list[list[Load]] = [[] for _ in targets]
        for _ in range(settings.repeat):
            for target, namespace, found in zip(targets, spaces, loads, strict=True):
                found.append(step(target, namespace))
    for target, found in zip(targets, loads, strict=True):
        yield from rows(name, found, target.subject, goal)


def rows(name: str, loads: Sequence[Load], subject: str, goal: float) -> Iterator[Row]:
    """Only ours has a target."""
    rates, target = tuple(load.rate for load in loads), goal if subject.startswith(OURS) else None
    yield Row(name, "1/s", rates, subject=subject, target=target, note=loads[-1].note)
    if all(load.cpu for load in loads):
        each = tuple(load.cpu / load.requests * 1e6 for load in loads)
        yield Row(f"{name}: CPU", "us", each, more_is_better=False, subject=subject)
