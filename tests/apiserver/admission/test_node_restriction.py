"""A kubelet, with its certificate, at a server that restricts nodes: its own things and no others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.cluster import ApiServer

PODS, LEASES = "/api/v1/namespaces/default/pods", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
MERGE = {"Content-Type": "application/merge-patch+json"}
Kubelet = Callable[..., tuple[int, str]]


@pytest.fixture
def server(new_apiserver: Callable[..., ApiServer]) -> ApiServer:
    server = new_apiserver(flags=("--enable-admission-plugins", "NodeRestriction"))
    for node in ("n1", "n2"):
        server.request("POST", "/api/v1/nodes", {"metadata": {"name": node}})
        spec = {"nodeName": node, "containers": [{"name": "c", "image": "i"}]}
        server.request("POST", PODS, {"metadata": {"name": f"of-{node}"}, "spec": spec})
    return server


@pytest.fixture
def kubelet(server: ApiServer) -> Kubelet:
    certificate: tuple[Path, Path] = server.authority.client("system:node:n1", ["system:nodes"])

    def request(method: str, path: str, body: Any = None) -> tuple[int, str]:
        headers = MERGE if method == "PATCH" else {}
        status, answer = server.request(method, path, body, token="", headers=headers, cert=certificate)
        return status, answer.get("message", "")

    return request


def test_its_own_things(kubelet: Kubelet) -> None:
    assert kubelet("PATCH", "/api/v1/nodes/n1/status", {"status": {"phase": "Running"}})[0] == 200
    assert kubelet("PATCH", "/api/v1/nodes/n1", {"metadata": {"labels": {"kubernetes.io/os": "linux"}}})[0] == 200
    assert kubelet("PATCH", f"{PODS}/of-n1/status", {"status": {"phase": "Running"}})[0] == 200
    assert kubelet("POST", LEASES, {"metadata": {"name": "n1"}})[0] == 201
    assert kubelet("DELETE", f"{PODS}/of-n1?gracePeriodSeconds=0")[0] == 200


OTHERS = [
    ("PATCH", "/api/v1/nodes/n2", {"metadata": {"labels": {"a": "b"}}},
     'nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"'),
    ("PATCH", "/api/v1/nodes/n1", {"spec": {"taints": []}},
     'nodes "n1" is forbidden: node "n1" is not allowed to modify taints'),
    ("PATCH", "/api/v1/nodes/n1", {"metadata": {"labels": {"node-role.kubernetes.io/control-plane": ""}}},
     'nodes "n1" is forbidden: is not allowed to modify labels: node-role.kubernetes.io/control-plane'),
    ("POST", "/api/v1/nodes", {"metadata": {"name": "n3"}},
     'nodes "n3" is forbidden: node "n1" is not allowed to modify node "n3"'),
    ("PATCH", f"{PODS}/of-n2/status", {"status": {"phase": "Failed"}},
     'pods "of-n2" is forbidden: node "n1" can only update pod status for pods with spec.nodeName set to itself'),
    ("DELETE", f"{PODS}/of-n2", None,
     'pods "of-n2" is forbidden: node "n1" can only delete pods with spec.nodeName set to itself'),
    ("POST", PODS, {"metadata": {"name": "x"}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
     'pods "x" is forbidden: pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create'
     " mirror pods"),
    ("POST", LEASES, {"metadata": {"name": "n2"}},
     'leases.coordination.k8s.io "n2" is forbidden: can only access node lease with the same name as the requesting'
     " node"),
    ("GET", f"{PODS}/of-n2", None,
     'pods "of-n2" is forbidden: User "system:node:n1" cannot get resource "pods" in API group "" in the namespace'
     " \"default\": no relationship found between node 'n1' and this object"),
]  # fmt: skip
"""(method, path, body, why it is refused)"""


def test_other_peoples_things(kubelet: Kubelet) -> None:
    for method, path, body, why in OTHERS:
        assert kubelet(method, path, body) == (403, why)
