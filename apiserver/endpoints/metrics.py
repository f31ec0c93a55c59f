"""The server's own metrics, under upstream's names.

Called by the filter chain around each request, and by watches. It calls `kube.metrics`.
Source: k8s.io/apiserver/pkg/endpoints/metrics, pkg/storage/etcd3/metrics.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping

from apiserver.endpoints.flow_control import FlowControl
from apiserver.endpoints.request import Request
from apiserver.endpoints.request_info import RequestInfo
from apiserver.endpoints.version import VERSION
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
            counts = self.flow.in_flight
            self.values = {(kind,): float(counts[kind]) for kind in ("mutating", "readOnly")}
        return super().samples()


in_flight = InFlight(
    "apiserver_current_inflight_requests",
    "Maximal number of currently used inflight request limit of this apiserver per request kind in last second.",
    ("request_kind",),
)
long_running = Gauge(
    "apiserver_longrunning_requests",
    "Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and "
    "component.",
    ("verb", "group", "version", "resource", "subresource", "scope", "component"),
)
watch_events = Counter(
    "apiserver_watch_events_total", "Number of events sent in watch clients", ("group", "version", "resource")
)
build_info = Gauge(
    "kubernetes_build_info",
    "A metric with a constant '1' value labeled by major, minor, git version, git commit, git tree state, build date, "
    "Go version, and compiler from which Kubernetes was built, and platform on which it is running.",
    ("build_date", "compiler", "git_commit", "git_tree_state", "git_version", "go_version", "major", "minor",
     "platform"),
)  # fmt: skip
build_info.set(1, *(VERSION[name] for name in (
    "buildDate", "compiler", "gitCommit", "gitTreeState", "gitVersion", "goVersion", "major", "minor", "platform",
)))  # fmt: skip


class StoredObjects(Gauge):
    """How many objects of each (group, resource) there are: asked when the page is made."""

    count: Callable[[], Mapping[tuple[str, str], int]] | None = None

    def samples(self) -> Iterator[str]:
        if self.count is not None:
            self.values = {self._labels(*resource): float(number) for resource, number in self.count().items()}
        return super().samples()

    def _labels(self, group: str, resource: str) -> tuple[str, ...]:
        """The older metric of the two has both in one label."""
        return (group, resource) if len(self.label_names) == 2 else (f"{resource}.{group}" if group else resource,)


resource_objects = StoredObjects(
    "apiserver_resource_objects",
    "Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be "
    "-1.",
    ("group", "resource"),
)
storage_objects = StoredObjects(
    "apiserver_storage_objects",
    "[DEPRECATED, consider using apiserver_resource_objects instead] Number of stored objects at the time of last "
    "check split by kind. In case of a fetching error, the value will be -1.",
    ("resource",),
)

tasks = Gauge("kube_lite_asyncio_tasks", "How many asyncio tasks this process has, as go_goroutines tells of Go's.")
tasks.track(lambda: len(asyncio.all_tasks()))

_NAMED = frozenset({"healthz", "livez", "readyz", "metrics", "version", "openapi", "api", "apis"})
_CONNECTED = frozenset({"exec", "attach", "portforward", "proxy"})
_SHOWN = {"create": "POST", "update": "PUT", "patch": "PATCH", "deletecollection": "DELETECOLLECTION"}


def begin_long(request: Request) -> Callable[[], None]:
    """Counts a watch, a followed log or the like in; the answer counts it out."""
    labels = (_verb(request.info), *_place(request), "apiserver")
    long_running.inc(*labels)
    return lambda: long_running.dec(*labels)


def observe(request: Request, seconds: float) -> None:
    """Counts a finished request."""
    info = request.info
    verb = _verb(info)
    dry_run = "All" if info.query.get("dryRun") == "All" else ""
    labels = (verb, dry_run, *_place(request))
    requests_total.inc(*labels, "apiserver", str(request.code))
    if info.verb != "watch":
        duration_seconds.observe(seconds, *labels, "apiserver")


def _place(request: Request) -> tuple[str, str, str, str, str]:
    """Group, version, resource, subresource and scope. Of what is not served they are left out: anybody, known or not,
    can make names up, and each would be a line of the page for ever."""
    info = request.info
    if request.served:
        return info.group, info.version, info.resource, info.subresource, _scope(request)
    return "", "", "", _non_resource(info.path), ""


def _verb(info: RequestInfo) -> str:
    """A stream or a relayed request is CONNECT, whatever its method."""
    if info.subresource in _CONNECTED:
        return "CONNECT"
    return _SHOWN.get(info.verb) or info.verb.upper()


def _scope(request: Request) -> str:
    """Of what is created the name may not be known yet."""
    if request.info.name or request.info.verb == "create":
        return "resource"
    return "namespace" if request.info.namespace else "cluster"


def _non_resource(path: str) -> str:
    first = path.split("/")[1] if path.count("/") else ""
    return f"/{first}" if first in _NAMED else ""
