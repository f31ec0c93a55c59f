"""Expectations: what a controller has done and its informer has not yet seen.

Called by the replicaset and daemonset controllers, which would otherwise create a pod twice while their own creation is
still on its way back through the watch. Pure, but for what it remembers; time comes from the constructor's clock.
Source: k8s.io/kubernetes/pkg/controller/controller_utils.go.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field

TIMEOUT = 300.0
"""After so long an expectation is given up: the watch event was lost, or never came to be."""


@dataclass
class _Expected:
    creations: int = 0
    deletions: set[Hashable] = field(default_factory=set)
    since: float = 0.0


class Expectations:
    """For each controlled object (key): creations counted, deletions by name, so that one seen twice counts once.

    1. `satisfied` is true for a key of which nothing is expected, or all was seen, or 5 minutes have passed.
    2. Seeing more than was expected is harmless.
    """

    def __init__(self, monotonic: Callable[[], float]):
        self._monotonic = monotonic
        self._expected: dict[Hashable, _Expected] = {}

    def satisfied(self, key: Hashable) -> bool:
        expected = self._expected.get(key)
        if expected is None or (expected.creations <= 0 and not expected.deletions):
            return True
        return self._monotonic() - expected.since > TIMEOUT

    def expect_creations(self, key: Hashable, count: int) -> None:
        self._expected[key] = _Expected(creations=count, since=self._monotonic())

    def expect_deletions(self, key: Hashable, names: Iterable[Hashable]) -> None:
        self._expected[key] = _Expected(deletions=set(names), since=self._monotonic())

    def expect_creations_too(self, key: Hashable, count: int) -> None:
        """Besides the deletions that are expected already."""
        expected = self._expected.setdefault(key, _Expected())
        expected.creations, expected.since = count, self._monotonic()

    def creation_observed(self, key: Hashable) -> None:
        """Also called for a creation that failed: it will never be seen."""
        if key in self._expected:
            self._expected[key].creations -= 1

    def deletion_observed(self, key: Hashable, name: Hashable) -> None:
        if key in self._expected:
            self._expected[key].deletions.discard(name)

    def forget(self, key: Hashable) -> None:
        self._expected.pop(key, None)
