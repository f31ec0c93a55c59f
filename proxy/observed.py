"""What the runner's metrics say, kept apart from what it does.

Called by `proxy.runner` at each turn. It calls `proxy.metrics`. It leaves out serving them.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from kube.clock import Clock
from proxy import metrics
from proxy.dataplane import Change
from proxy.model.desired import lacks_local
from proxy.model.objects import Key

_CHANGES = {
    "Service": (metrics.SERVICE_CHANGES, metrics.SERVICE_CHANGES_PENDING),
    "EndpointSlice": (metrics.ENDPOINT_CHANGES, metrics.ENDPOINT_CHANGES_PENDING),
}


class Observed:
    """The metrics of one proxy. All families are programmed together, so each is told the same."""

    def __init__(self, clock: Clock, families: Sequence[int], mode: str):
        self._clock, self._families = clock, families
        self._labels = [metrics.family_label(family) for family in families]
        self._failures_of_mode = metrics.NFTABLES_FAILURES if mode == "nftables" else None
        if self._failures_of_mode:  # shown from the start, as upstream in this mode
            for label in self._labels:
                self._failures_of_mode.inc(label, by=0)
                metrics.NFTABLES_CLEANUP_FAILURES.inc(label, by=0)
        self._lacking: Counter[tuple[int, str]] = Counter()

    def changed(self, kind: str) -> None:
        """A `Service` or an `EndpointSlice` came, changed or went."""
        total, pending = _CHANGES[kind]
        total.inc()
        pending.inc()

    def queued(self) -> None:
        for label in self._labels:
            metrics.LAST_QUEUED.set(self._clock.now().timestamp(), label)

    def taken(self) -> None:
        """The changes until now are being programmed."""
        metrics.SERVICE_CHANGES_PENDING.set(0)
        metrics.ENDPOINT_CHANGES_PENDING.set(0)

    def synced(self, seconds: float, full: bool) -> None:
        """One sync, or one comparison with the kernel (`full`), is over."""
        for label in self._labels:
            metrics.SYNC_SECONDS.observe(seconds, label)
            (metrics.FULL_SYNC_SECONDS if full else metrics.PARTIAL_SYNC_SECONDS).observe(seconds, label)

    def programmed(self, changes: Iterable[Change], failed: Collection[Key | None], pending: int) -> None:
        """These changes are in the kernel, but for those that failed."""
        metrics.PENDING.set(pending)
        metrics.FAILURES.inc(by=len(failed))
        if failed and self._failures_of_mode:
            for label in self._labels:
                self._failures_of_mode.inc(label)
        if not failed:
            for label in self._labels:
                metrics.LAST_SYNC.set(self._clock.now().timestamp(), label)
        for change in changes:
            if change.key not in failed:
                self._lacking.subtract(lacks_local(change.old))
                self._lacking.update(lacks_local(change.new))
        for family, policy in itertools.product(self._families, ("internal", "external")):
            metrics.NO_LOCAL_ENDPOINTS.set(self._lacking[family, policy], metrics.family_label(family), policy)

    def latency(self, changed: Mapping[Key, str], failed: Collection[Key | None]) -> None:
        """From the moment that the endpoints' controller noted until now."""
        now = self._clock.now()
        for key, trigger in changed.items():
            if trigger and key not in failed:
                seconds = max(0.0, (now - datetime.fromisoformat(trigger)).total_seconds())
                for label in self._labels:
                    metrics.PROGRAMMING_SECONDS.observe(seconds, label)

    def flows_deleted(self, family: int, count: int, seconds: float) -> None:
        metrics.CONNTRACK_DELETED.inc(metrics.family_label(family), by=count)
        metrics.CONNTRACK_SECONDS.observe(seconds, metrics.family_label(family))
