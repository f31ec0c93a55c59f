"""One scenario through every client library: what a program does with an API server, from create to delete.

The steps know only `clients.interface`; each library answers with its own calls and types.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from typing import Any

import pytest

from tests.interop.clients import client_node
from tests.interop.clients.client_node import ClientNode
from tests.interop.clients.interface import Client, Event, Json, Refused
from tests.interop.clients.kr8s_client import Kr8s
from tests.interop.clients.lightkube_client import Lightkube
from tests.interop.clients.official import Official, OfficialDynamic
from tests.support.cluster import ApiServer

pytestmark = [
    # kr8s tells which versions it was tested with; the others leave closing to the collector.
    pytest.mark.filterwarnings("ignore:Kubernetes version .* is not supported"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

LIBRARIES: list[type[Client]] = [Official, OfficialDynamic, Kr8s, Lightkube, ClientNode]


@pytest.fixture(scope="module", params=LIBRARIES, ids=lambda library: library.name)
def client(
    request: pytest.FixtureRequest, cluster: ApiServer, new_namespace: Callable[[str], str]
) -> Iterator[Client]:
    library: type[Client] = request.param
    if library is ClientNode and (lacking := client_node.missing()):
        pytest.skip(lacking)
    made = library(str(cluster.kubeconfig()), new_namespace(library.name.replace(".", "-")))
    yield made
    made.close()


def needs(ability: str) -> pytest.MarkDecorator:
    """For a test of what some library cannot do."""
    return pytest.mark.meant_for(lambda client: ability not in client.lacks)


def config_map(name: str, labels: dict[str, str] | None = None, **data: str) -> Json:
    metadata = {"name": name, "labels": labels} if labels else {"name": name}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def deployment(name: str, replicas: int = 2, **labels: str) -> Json:
    labels = labels or {"app": name}
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "labels": labels},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "main", "image": "one", "ports": [{"containerPort": 80}]}]},
            },
        },
    }  # fmt: skip


def service(name: str, **selector: str) -> Json:
    spec = {"selector": selector, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def take(events: Iterator[Event], count: int) -> list[Event]:
    with closing(events):  # type: ignore[type-var]
        return list(islice(events, count))


def until(client: Client, kind: str, name: str, reached: Callable[[Json], bool]) -> Json:
    """Watches one object from now on until it is as wanted."""
    seen = None
    with closing(client.watch(kind, fields=f"metadata.name={name}")) as events:  # type: ignore[type-var]
        for _, seen in events:
            if reached(seen):
                return seen
    pytest.fail(f"{kind} {name} never got there: {seen}")


def rolled_out(obj: Json) -> bool:
    """What `kubectl rollout status` waits for."""
    status, wanted = obj.get("status") or {}, obj["spec"]["replicas"]
    return status.get("observedGeneration") == obj["metadata"]["generation"] and [
        status.get(count) for count in ("replicas", "updatedReplicas", "availableReplicas")
    ] == [wanted] * 3


# ---- objects ----


def test_create_get_list(client: Client) -> None:
    made = client.create(config_map("objects", {"tier": "front"}, a="1"))
    assert client.get("ConfigMap", "objects") == made
    for number in range(3):
        client.create(config_map(f"more-{number}", {"tier": "back"}))
    names = [obj["metadata"]["name"] for obj in client.list("ConfigMap", labels="tier=back")]
    assert names == ["more-0", "more-1", "more-2"]
    assert [o["data"] for o in client.list("ConfigMap", fields="metadata.name=objects")] == [{"a": "1"}]


@needs("replace")
def test_replace_holds_the_revision(client: Client) -> None:
    old = client.create(config_map("replaced", a="1"))
    new = client.replace({**old, "data": {"a": "2"}})
    assert new["data"] == {"a": "2"} and int(new["metadata"]["resourceVersion"]) > int(
        old["metadata"]["resourceVersion"]
    )
    with pytest.raises(Refused) as refused:
        client.replace({**old, "data": {"a": "3"}})
    assert (refused.value.code, refused.value.reason) == (409, "Conflict")


def test_refusals_carry_a_status(client: Client) -> None:
    with pytest.raises(Refused) as refused:
        client.get("ConfigMap", "absent")
    assert (refused.value.code, refused.value.reason) == (404, "NotFound")
    client.create(config_map("twice"))
    with pytest.raises(Refused) as refused:
        client.create(config_map("twice"))
    assert (refused.value.code, refused.value.reason) == (409, "AlreadyExists")
    with pytest.raises(Refused) as refused:
        client.create(service("Wrong.Name"))
    assert (refused.value.code, refused.value.reason) == (422, "Invalid")
    assert {cause["field"] for cause in refused.value.details["causes"]} == {"metadata.name"}


@pytest.mark.parametrize(
    ("patch_type", "body"),
    [
        ("json", [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "two"}]),
        ("merge", {"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "two"}]}}}}),
        ("strategic", {"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "two"}]}}}}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.meant_for(lambda client, patch_type: patch_type not in client.lacks)
def test_patches(client: Client, patch_type: str, body: Any) -> None:
    name = f"patched-{patch_type}"
    client.create(deployment(name, 0))
    client.patch("Deployment", name, patch_type, body)
    container = client.get("Deployment", name)["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == "two"
    assert ("ports" in container) is (patch_type != "merge"), "a merge patch replaces lists"
    labels = {"metadata": {"labels": {"new": "label", "app": None}, "annotations": {"note": "text"}}}
    if patch_type != "json":
        found = client.patch("Deployment", name, patch_type, labels)["metadata"]
        assert found["labels"] == {"new": "label"} and found["annotations"]["note"] == "text"


@needs("apply")
def test_server_side_apply(client: Client) -> None:
    one = config_map("applied", a="1", b="1")
    client.patch("ConfigMap", "applied", "apply", one, manager="one")
    client.patch("ConfigMap", "applied", "apply", config_map("applied", a="1"), manager="one")
    assert client.get("ConfigMap", "applied")["data"] == {"a": "1"}, "what is applied no longer goes"
    with pytest.raises(Refused) as refused:
        client.patch("ConfigMap", "applied", "apply", config_map("applied", a="2"), manager="two")
    assert (refused.value.code, refused.value.reason) == (409, "Conflict")
    assert [(c["reason"], c["field"]) for c in refused.value.details["causes"]] == [
        ("FieldManagerConflict", ".data.a")
    ]
    forced = client.patch("ConfigMap", "applied", "apply", config_map("applied", a="2"), manager="two", force=True)
    assert forced["data"] == {"a": "2"}
    owners = {entry["manager"]: entry["operation"] for entry in forced["metadata"]["managedFields"]}
    assert owners == {"one": "Apply", "two": "Apply"} or owners == {"two": "Apply"}


# ---- watches ----


def test_a_watch_tells_every_change(client: Client) -> None:
    start = client.create(config_map("before"))["metadata"]["resourceVersion"]
    client.create(config_map("watched", {"w": "yes"}, a="1"))
    client.patch("ConfigMap", "watched", "merge", {"data": {"a": "2"}})
    client.patch("ConfigMap", "watched", "merge", {"metadata": {"labels": {"w": "no"}}})
    client.delete("ConfigMap", "watched")
    events = take(client.watch("ConfigMap", since=start, fields="metadata.name=watched"), 4)
    assert [type_ for type_, _ in events] == ["ADDED", "MODIFIED", "MODIFIED", "DELETED"]
    assert [obj["data"]["a"] for _, obj in events] == ["1", "2", "2", "2"]
    revisions = [int(obj["metadata"]["resourceVersion"]) for _, obj in events]
    assert revisions == sorted(set(revisions))
    events = take(client.watch("ConfigMap", since=start, labels="w=yes"), 3)
    assert [type_ for type_, _ in events] == ["ADDED", "MODIFIED", "DELETED"], "it left the selector, then existed on"


# ---- workloads ----


def test_a_rollout(client: Client) -> None:
    client.create(deployment("rolling", 2))
    client.create(service("rolling", app="rolling"))
    until(client, "Deployment", "rolling", rolled_out)
    client.scale("rolling", 3)
    until(client, "Deployment", "rolling", lambda d: d["spec"]["replicas"] == 3 and rolled_out(d))
    [part] = client.list("EndpointSlice", labels="kubernetes.io/service-name=rolling")
    part = until(client, "EndpointSlice", part["metadata"]["name"], lambda s: len(s.get("endpoints") or []) == 3)
    assert part["ports"] == [{"name": "http", "port": 8080, "protocol": "TCP"}]

    image = [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "two"}]
    client.patch("Deployment", "rolling", "json", image)
    until(client, "Deployment", "rolling", rolled_out)
    sets = client.list("ReplicaSet", labels="app=rolling")
    revisions = {s["metadata"]["annotations"]["deployment.kubernetes.io/revision"]: s["spec"]["replicas"] for s in sets}
    assert revisions == {"1": 0, "2": 3}
    assert {p["spec"]["containers"][0]["image"] for p in client.list("Pod", labels="app=rolling")} >= {"two"}
    told = client.list("Event", fields="involvedObject.kind=Deployment,involvedObject.name=rolling")
    assert "ScalingReplicaSet" in {event["reason"] for event in told}


def test_deleting_takes_the_dependents_along(client: Client) -> None:
    client.create(deployment("leaving", 1))
    made = until(client, "Deployment", "leaving", rolled_out)
    client.delete("Deployment", "leaving", propagation="Foreground")
    since = made["metadata"]["resourceVersion"]
    with closing(client.watch("Deployment", since=since, fields="metadata.name=leaving")) as events:  # type: ignore[type-var]
        assert any(type_ == "DELETED" for type_, _ in events)
    assert client.list("ReplicaSet", labels="app=leaving") == []
    with pytest.raises(Refused):
        client.get("Deployment", "leaving")


# ---- what there is, and who may ----


@needs("resources")
def test_discovery(client: Client) -> None:
    assert client.resources() >= {
        "pods.v1", "services.v1", "deployments.apps/v1", "endpointslices.discovery.k8s.io/v1",
        "servicecidrs.networking.k8s.io/v1", "leases.coordination.k8s.io/v1", "poddisruptionbudgets.policy/v1",
    }  # fmt: skip


def test_access_reviews(client: Client, cluster: ApiServer) -> None:
    assert client.can_i("delete", "apps", "deployments")
    accounts = f"/api/v1/namespaces/{client.namespace}/serviceaccounts"
    cluster.request("POST", accounts, {"metadata": {"name": "weak"}})
    _, review = cluster.request("POST", f"{accounts}/weak/token", {"spec": {}})
    nobody = cluster.kubeconfig(review["status"]["token"], "nobody.kubeconfig")
    with closing(type(client)(str(nobody), client.namespace)) as weak:
        assert not weak.can_i("delete", "apps", "deployments")
        with pytest.raises(Refused) as refused:
            weak.list("ConfigMap")
    assert (refused.value.code, refused.value.reason) == (403, "Forbidden")


# ---- streams ----


@pytest.fixture(scope="module")
def pod(client: Client) -> str:
    client.create(deployment("streams", 1))
    until(client, "Deployment", "streams", rolled_out)
    return client.list("Pod", labels="app=streams")[0]["metadata"]["name"]


@needs("logs")
def test_logs(client: Client, pod: str) -> None:
    assert client.logs(pod) == "one\ntwo\nthree\n"


@needs("exec")
def test_exec(client: Client, pod: str) -> None:
    assert client.exec(pod, "sh", "-c", "echo out; echo err >&2; exit 3") == ("out\n", "err\n", 3)
    assert client.exec(pod, "true") == ("", "", 0)


@needs("forward")
def test_port_forward(client: Client, pod: str, echo_port: int) -> None:
    assert client.forward(pod, echo_port, b"hello\n") == b"echo: hello\n"
