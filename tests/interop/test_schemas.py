"""What the server answers is what the official schemas say: one object of every kind at least, from a live cluster.

The schemas are those of the PyPI package kubernetes-validate, read strictly: a field that they do not know is an error.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable
from contextlib import closing
from typing import Any

import kubernetes_validate
import pytest

from kube.api import scheme
from kube.apimachinery.scheme import Resource
from tests.interop.test_clients import deployment, service
from tests.support.cluster import ApiServer

Json = dict[str, Any]
VERSION = "1.36"

LABELS = {"app": "schemas"}
TEMPLATE = deployment("x", **LABELS)["spec"]["template"]
WORKLOAD = {"selector": {"matchLabels": LABELS}, "template": TEMPLATE}

# What no controller makes by itself.
OBJECTS: dict[str, Json] = {
    "Deployment": deployment("schemas", 1, **LABELS),
    "Service": service("schemas", **LABELS),
    "StatefulSet": {"spec": {**WORKLOAD, "serviceName": "schemas"}},
    "DaemonSet": {"spec": WORKLOAD},
    "ConfigMap": {"data": {"a": "b"}, "binaryData": {"c": "AAE="}},
    "Secret": {"stringData": {"a": "b"}},
    "Lease": {"spec": {"holderIdentity": "me", "renewTime": "2026-01-02T03:04:05.000006Z"}},
    "PodDisruptionBudget": {"spec": {"minAvailable": "50%", "selector": {"matchLabels": LABELS}}},
    "NetworkPolicy": {"spec": {"podSelector": {}}},
    "PodTemplate": {"template": TEMPLATE},
    "Role": {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]},
    "RoleBinding": {
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "schemas"},
        "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "jane"}],
    },
    "ServiceAccount": {},
}

# Kinds that are only answers.
REVIEWS: dict[str, Json] = {
    "TokenReview": {"spec": {"token": "none"}},
    "SelfSubjectReview": {},
    "SelfSubjectAccessReview": {"spec": {"nonResourceAttributes": {"verb": "get", "path": "/"}}},
    "SubjectAccessReview": {"spec": {"user": "jane", "resourceAttributes": {"verb": "get", "resource": "pods"}}},
    "LocalSubjectAccessReview": {"spec": {"user": "jane", "resourceAttributes": {"verb": "get", "resource": "pods"}}},
    "SelfSubjectRulesReview": {"spec": {"namespace": "default"}},
}


@pytest.fixture(scope="module")
def namespace(cluster: ApiServer, new_namespace: Callable[[str], str]) -> str:
    """A namespace with one object of each kind that people make."""
    name = new_namespace("schemas")
    for kind in scheme:
        if kind.kind in OBJECTS:
            body = {**OBJECTS[kind.kind], "apiVersion": kind.api_version, "kind": kind.kind}
            body["metadata"] = {**body.get("metadata", {}), "name": "schemas"}
            status, answer = cluster.request("POST", collection(kind, name), body)
            assert status == 201, answer
    return name


def collection(kind: Resource, namespace: str) -> str:
    root = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
    return f"{root}/namespaces/{namespace}/{kind.plural}" if kind.namespaced and namespace else f"{root}/{kind.plural}"


def without_null(value: Any) -> Any:
    """Go writes a list that was never set as null; the schemas do not foresee it."""
    if isinstance(value, dict):
        return {key: without_null(item) for key, item in value.items() if item is not None}
    return [without_null(item) for item in value] if isinstance(value, list) else value


def check(obj: Json) -> None:
    kubernetes_validate.validate(without_null(obj), VERSION, strict=True)


@pytest.mark.parametrize("kind", [r for r in scheme if {"list", "create"} <= set(r.verbs)], ids=lambda r: r.path())
def test_listed_objects(cluster: ApiServer, namespace: str, kind: Resource) -> None:
    """All there are, up to ten."""
    await_one(cluster, kind)
    status, listed = cluster.request("GET", f"{collection(kind, '')}?limit=10")
    assert status == 200
    for item in listed["items"]:
        if "eventTime" in item:  # required, and null in events of the old kind
            item["eventTime"] = item["eventTime"] or "2026-01-02T03:04:05.000006Z"
        check({"apiVersion": kind.api_version, "kind": kind.kind, **item})


def await_one(cluster: ApiServer, kind: Resource) -> None:
    """What controllers make is waited for: a watch without a revision tells of the first one, here or to come."""
    with closing(http.client.HTTPSConnection("127.0.0.1", cluster.port, context=cluster.context())) as connection:
        headers = {"Authorization": f"Bearer {cluster.token}"}
        connection.request("GET", f"{collection(kind, '')}?watch=true&timeoutSeconds=30", headers=headers)
        assert connection.getresponse().readline(), f"no {kind.plural} to look at"


@pytest.mark.parametrize("kind", [r for r in scheme if r.kind in REVIEWS], ids=lambda r: r.plural)
def test_reviews(cluster: ApiServer, namespace: str, kind: Resource) -> None:
    body = {"apiVersion": kind.api_version, "kind": kind.kind, **REVIEWS[kind.kind]}
    if kind.namespaced:
        body["spec"]["resourceAttributes"]["namespace"] = namespace
    status, answer = cluster.request("POST", collection(kind, namespace), body)
    assert status == 201, answer
    check(answer)


def test_subresources(cluster: ApiServer, namespace: str) -> None:
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/schemas"
    token = f"/api/v1/namespaces/{namespace}/serviceaccounts/schemas/token"
    for method, target, body in [("GET", f"{path}/scale", None), ("GET", f"{path}/status", None), ("POST", token, {})]:
        status, answer = cluster.request(method, target, body)
        assert status in (200, 201), answer
        check(answer)
