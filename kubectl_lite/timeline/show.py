"""A change's stages as lines: what every node does is one line, with each node's time. Pure.

Called by `kubectl_lite.commands.timeline`. It calls nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from kubectl_lite.timeline.join import Change, Stage

SHOWN_NODES = 5
IN_KERNEL = "in the kernels"
SHARED = (("seen by the proxy of ", "seen by the proxies"), ("in the kernel of ", IN_KERNEL),
          ("nothing to change on ", "nothing to change"))  # fmt: skip


class Line(NamedTuple):
    """`ms` since the change began, of the first of several nodes; `nodes`: (name, ms), in the order of time."""

    ms: float
    what: str
    nodes: tuple[tuple[str, float], ...] = ()

    @property
    def text(self) -> str:
        if not self.nodes:
            return self.what
        if len(self.nodes) > SHOWN_NODES:
            (first, _), (last, at) = self.nodes[0], self.nodes[-1]
            return f"{self.what}: {len(self.nodes)} nodes, first {first}, last {last} {at:.1f}"
        return f"{self.what}: " + ", ".join(f"{node} {ms:.1f}" for node, ms in self.nodes)


def title(change: Change) -> str:
    """Its causes, and after how long the last kernel had it."""
    more = len(change.causes) - 3
    causes = ", ".join(change.causes[:3]) + (f" and {more} more" if more > 0 else "")
    done = [stage.at for stage in change.stages if stage.what.startswith("in the kernel of")]
    return causes + (f": in every kernel after {(max(done) - change.began) * 1000:.0f} ms" if done else "")


def lines(change: Change) -> list[Line]:
    """In the order of time; the second round of a node belongs to the second rounds of others."""
    grouped: dict[tuple[str, int], list[Stage]] = {}
    rounds: Counter[tuple[str, str]] = Counter()
    for stage in change.stages:
        what = shared(stage)
        grouped.setdefault((what, rounds[what, stage.node]), []).append(stage)
        rounds[what, stage.node] += 1
    found = [_line(what, stages, change.began) for (what, _), stages in grouped.items()]
    return sorted(found, key=lambda line: line.ms)


def _line(what: str, stages: Sequence[Stage], began: float) -> Line:
    times = [(stage.node, (stage.at - began) * 1000) for stage in stages]
    return Line(times[0][1], what, tuple(times) if stages[0].node else ())


def shared(stage: Stage) -> str:
    """`in the kernel of node1 (nftables)` -> `in the kernels (nftables)`."""
    for begins, instead in SHARED:
        if stage.node and stage.what.startswith(begins):
            return instead + stage.what.removeprefix(begins + stage.node)
    return stage.what
