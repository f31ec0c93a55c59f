"""The Node authorizer: what a kubelet may do, and why not the rest."""

from __future__ import annotations

import json

import pytest

from apiserver.authn.user import User
from apiserver.authz.attributes import Attributes, Decision
from apiserver.authz.modes import authorizer
from apiserver.authz.node import NodeAuthorizer, node_of, with_selected_name
from apiserver.authz.node_graph import NodeGraph
from apiserver.bootstrap.rbac_policy import CLUSTER_ROLES

KUBELET = User("system:node:n1", groups=("system:nodes", "system:authenticated"))
POD = {
    "metadata": {"name": "p", "namespace": "d"},
    "spec": {
        "nodeName": "n1", "serviceAccountName": "web", "imagePullSecrets": [{"name": "pull"}],
        "volumes": [
            {"name": "a", "secret": {"secretName": "vol"}}, {"name": "b", "configMap": {"name": "conf"}},
            {"name": "c", "projected": {"sources": [{"secret": {"name": "part"}}, {"configMap": {"name": "ca"}}]}},
            {"name": "d", "csi": {"driver": "x", "nodePublishSecretRef": {"name": "csi"}}},
        ],
        "containers": [{
            "name": "c", "envFrom": [{"configMapRef": {"name": "all"}}],
            "env": [{"name": "E", "valueFrom": {"secretKeyRef": {"name": "one", "key": "k"}}}, {"name": "F"}],
        }],
    },
}  # fmt: skip
UNRELATED = "no relationship found between node 'n1' and this object"
SELECT_PODS = "can only list/watch pods with spec.nodeName field selector"


@pytest.fixture
def graph() -> NodeGraph:
    graph = NodeGraph()
    graph.apply("d", "p", json.dumps(POD).encode())
    return graph


# verb, resource[/subresource], namespace/name, field selector, the reason of the refusal (None: allowed)
CASES = [
    *[("get", "secrets", f"d/{name}", "", None) for name in ("vol", "part", "pull", "one", "csi")],
    *[("get", "configmaps", f"d/{name}", "", None) for name in ("conf", "ca", "all")],
    ("watch", "configmaps", "d/conf", "", None),
    ("get", "secrets", "d/other", "", UNRELATED),
    ("get", "secrets", "e/vol", "", UNRELATED),
    ("list", "secrets", "d/", "", "No Object name found"),
    ("list", "secrets", "/", "", "can only read namespaced object of this type"),
    ("update", "secrets", "d/vol", "", "can only read resources of this type"),
    ("create", "serviceaccounts/token", "d/web", "", None),
    ("create", "serviceaccounts/token", "d/default", "", UNRELATED),
    ("create", "serviceaccounts", "d/web", "", "can only create token subresource of serviceaccount"),
    ("list", "serviceaccounts", "d/", "", "can only create tokens for individual service accounts"),
    ("get", "pods", "d/p", "", None),
    ("get", "pods", "d/q", "", UNRELATED),
    ("list", "pods", "/", "spec.nodeName=n1", None),
    ("watch", "pods", "/", "spec.nodeName=n2", SELECT_PODS),
    ("list", "pods", "d/", "", SELECT_PODS),
    ("patch", "pods/status", "d/q", "", None),
    ("create", "pods/eviction", "d/q", "", None),
    ("create", "pods/exec", "d/p", "", ""),
    ("get", "nodes", "/n1", "", None),
    ("watch", "nodes", "/", "metadata.name=n1", None),
    ("get", "nodes", "/n2", "", "node 'n1' cannot read 'n2', only its own Node object"),
    ("list", "nodes", "/", "", "node 'n1' cannot read all nodes, only its own Node object"),
    ("delete", "nodes", "/n1", "", ""),
    ("update", "leases", "kube-node-lease/n1", "", None),
    ("create", "leases", "kube-node-lease/", "", None),
    ("get", "leases", "kube-node-lease/n2", "",
     "can only access node lease with the same name as the requesting node"),
    ("get", "leases", "d/n1", "", 'can only access leases in the "kube-node-lease" system namespace'),
    ("list", "leases", "kube-node-lease/", "", "can only get, create, update, patch, or delete a node lease"),
    ("list", "services", "/", "", None),
    ("create", "events", "d/", "", None),
    ("delete", "services", "d/s", "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("verb", "resource", "where", "selector", "reason"), CASES)
def test_what_a_kubelet_may(graph: NodeGraph, verb, resource, where, selector, reason) -> None:
    plural, _, subresource = resource.partition("/")
    namespace, _, name = where.partition("/")
    group = "coordination.k8s.io" if plural == "leases" else ""
    asked = Attributes(KUBELET, verb, group, "v1", plural, subresource, namespace, name, field_selector=selector)
    decision = NodeAuthorizer(graph, CLUSTER_ROLES["system:node"]).authorize(with_selected_name(asked))
    assert decision == (Decision(True) if reason is None else Decision(False, reason))


def test_the_graph_forgets_a_pod_that_is_gone(graph: NodeGraph) -> None:
    graph.apply("d", "q", json.dumps({**POD, "metadata": {"name": "q", "namespace": "d"}}).encode())
    graph.apply("d", "p", None)
    assert graph.related("n1", "secrets", "d", "vol") and not graph.related("n1", "pods", "d", "p")
    graph.apply("d", "q", None)
    assert not graph.related("n1", "secrets", "d", "vol")


def test_a_pod_counts_from_the_moment_it_is_bound() -> None:
    graph = NodeGraph()
    unbound = {**POD, "spec": {k: v for k, v in POD["spec"].items() if k != "nodeName"}}
    graph.apply("d", "p", json.dumps(unbound).encode())
    assert not graph.related("n1", "secrets", "d", "vol")
    graph.apply("d", "p", json.dumps(POD).encode())
    assert graph.related("n1", "secrets", "d", "vol")


def test_who_is_a_kubelet() -> None:
    assert node_of(KUBELET) == "n1"
    assert node_of(User("system:node:n1")) is None
    assert node_of(User("jane", groups=("system:nodes",))) is None


def test_the_first_that_allows_decides_and_reasons_are_joined() -> None:
    known = {"RBAC": lambda asked: Decision(asked.verb == "get"), "Node": lambda asked: Decision(False, "not yours")}
    ask = authorizer(("Node", "RBAC", "AlwaysDeny"), known)
    assert ask(Attributes(KUBELET, "get")).allowed
    assert ask(Attributes(KUBELET, "list")) == Decision(False, "not yours\nEverything is forbidden.")
    with pytest.raises(ValueError, match='authorization-mode "Webhook" is not a valid mode'):
        authorizer(("Webhook",), known)
