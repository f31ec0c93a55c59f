"""What a request line is about."""

from __future__ import annotations

import pytest

from apiserver.endpoints.request_info import parse_query, request_info

TABLE = [
    # method, path, query -> verb, group, version, namespace, resource, name, subresource
    ("GET", "/api/v1/pods", "", "list  v1  pods  "),
    ("GET", "/api/v1/pods", "watch=true", "watch  v1  pods  "),
    ("GET", "/api/v1/pods", "watch=1", "watch  v1  pods  "),
    ("GET", "/api/v1/pods", "watch=false", "list  v1  pods  "),
    ("POST", "/api/v1/namespaces/d/pods", "", "create  v1 d pods  "),
    ("GET", "/api/v1/namespaces/d/pods/p", "", "get  v1 d pods p "),
    ("GET", "/api/v1/namespaces/d/pods/p", "watch=true", "get  v1 d pods p "),
    ("GET", "/api/v1/namespaces/d/pods/p/log", "", "get  v1 d pods p log"),
    ("POST", "/api/v1/namespaces/d/pods/p/exec", "", "create  v1 d pods p exec"),
    ("PUT", "/api/v1/namespaces/d/pods/p/status", "", "update  v1 d pods p status"),
    ("DELETE", "/api/v1/namespaces/d/pods", "", "deletecollection  v1 d pods  "),
    ("DELETE", "/api/v1/namespaces/d", "", "delete  v1 d namespaces d "),
    ("PUT", "/api/v1/namespaces/d/finalize", "", "update  v1 d namespaces d finalize"),
    ("GET", "/api/v1/namespaces", "", "list  v1  namespaces  "),
    ("PATCH", "/apis/apps/v1/namespaces/d/deployments/w/scale", "", "patch apps v1 d deployments w scale"),
    ("GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles/a", "",
     "get rbac.authorization.k8s.io v1  clusterroles a "),
    ("GET", "/api/v1/watch/namespaces/d/pods", "", "watch  v1 d pods  "),
    ("GET", "/api/v1/watch/namespaces/d/pods/p", "", "watch  v1 d pods p "),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "query", "expected"), TABLE)
def test_resource_requests(method: str, path: str, query: str, expected: str) -> None:
    info = request_info(method, path, parse_query(query.encode()))
    found = (info.verb, info.group, info.version, info.namespace, info.resource, info.name, info.subresource)
    assert info.is_resource and " ".join(found) == expected


@pytest.mark.parametrize("path", ["/", "/api", "/api/v1", "/apis/apps/v1", "/apis//v1/x", "/healthz", "/openapi/v3"])
def test_other_requests(path: str) -> None:
    info = request_info("GET", path, {})
    assert not info.is_resource and (info.verb, info.path) == ("get", path)


def test_a_trailing_slash_is_noted_and_the_rest_of_a_proxy_path_kept() -> None:
    info = request_info("GET", "/api/v1/namespaces/d/services/s:80/proxy/a/b/", {})
    assert (info.name, info.subresource, info.rest, info.trailing_slash) == ("s:80", "proxy", ("a", "b"), True)
