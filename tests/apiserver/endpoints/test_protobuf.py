"""A client that prefers protobuf, as client-go does: what it sends and what it gets, over the wire."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from apiserver.endpoints.handlers.watch_lines import Frames
from kube.api import scheme
from kube.api.apidiscovery_v2 import APIGroupDiscoveryList
from kube.apimachinery.codec import protobuf
from kube.apimachinery.errors import Expired
from kube.apimachinery.meta_discovery import APIResourceList
from kube.apimachinery.meta_v1 import ListMeta, PartialObjectMetadata
from tests.support.cluster import ApiServer

MEDIA = "application/vnd.kubernetes.protobuf"
ACCEPT = f"{MEDIA},application/json"
PARTIAL = f"{MEDIA};as=PartialObjectMetadata;v=v1;g=meta.k8s.io,application/json"


class Client:
    def __init__(self, server: ApiServer, accept: str = ACCEPT):
        self._server, self._accept = server, accept

    @contextmanager
    def open(
        self, method: str, path: str, body: Any = None, content_type: str = "application/json"
    ) -> Iterator[http.client.HTTPResponse]:
        server = self._server
        headers = {"Authorization": f"Bearer {server.token}", "Accept": self._accept, "Content-Type": content_type}
        connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=server.context(), timeout=20)
        with closing(connection):
            connection.request(method, path, body if isinstance(body, bytes | None) else json.dumps(body), headers)
            yield connection.getresponse()

    def __call__(self, method: str, path: str, body: Any = None, **more: str) -> tuple[int, str, dict[str, Any]]:
        """(status, kind, the object)."""
        with self.open(method, path, body, **more) as response:
            assert response.headers["Content-Type"] == MEDIA
            return response.status, *opened(response.read())


def opened(body: bytes) -> tuple[str, dict[str, Any]]:
    """(kind, the object or the list)."""
    envelope = protobuf.open_envelope(body)
    if envelope.api_version == "meta.k8s.io/v1":
        found: Any = PartialObjectMetadata
    else:
        found = scheme.type_of(envelope.api_version, envelope.kind.removesuffix("List"))
    if not envelope.kind.endswith("List"):
        return envelope.kind, protobuf.decode(envelope.raw, found)
    meta, items = None, []
    for number, raw in fields(envelope.raw):
        if number == 1:
            meta = protobuf.decode(raw, ListMeta)
        else:
            items.append(protobuf.decode(raw, found))
    return envelope.kind, {"metadata": meta, "items": items}


def fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """The fields of a message that has no numbers."""
    at = 0
    while at < len(message):
        number, at = message[at] >> 3, at + 1
        length = shift = 0
        while True:
            byte, at = message[at], at + 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        yield number, message[at : at + length]
        at += length


@pytest.fixture
def client(apiserver: ApiServer) -> Client:
    return Client(apiserver)


def sealed(kind: str, body: dict[str, Any], api_version: str = "v1") -> bytes:
    type_ = scheme.type_of(api_version, kind)
    assert type_ is not None
    return protobuf.seal(api_version, kind, protobuf.encode(body, type_))


def test_the_life_of_an_object(client: Client, namespace: str) -> None:
    url = f"/api/v1/namespaces/{namespace}/configmaps"
    sent = sealed("ConfigMap", {"metadata": {"name": "a", "labels": {"b": "c"}}, "data": {"k": "ü"}})
    status, kind, made = client("POST", url, sent, content_type=MEDIA)
    assert (status, kind, made["data"]) == (201, "ConfigMap", {"k": "ü"})
    assert made["metadata"]["uid"] and made["metadata"]["labels"] == {"b": "c"}
    assert client("GET", f"{url}/a") == (200, "ConfigMap", made)
    made["data"]["k"] = "2"
    status, _, changed = client("PUT", f"{url}/a", sealed("ConfigMap", made), content_type=MEDIA)
    assert status == 200 and changed["data"] == {"k": "2"}
    patch = {"data": {"k": "3"}}
    status, _, patched = client("PATCH", f"{url}/a", patch, content_type="application/merge-patch+json")
    assert status == 200 and patched["data"] == {"k": "3"}
    status, _, tried = client(
        "PATCH", f"{url}/a?dryRun=All", {"data": {"k": "4"}}, content_type="application/merge-patch+json"
    )
    assert tried["data"] == {"k": "4"}
    assert client("GET", url) == (
        200,
        "ConfigMapList",
        {"metadata": client("GET", url)[2]["metadata"], "items": [patched]},
    )
    options = sealed("DeleteOptions", {"preconditions": {"uid": "another"}})
    status, kind, refused = client("DELETE", f"{url}/a", options, content_type=MEDIA)
    assert (status, kind, refused["reason"]) == (409, "Status", "Conflict")
    status, kind, gone = client("DELETE", f"{url}/a")
    assert (status, kind, gone["status"]) == (200, "Status", "Success")


def test_errors_are_a_status(client: Client, namespace: str) -> None:
    status, kind, found = client("GET", f"/api/v1/namespaces/{namespace}/pods/none")
    assert (status, kind) == (404, "Status")
    assert found == {
        "metadata": {}, "status": "Failure", "message": 'pods "none" not found', "reason": "NotFound",
        "details": {"name": "none", "kind": "pods"}, "code": 404,
    }  # fmt: skip


def test_lists_in_pages(client: Client, apiserver: ApiServer, namespace: str) -> None:
    url = f"/api/v1/namespaces/{namespace}/secrets"
    for name in "abc":
        assert client("POST", url, {"metadata": {"name": name}, "data": {"x": "AAE="}})[0] == 201
    _, kind, page = client("GET", f"{url}?limit=2")
    assert kind == "SecretList" and [i["metadata"]["name"] for i in page["items"]] == ["a", "b"]
    assert page["metadata"]["remainingItemCount"] == 1
    _, _, rest = client("GET", f"{url}?limit=2&continue={page['metadata']['continue']}")
    assert [i["data"] for i in rest["items"]] == [{"x": "AAE="}]
    assert rest["metadata"] == {"resourceVersion": page["metadata"]["resourceVersion"]}
    assert len(client("GET", f"{url}?fieldSelector=metadata.name%3Da")[2]["items"]) == 1
    assert client("DELETE", url)[1] == "SecretList"
    assert client("GET", url)[2]["items"] == []


def test_metadata_only(apiserver: ApiServer, namespace: str) -> None:
    client, url = Client(apiserver, PARTIAL), f"/api/v1/namespaces/{namespace}/configmaps"
    status, kind, made = client("POST", url, {"metadata": {"name": "a"}, "data": {"k": "v"}})
    assert (status, kind, list(made)) == (201, "PartialObjectMetadata", ["metadata"])
    with client.open("GET", f"{url}/b") as response:  # an error has one form only
        assert (response.status, response.headers["Content-Type"]) == (404, "application/json")
    listing = Client(apiserver, PARTIAL.replace("Metadata;", "MetadataList;"))
    _, kind, found = listing("GET", url)
    assert (kind, found["items"]) == ("PartialObjectMetadataList", [made])


def test_a_table_has_no_protobuf(apiserver: ApiServer, namespace: str) -> None:
    client = Client(apiserver, f"{MEDIA};as=Table;v=v1;g=meta.k8s.io")
    with client.open("GET", f"/api/v1/namespaces/{namespace}/pods") as response:
        assert (response.status, response.headers["Content-Type"]) == (406, "application/json")
        assert json.load(response)["reason"] == "NotAcceptable"


def test_subresources(client: Client, namespace: str) -> None:
    url = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec = {"replicas": 2, "selector": {"matchLabels": {"a": "b"}}, "template": template}
    assert client("POST", url, {"metadata": {"name": "d"}, "spec": spec})[0] == 201
    _, kind, scale = client("GET", f"{url}/d/scale")
    assert (kind, scale["spec"], scale["status"]) == ("Scale", {"replicas": 2}, {"selector": "a=b"})
    scale["spec"]["replicas"] = 0
    sent = sealed("Scale", scale, "autoscaling/v1")
    assert "spec" in client("PUT", f"{url}/d/scale", sent, content_type=MEDIA)[2]
    _, kind, status = client("PATCH", f"{url}/d/status", {"status": {"replicas": 1}},
                             content_type="application/merge-patch+json")  # fmt: skip
    assert (kind, status["spec"]["replicas"], status["status"]) == ("Deployment", 0, {"replicas": 1})


@pytest.mark.parametrize(
    ("path", "kind", "shown"),
    [
        ("/api", "APIVersions", b"v1"), ("/apis", "APIGroupList", b"apps/v1"), ("/apis/apps", "APIGroup", b"apps/v1"),
        ("/api/v1", "APIResourceList", b"\x1a\x03Pod"), ("/apis/apps/v1", "APIResourceList", b"deploy"),
    ],
)  # fmt: skip
def test_discovery(client: Client, path: str, kind: str, shown: bytes) -> None:
    with client.open("GET", path) as response:
        assert (response.status, response.headers["Content-Type"]) == (200, MEDIA)
        envelope = protobuf.open_envelope(response.read())
        assert envelope.kind == kind and shown in envelope.raw


def test_resources_in_discovery(client: Client) -> None:
    with client.open("GET", "/apis/apps/v1") as response:
        found = protobuf.decode(protobuf.open_envelope(response.read()).raw, APIResourceList)
    by_name = {resource["name"]: resource for resource in found["resources"]}
    assert by_name["deployments"]["verbs"][0] == "create" and by_name["deployments"]["shortNames"] == ["deploy"]
    assert by_name["deployments/scale"]["group"] == "autoscaling"


def test_all_of_discovery_at_once(apiserver: ApiServer) -> None:
    form = "g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    with Client(apiserver, f"{MEDIA};{form}").open("GET", "/apis") as response:
        assert response.headers["Content-Type"] == f"{MEDIA};{form}"
        found = protobuf.decode(protobuf.open_envelope(response.read()).raw, APIGroupDiscoveryList)
    _, _, wanted = apiserver.exchange("GET", "/apis", headers={"Accept": f"application/json;{form}"})
    assert [APIGroupDiscoveryList.from_dict(d).items for d in (found, wanted)] == [
        APIGroupDiscoveryList.from_dict(wanted).items
    ] * 2


@pytest.mark.parametrize(
    ("path", "api_version", "kind", "body", "shown"),
    [
        ("authentication.k8s.io/v1/tokenreviews", "authentication.k8s.io/v1", "TokenReview",
         {"spec": {"token": "admin-token"}}, "authenticated"),
        ("authorization.k8s.io/v1/selfsubjectaccessreviews", "authorization.k8s.io/v1", "SelfSubjectAccessReview",
         {"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}}, "allowed"),
        ("authorization.k8s.io/v1/selfsubjectrulesreviews", "authorization.k8s.io/v1", "SelfSubjectRulesReview",
         {"spec": {"namespace": "default"}}, "resourceRules"),
        ("authentication.k8s.io/v1/selfsubjectreviews", "authentication.k8s.io/v1", "SelfSubjectReview",
         {}, "userInfo"),
    ],
)  # fmt: skip
def test_reviews(client: Client, path: str, api_version: str, kind: str, body: dict, shown: str) -> None:
    status, answered, found = client("POST", f"/apis/{path}", sealed(kind, body, api_version), content_type=MEDIA)
    assert (status, answered) == (201, kind) and found["status"][shown]


def test_a_pod_is_bound_and_evicted_and_gets_tokens(client: Client, namespace: str) -> None:
    url = f"/api/v1/namespaces/{namespace}"
    account = sealed("ServiceAccount", {"metadata": {"name": "a"}})
    assert client("POST", f"{url}/serviceaccounts", account, content_type=MEDIA)[0] == 201
    wanted = sealed("TokenRequest", {"spec": {"expirationSeconds": 600}}, "authentication.k8s.io/v1")
    _, kind, found = client("POST", f"{url}/serviceaccounts/a/token", wanted, content_type=MEDIA)
    assert (kind, found["status"]["token"].count("."), found["spec"]["expirationSeconds"]) == ("TokenRequest", 2, 600)
    pod = sealed("Pod", {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}})
    assert client("POST", f"{url}/pods", pod, content_type=MEDIA)[0] == 201
    binding = sealed("Binding", {"metadata": {"name": "p"}, "target": {"kind": "Node", "name": "n"}})
    status, kind, found = client("POST", f"{url}/pods/p/binding", binding, content_type=MEDIA)
    assert (status, kind, found) == (201, "Status", {"metadata": {}, "status": "Success", "code": 201})
    assert client("GET", f"{url}/pods/p")[2]["spec"]["nodeName"] == "n"
    now = {"metadata": {"name": "p"}, "deleteOptions": {"gracePeriodSeconds": 0}}
    status, kind, _ = client("POST", f"{url}/pods/p/eviction", sealed("Eviction", now, "policy/v1"), content_type=MEDIA)
    assert (status, kind) == (201, "Status")
    assert client("GET", f"{url}/pods/p")[0] == 404


class Events:
    """An open watch: events one by one."""

    def __init__(self, response: http.client.HTTPResponse):
        self.response = response

    def next(self) -> tuple[str, str, dict[str, Any]] | None:
        """(type, kind, object)."""
        head = self.response.read(4)
        if not head:
            return None
        event = dict(fields(self.response.read(int.from_bytes(head, "big"))))
        return event[1].decode(), *opened(dict(fields(event[2]))[1])

    def names(self, count: int) -> list[str]:
        return [f"{type_} {obj['metadata'].get('name')}" for type_, _, obj in (self.next() for _ in range(count))]


@contextmanager
def watch(client: Client, path: str) -> Iterator[Events]:
    with client.open("GET", path) as response:
        assert (response.status, response.headers["Content-Type"]) == (200, f"{MEDIA};stream=watch")
        yield Events(response)


def test_watch(client: Client, namespace: str) -> None:
    url = f"/api/v1/namespaces/{namespace}/configmaps"
    for name in ("a", "b"):
        client("POST", url, {"metadata": {"name": name}, "data": {"k": name}})
    start = f"{url}?watch=true&timeoutSeconds=20"
    initial = f"{start}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
    with watch(client, start) as events, watch(client, f"{initial}&labelSelector=on") as chosen:
        assert events.names(2) == ["ADDED a", "ADDED b"]
        type_, kind, bookmark = chosen.next()
        assert (type_, kind) == ("BOOKMARK", "ConfigMap")
        assert bookmark["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
        client("PATCH", f"{url}/a", {"metadata": {"labels": {"on": "1"}}}, content_type="application/merge-patch+json")
        _, _, changed = client(
            "PATCH", f"{url}/a", {"metadata": {"labels": None}}, content_type="application/merge-patch+json"
        )
        client("DELETE", f"{url}/b")
        assert events.names(3) == ["MODIFIED a", "MODIFIED a", "DELETED b"]
        assert chosen.next()[0] == "ADDED"
        type_, _, left = chosen.next()
        assert (type_, left["data"]) == ("DELETED", {"k": "a"})
        assert left["metadata"]["resourceVersion"] == changed["metadata"]["resourceVersion"]


def test_the_last_word_of_a_watch_that_fails() -> None:
    pods = scheme.by_path("", "v1", "pods")
    size, _, rest = Frames(pods).error(Expired("too old").status).partition(b"\r\n")
    assert len(rest) == int(size, 16) + 2
    event = dict(fields(rest[4:-2]))
    assert event[1] == b"ERROR" and opened(dict(fields(event[2]))[1])[1]["code"] == 410


def test_a_watch_of_metadata(apiserver: ApiServer, namespace: str) -> None:
    client, url = Client(apiserver, PARTIAL), f"/api/v1/namespaces/{namespace}/configmaps"
    client("POST", url, {"metadata": {"name": "a"}, "data": {"k": "v"}})
    with watch(client, f"{url}?watch=true&timeoutSeconds=20") as events:
        type_, kind, obj = events.next()
        assert (type_, kind, list(obj)) == ("ADDED", "PartialObjectMetadata", ["metadata"])


def test_no_events_in_yaml(apiserver: ApiServer, namespace: str) -> None:
    with Client(apiserver, "application/yaml").open("GET", f"/api/v1/namespaces/{namespace}/pods?watch=1") as response:
        assert response.status == 406
        assert b"application/vnd.kubernetes.protobuf;stream=watch" in response.read()
