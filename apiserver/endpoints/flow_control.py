"""Limits on requests in flight, by class, so that one kind of client cannot starve the others.

Called by the filter chain. It calls nothing. Requests over the limit get 429 with Retry-After at once: clients come
back by themselves. Health checks are never refused. Source: `--max-requests-inflight` of kube-apiserver; it leaves out
the queues of API Priority and Fairness.

| class | counts against |
|---|---|
| mutating (create, update, patch, delete) | `mutating` |
| reading (get, list) | `reading` |
| watching, logs, exec (long-running) | `watching` |
| health, version, metrics, discovery | nothing |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from apiserver.endpoints.request_info import RequestInfo
from kube.apimachinery.errors import TooManyRequests

_MUTATING = frozenset({"create", "update", "patch", "delete", "deletecollection"})
_LONG = frozenset({"log", "exec", "attach", "portforward", "proxy"})
_TEXT = "Too many requests, please try again later."


@dataclass
class FlowControl:
    """How many of each class may be in flight; 0: any number."""

    mutating: int = 400
    reading: int = 800
    watching: int = 10_000
    in_flight: dict[str, int] = field(default_factory=lambda: {"mutating": 0, "readOnly": 0, "long": 0})

    def enter(self, info: RequestInfo) -> Callable[[], None]:
        """Counts the request in; the answer counts it out. Raises TooManyRequests."""
        if not info.is_resource:
            return _nothing
        if info.verb == "watch" or info.subresource in _LONG:
            kind, limit = "long", self.watching
        elif info.verb in _MUTATING:
            kind, limit = "mutating", self.mutating
        else:
            kind, limit = "readOnly", self.reading
        if self.in_flight[kind] >= limit > 0:
            raise TooManyRequests(_TEXT, retry_after=1)
        self.in_flight[kind] += 1
        return self._out[kind]

    def __post_init__(self) -> None:
        self._out = {kind: self._leaver(kind) for kind in self.in_flight}

    def _leaver(self, kind: str) -> Callable[[], None]:
        def leave() -> None:
            self.in_flight[kind] -= 1

        return leave


def _nothing() -> None:
    """Not counted."""
