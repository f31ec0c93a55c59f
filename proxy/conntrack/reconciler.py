"""Deletes the flows that a change made stale, once the change is in the kernel.

Called by `proxy.runner` after each sync. It calls `plan`, and `kernel` in a worker thread. It leaves out TCP.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from kube.clock import Clock
from proxy.conntrack import kernel
from proxy.conntrack.plan import stale_flows
from proxy.dataplane import Change
from proxy.observed import Observed

log = logging.getLogger("proxy")


class Reconciler:
    """A failure is logged and not tried again: the entries that are left end by themselves."""

    def __init__(self, clock: Clock, observed: Observed):
        self._clock, self._observed = clock, observed

    async def reconcile(self, changes: Iterable[Change]) -> None:
        flows = stale_flows(changes)
        for family in sorted({flow.server.family for flow in flows}):
            began, deleted = self._clock.monotonic(), 0
            try:
                deleted = await asyncio.to_thread(kernel.delete, [f for f in flows if f.server.family == family])
            except OSError as error:
                log.error("deleting conntrack entries: %s", error)
            self._observed.flows_deleted(family, deleted, self._clock.monotonic() - began)
