"""The server's own metrics, under upstream's names.

Called by the filter chain at the end of each request. It calls `kube.metrics`.
Source: k8s.io/apiserver/pkg/endpoints/metrics.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from apiserver.endpoints.flow_control import FlowControl
from apiserver.endpoints.request import Request
from kube.metrics import Counter, Gauge, Histogram

_DURATION_BUCKETS = (
    0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
)  # fmt: skip

requests_total = Counter(
    "apiserver_request_total",
    "Counter of apiserver requests broken out for each verb, group, version, resource, scope, component and code.",
    ("verb", "dry_run", "group", "version", "resource", "subresource", "scope", "component", "code"),
)
duration_seconds = Histogram(
    "apiserver_request_duration_seconds",
    "Response latency distribution in seconds for each verb, group, version, resource, scope and component.",
    ("verb", "dry_run", "group", "version", "resource", "subresource", "scope", "component"),
    buckets=_DURATION_BUCKETS,
)


class InFlight(Gauge):
    """How many requests of each class are under way: asked of the flow control when the page is made."""

    flow: FlowControl | None = None

    def samples(self) -> Iterator[str]:
        if self.flow is not None:
            self.values = {(kind,): float(count) for kind, count in self.flow.in_flight.items()}
        return super().samples()


in_flight = InFlight(
    "apiserver_current_inflight_requests",
    "How many requests are under way, by class.",
    ("request_kind",),
)

tasks = Gauge("kube_lite_asyncio_tasks", "How many asyncio tasks this process has, as go_goroutines tells of Go's.")
tasks.track(lambda: len(asyncio.all_tasks()))

_NAMED = frozenset({"healthz", "livez", "readyz", "metrics", "version", "openapi", "api", "apis"})
_SHOWN = {"create": "POST", "update": "PUT", "patch": "PATCH", "deletecollection": "DELETECOLLECTION"}


def observe(request: Request, seconds: float) -> None:
    """Counts a finished request."""
    info = request.info
    verb = _SHOWN.get(info.verb) or info.verb.upper()
    dry_run = "All" if info.query.get("dryRun") == "All" else ""
    if info.is_resource:
        labels = (verb, dry_run, info.group, info.version, info.resource, info.subresource, _scope(request))
    else:
        labels = (verb, dry_run, "", "", "", _non_resource(info.path), "")
    requests_total.inc(*labels, "apiserver", str(request.code))
    if info.verb != "watch":
        duration_seconds.observe(seconds, *labels, "apiserver")


def _scope(request: Request) -> str:
    if request.info.name:
        return "resource"
    return "namespace" if request.info.namespace else "cluster"


def _non_resource(path: str) -> str:
    first = path.split("/")[1] if path.count("/") else ""
    return f"/{first}" if first in _NAMED else ""
