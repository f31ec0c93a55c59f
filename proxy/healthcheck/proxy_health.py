"""Whether the proxy keeps up: `/livez` says so, `/healthz` also whether the node should get traffic at all.

Called by `proxy.serving`; `proxy.runner` reports queued and finished updates. It calls the clock. It leaves out the
dataplane.
Source: kube-proxy's healthcheck/proxy_health.go; KEP-3836.

| | updates keep up | an update is older than the limit |
|---|---|---|
| node eligible | healthz 200, livez 200 | 503, 503 |
| node being deleted | healthz 503, livez 200 | 503, 503 |
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kube.clock import Clock
from kube.http_server import Answer


class ProxyHealth:
    """Healthy until a queued update stays unfinished for `limit_seconds`."""

    def __init__(self, clock: Clock, limit_seconds: float, families: Sequence[int]):
        self._clock, self._limit, self._families = clock, limit_seconds, families
        self._queued_at: float | None = None
        self._updated: datetime | None = None
        self.node_eligible = True

    def queued(self) -> None:
        """Something changed that is not in the kernel yet."""
        if self._queued_at is None:
            self._queued_at = self._clock.monotonic()

    def updated(self) -> None:
        """All that was queued is in the kernel."""
        self._queued_at = None
        self._updated = self._clock.now()

    @property
    def healthy(self) -> bool:
        if self._updated is None:
            return False
        return self._queued_at is None or self._clock.monotonic() - self._queued_at < self._limit

    def facts(self) -> dict[str, Any]:
        """For `proxy.debug`: `lastUpdated` in seconds since 1970, 0 before the first update."""
        return {"healthy": self.healthy, "lastUpdated": self._updated.timestamp() if self._updated else 0.0}

    def healthz(self) -> Answer:
        return self._answer(self.healthy and self.node_eligible, {"nodeEligible": self.node_eligible})

    def livez(self) -> Answer:
        return self._answer(self.healthy, {})

    def _answer(self, good: bool, more: dict[str, bool]) -> Answer:
        """All families are programmed together, so each is told the same. Of a healthy proxy the last update is now,
        also where nothing had to be updated, as upstream says it."""
        now, healthy = self._clock.now(), self.healthy
        updated = _time(self._updated) if self._updated else "0001-01-01T00:00:00Z"
        body = {
            "lastUpdated": _time(now) if good else updated,
            "currentTime": _time(now),
            **more,
            "healthy": healthy,
            "status": {f"IPv{family}": {"lastUpdated": updated, "healthy": healthy} for family in self._families},
        }
        return Answer(json.dumps(body), 200 if good else 503, "application/json")


def _time(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
