"""The server's metrics: the names, labels and counts that dashboards and alerts of Kubernetes ask for."""

from __future__ import annotations

import re
import threading

import pytest

from apiserver.storage.etcd.metrics import operation_of
from apiserver.storage.interface import Absent, Delete, Put, Unchanged
from tests.support.cluster import ApiServer

FAMILIES = {
    "apiserver_current_inflight_requests", "apiserver_longrunning_requests", "apiserver_request_duration_seconds",
    "apiserver_request_total", "apiserver_resource_objects", "apiserver_storage_objects",
    "apiserver_watch_events_total", "etcd_request_duration_seconds", "etcd_request_errors_total",
    "etcd_requests_total", "kubernetes_build_info", "process_cpu_seconds_total", "process_open_fds",
    "process_resident_memory_bytes", "process_start_time_seconds",
}  # fmt: skip


def value(server: ApiServer, name: str, **labels: str) -> float:
    """The sum of the samples of that name with these labels."""
    total = 0.0
    for line in server.request("GET", "/metrics")[1].splitlines():
        found = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
        if found and found[1] == name:
            given = dict(re.findall(r'(\w+)="([^"]*)"', found[2] or ""))
            if labels.items() <= given.items():
                total += float(found[3])
    return total


def test_the_families_that_kubernetes_has(apiserver: ApiServer) -> None:
    page = apiserver.request("GET", "/metrics")[1]
    told = {line.split()[2] for line in page.splitlines() if line.startswith("# TYPE")}
    assert told >= FAMILIES


def test_requests_are_counted_by_what_was_asked(apiserver: ApiServer, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    asked = {"verb": "POST", "resource": "configmaps", "scope": "resource", "code": "201", "component": "apiserver"}
    before = value(apiserver, "apiserver_request_total", **asked)
    written = value(apiserver, "etcd_request_duration_seconds_count", operation="create", resource="configmaps")
    objects = value(apiserver, "apiserver_storage_objects", resource="configmaps")
    apiserver.request("POST", path, {"metadata": {"name": "a"}})
    assert value(apiserver, "apiserver_request_total", **asked) == before + 1
    assert value(apiserver, "apiserver_request_duration_seconds_count", resource="configmaps", verb="POST") > 0
    found = value(apiserver, "etcd_request_duration_seconds_count", operation="create", resource="configmaps")
    assert found == written + 1
    while value(apiserver, "apiserver_storage_objects", resource="configmaps") < objects + 1:
        pass  # the cache hears of it in its own time
    assert value(apiserver, "apiserver_resource_objects", group="", resource="nodes") >= 0
    assert value(apiserver, "apiserver_storage_objects", resource="servicecidrs.networking.k8s.io") == 1


@pytest.mark.parametrize(
    ("method", "path", "verb", "scope"),
    [
        ("GET", "/api/v1/pods", "LIST", "cluster"),
        ("GET", "/api/v1/namespaces/a/pods", "LIST", "namespace"),
        ("GET", "/api/v1/namespaces/a/pods/absent", "GET", "resource"),
        ("GET", "/api/v1/namespaces/a/pods/absent/exec?command=x", "CONNECT", "resource"),
        ("DELETE", "/api/v1/namespaces/absent/secrets", "DELETECOLLECTION", "namespace"),
    ],
)
def test_verbs_and_scopes(apiserver: ApiServer, method: str, path: str, verb: str, scope: str) -> None:
    resource = "secrets" if verb == "DELETECOLLECTION" else "pods"
    labels = {"verb": verb, "scope": scope, "resource": resource}
    before = value(apiserver, "apiserver_request_total", **labels)
    apiserver.request(method, path)
    assert value(apiserver, "apiserver_request_total", **labels) == before + 1


@pytest.mark.parametrize(("token", "code"), [(None, "404"), ("nobody's", "401")])
def test_names_that_somebody_makes_up_are_kept_nowhere(apiserver: ApiServer, token: str | None, code: str) -> None:
    unknown = {"verb": "GET", "group": "", "resource": "", "code": code}
    before = value(apiserver, "apiserver_request_total", **unknown)
    for path in ("/api/v1/madeups/a", "/apis/madeup.io/v1/madeups/a", "/api/v1/namespaces/a/pods/b/madeup"):
        apiserver.request("GET", path, token=token)
    apiserver.request("GET", "/api/v1/namespaces/a/madeups/b/log", token=token)
    assert "madeup" not in apiserver.request("GET", "/metrics")[1]
    assert value(apiserver, "apiserver_request_total", **unknown) == before + 4


def test_watches_are_counted_while_they_last(apiserver: ApiServer, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/secrets"
    long = {"verb": "WATCH", "resource": "secrets", "scope": "namespace"}
    watching = threading.Thread(target=apiserver.request, args=("GET", f"{path}?watch=true&timeoutSeconds=2"))
    events = value(apiserver, "apiserver_watch_events_total", version="v1", resource="secrets")
    watching.start()
    while value(apiserver, "apiserver_longrunning_requests", **long) < 1:
        assert watching.is_alive()
    apiserver.request("POST", path, {"metadata": {"name": "a"}})
    watching.join()
    assert value(apiserver, "apiserver_longrunning_requests", **long) == 0
    assert value(apiserver, "apiserver_watch_events_total", version="v1", resource="secrets") == events + 1


@pytest.mark.parametrize(
    ("checks", "ops", "wanted"),
    [
        ([Absent("/registry/pods/a")], [Put("/registry/pods/a", b"")], "create"),
        ([Unchanged("/registry/pods/a", 3)], [Put("/registry/pods/a", b"")], "update"),
        ([Absent("/registry/ips/a")], [Put("/registry/pods/a", b""), Put("/registry/ips/a", b"")], "update"),
        ([], [Delete("/registry/pods/a")], "delete"),
    ],
)
def test_what_a_transaction_is_called(checks: list, ops: list, wanted: str) -> None:
    assert operation_of(checks, ops) == (wanted, "/registry/pods/a")
