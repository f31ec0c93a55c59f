"""What comes with every answer besides its body; bodies for people, and compressed ones."""

from __future__ import annotations

import gzip
import http.client
import json
from contextlib import closing
from uuid import UUID

import pytest

from tests.support.cluster import ApiServer


def fetch(server: ApiServer, path: str, **headers: str) -> tuple[http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=server.context(), timeout=20)
    sent = {"Authorization": f"Bearer {server.token}"} | {k.replace("_", "-"): v for k, v in headers.items()}
    with closing(connection):
        connection.request("GET", path, headers=sent)
        response = connection.getresponse()
        return response.headers, response.read()


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/namespaces/default", "/api/v1/namespaces/none", "/apis", "/healthz", "/nosuch",
        "/api/v1/namespaces?watch=true&timeoutSeconds=1",
    ],
)  # fmt: skip
def test_every_answer_has_the_id_under_which_it_is_audited(apiserver: ApiServer, path: str) -> None:
    ids = [fetch(apiserver, path)[0]["Audit-Id"] for _ in range(2)]
    assert ids[0] != ids[1] and all(UUID(i).version == 4 for i in ids)
    assert fetch(apiserver, path, Audit_Id="mine")[0]["Audit-Id"] == "mine"


@pytest.mark.parametrize(
    ("path", "token", "nosniff"),
    [
        ("/api/v1/namespaces/default", "admin-token", False), ("/api/v1/namespaces/default", "jane-token", True),
        ("/nosuch", "admin-token", True), ("/livez", "admin-token", True), ("/api", "wrong", False),
    ],
)  # fmt: skip
def test_what_browsers_must_take_as_it_is(apiserver: ApiServer, path: str, token: str, nosniff: bool) -> None:
    headers, _ = fetch(apiserver, path, Authorization=f"Bearer {token}")
    assert headers["X-Content-Type-Options"] == ("nosniff" if nosniff else None)
    assert headers["WWW-Authenticate"] is None


@pytest.mark.parametrize(
    ("query", "agent", "pretty"),
    [
        ("", "kubectl/v1.36.0", False), ("", "curl/8.0", True), ("", "Mozilla/5.0 (X11)", True),
        ("?pretty=true", "", True), ("?pretty=false", "curl/8.0", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "path", ["/api/v1/namespaces", "/api/v1/namespaces/default", "/api/v1/namespaces/none", "/api"]
)
def test_json_is_indented_for_people(apiserver: ApiServer, path: str, query: str, agent: str, pretty: bool) -> None:
    _, body = fetch(apiserver, path + query, User_Agent=agent)
    found = json.loads(body)
    if pretty:
        assert body.decode() == json.dumps(found, indent=2)
    else:
        assert body.decode() == json.dumps(found, separators=(",", ":")) + "\n"


def test_long_bodies_are_compressed_for_who_can_read_that(apiserver: ApiServer, namespace: str) -> None:
    url = f"/api/v1/namespaces/{namespace}/configmaps"
    for name, size in (("short", 1000), ("long", 200_000)):
        body = {"metadata": {"name": name}, "data": {"k": "x" * size}}
        assert apiserver.request("POST", url, body)[0] == 201
    for path in (url, f"{url}/long"):
        for accept in ("application/json", "application/vnd.kubernetes.protobuf"):
            for query in ("", "?resourceVersion=0"):  # the second finds the items of the first
                _, plain = fetch(apiserver, path + query, Accept=accept)
                headers, packed = fetch(apiserver, path + query, Accept=accept, Accept_Encoding="deflate, gzip")
                assert (headers["Content-Encoding"], headers["Vary"]) == ("gzip", "Accept-Encoding")
                assert gzip.decompress(packed) == plain and len(packed) == int(headers["Content-Length"])
            assert fetch(apiserver, path, Accept=accept, Accept_Encoding="br")[1] == plain
    assert fetch(apiserver, f"{url}/short", Accept_Encoding="gzip")[0]["Content-Encoding"] is None


def test_json_escapes_what_go_escapes_and_yaml_does_not(apiserver: ApiServer) -> None:
    made = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "signs"}, "data": {"k": "a<b>&c"}}
    assert apiserver.request("POST", "/api/v1/namespaces/default/configmaps", made)[0] == 201
    path = "/api/v1/namespaces/default/configmaps/signs"
    for pretty in ("false", "true"):
        assert rb'a\u003cb\u003e\u0026c"' in fetch(apiserver, f"{path}?pretty={pretty}")[1]
    assert b"k: a<b>&c\n" in fetch(apiserver, path, Accept="application/yaml")[1]
