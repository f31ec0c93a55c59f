"""How long a daemon pod that ended stays before the next is made in its place: longer each time on one node. Pure.

Called by `controllers.daemonset.controller`, for pods that it is about to take away. It calls nothing. It leaves out
waiting. Source: k8s.io/kubernetes/pkg/controller/daemon, failedPodsBackoff.

| pods that ended on a node, of one generation of the set | the next one stays |
|---|---|
| none, or the last one half an hour after its time | not at all |
| one, two, three, ... | until 1 s, 2 s, 4 s, ... 15 minutes have passed since |
"""

from __future__ import annotations

from collections.abc import Hashable

FIRST, LONGEST = 1.0, 900.0


class Backoff:
    """A set that is changed begins anew: its next pods may well not end."""

    def __init__(self) -> None:
        self._sets: dict[Hashable, tuple[Hashable, dict[str, tuple[float, float]]]] = {}

    def wait(self, key: Hashable, generation: Hashable, node: str, now: float) -> float:
        """Seconds that the pod has to stay; 0 when it may go, which counts as one more that ended."""
        known, nodes = self._sets.get(key, (generation, {}))
        if known != generation:
            nodes = {}
        self._sets[key] = generation, nodes
        delay, until = nodes.get(node, (0.0, now))
        if now < until:
            return until - now
        delay = FIRST if not delay or now - until > 2 * LONGEST else min(2 * delay, LONGEST)
        nodes[node] = delay, now + delay
        return 0.0

    def forget(self, key: Hashable) -> None:
        """The set is gone."""
        self._sets.pop(key, None)
