"""What is wrong with a request, in Kubernetes' words: nothing of FastAPI's reaches a client."""

from __future__ import annotations

import pytest

from tests.support.cluster import ApiServer

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"


@pytest.mark.parametrize(
    ("method", "path", "code", "answer"),
    [
        ("GET", "/nope", 404, "404 page not found\n"),
        ("POST", "/nope", 404, "404 page not found\n"),
        ("GET", "/apis/none.example/v1/things", 404, "404 page not found\n"),
        ("GET", "/api/v2", 404, "the server could not find the requested resource"),
        ("GET", "/apis/apps/v9", 404, "the server could not find the requested resource"),
        ("GET", "/apis/apps/v1/nope", 404, "the server could not find the requested resource"),
        ("POST", "/api", 405, "the server does not allow this method on the requested resource"),
        ("PUT", "/version", 405, "the server does not allow this method on the requested resource"),
        ("POST", f"{CONFIG_MAPS}/a", 405, "the server does not allow this method on the requested resource"),
        ("DELETE", "/api/v1/namespaces", 405, "the server does not allow this method on the requested resource"),
        ("BREW", f"{CONFIG_MAPS}/a", 405, "the server does not allow this method on the requested resource"),
        ("get", CONFIG_MAPS, 405, "the server does not allow this method on the requested resource"),
        ("PROPFIND", "/api/v1", 405, "the server does not allow this method on the requested resource"),
        ("GET", f"{CONFIG_MAPS}/none", 404, 'configmaps "none" not found'),
    ],
)
def test_paths_and_methods(apiserver: ApiServer, method: str, path: str, code: int, answer: str) -> None:
    status, body = apiserver.request(method, path)
    assert (status, body if isinstance(body, str) else body["message"]) == (code, answer)
    if isinstance(body, dict):
        assert body["kind"] == "Status" and body["code"] == code


def test_media_types(apiserver: ApiServer) -> None:
    status, answer = apiserver.request("GET", CONFIG_MAPS, headers={"Accept": "text/html"})
    assert (status, answer["reason"]) == (406, "NotAcceptable")
    status, answer = apiserver.request("POST", CONFIG_MAPS, b"x", headers={"Content-Type": "text/plain"})
    assert (status, answer["reason"]) == (415, "UnsupportedMediaType")


def test_a_body_over_three_mebibytes_is_refused(apiserver: ApiServer) -> None:
    body = b'{"data":{"a":"' + b"x" * (3 * 1024 * 1024) + b'"}}'
    status, answer = apiserver.request("POST", CONFIG_MAPS, body, headers={"Content-Type": "application/json"})
    assert (status, answer["message"]) == (413, "Request entity too large: limit is 3145728")


@pytest.mark.parametrize("path", ["/version", "/version/", "/api", "/api/", "/apis", "/apis/", "/api/v1/"])
def test_trailing_slashes_are_answered_directly(apiserver: ApiServer, path: str) -> None:
    assert apiserver.request("GET", path)[0] == 200


def test_documents(apiserver: ApiServer) -> None:
    _, index = apiserver.request("GET", "/openapi/v3")
    url = index["paths"]["api/v1"]["serverRelativeURL"]
    assert apiserver.request("GET", url)[1]["openapi"] == "3.0.0"
    assert apiserver.request("GET", "/openapi/v2")[1]["swagger"] == "2.0"
    assert "swagger-ui" in apiserver.request("GET", "/docs")[1]
    assert "apiserver_request_total" in apiserver.request("GET", "/metrics")[1]
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"
    _, groups = apiserver.request("GET", "/apis", headers={"Accept": accept})
    assert groups["kind"] == "APIGroupDiscoveryList" and groups["items"][0]["metadata"]["name"] == "apps"
