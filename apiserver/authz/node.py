"""The Node authorizer: a kubelet may do what concerns its own node and the pods bound to it, and no more.

Asked before RBAC with `--authorization-mode Node,RBAC`. It calls the graph of nodes and what their pods need. What a
kubelet *writes* into the objects that it may write is the business of the NodeRestriction admission plugin. Source:
kubernetes plugin/pkg/auth/authorizer/node; KEP-4601 (selectors).

| resource | what a kubelet may |
|---|---|
| nodes | create, change; read its own |
| pods | list and watch with `spec.nodeName` as selector; read its own; create, delete, change their status, evict |
| secrets, configmaps | read those that its pods need |
| serviceaccounts | read, and get tokens of, those of its pods |
| leases in kube-node-lease | its own |
| all else | what the role system:node says |
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from apiserver.authn.user import User
from apiserver.authz.attributes import Attributes, Decision
from apiserver.authz.node_graph import NodeGraph
from apiserver.authz.rules import Rule, rule_allows
from kube.apimachinery import fields

NODES, PREFIX, LEASES = "system:nodes", "system:node:", "kube-node-lease"
_READ = frozenset({"get", "list", "watch"})
_ALLOWED, _NO_OPINION = Decision(True), Decision(False)


def node_of(user: User) -> str | None:
    """The node whose kubelet a user is; "" for a kubelet that does not say which; None for everybody else."""
    if NODES not in user.groups or not user.name.startswith(PREFIX):
        return None
    return user.name.removeprefix(PREFIX)


class NodeAuthorizer:
    """`rules`: those of the role system:node."""

    def __init__(self, graph: NodeGraph, rules: Sequence[Rule]):
        self._graph, self._rules = graph, rules
        self._special = {
            ("", "secrets"): self._object_of_a_pod, ("", "configmaps"): self._object_of_a_pod,
            ("", "serviceaccounts"): self._service_account, ("", "nodes"): _node, ("", "pods"): self._pod,
            ("coordination.k8s.io", "leases"): _lease,
        }  # fmt: skip

    def authorize(self, asked: Attributes) -> Decision:
        """A decision that is not allowed is no opinion: RBAC is asked next."""
        node = node_of(asked.user)
        if node is None:
            return _NO_OPINION
        if not node:
            return Decision(False, f'unknown node for user "{asked.user.name}"')
        special = self._special.get((asked.group, asked.resource)) if asked.is_resource else None
        if special is not None:
            return special(node, asked)
        return _ALLOWED if any(rule_allows(rule, asked) for rule in self._rules) else _NO_OPINION

    def _object_of_a_pod(self, node: str, asked: Attributes) -> Decision:
        if asked.verb not in _READ:
            return Decision(False, "can only read resources of this type")
        if asked.subresource:
            return Decision(False, "cannot read subresource")
        if not asked.namespace:
            return Decision(False, "can only read namespaced object of this type")
        return self._related(node, asked)

    def _service_account(self, node: str, asked: Attributes) -> Decision:
        if asked.verb == "get" and not asked.subresource:
            return self._related(node, asked)
        if asked.verb != "create" or not asked.name:
            return Decision(False, "can only create tokens for individual service accounts")
        if asked.subresource != "token":
            return Decision(False, "can only create token subresource of serviceaccount")
        return self._related(node, asked)

    def _pod(self, node: str, asked: Attributes) -> Decision:
        verb, subresource = asked.verb, asked.subresource
        if (subresource, verb) in (("status", "update"), ("status", "patch"), ("eviction", "create")):
            return _ALLOWED
        if subresource:
            return _NO_OPINION
        if verb == "get":
            return self._related(node, asked)
        if verb in _READ:
            mine = _selected(asked, "spec.nodeName") == node
            return _ALLOWED if mine else Decision(False, "can only list/watch pods with spec.nodeName field selector")
        return _ALLOWED if verb in ("create", "delete") else _NO_OPINION

    def _related(self, node: str, asked: Attributes) -> Decision:
        if not asked.name:
            return Decision(False, "No Object name found")
        if self._graph.related(node, asked.resource, asked.namespace, asked.name):
            return _ALLOWED
        return Decision(False, f"no relationship found between node '{node}' and this object")


def _node(node: str, asked: Attributes) -> Decision:
    if asked.subresource == "status":
        return _ALLOWED if asked.verb in ("update", "patch") else _NO_OPINION
    if asked.subresource:
        return _NO_OPINION
    if asked.verb in ("create", "update", "patch"):
        return _ALLOWED
    if asked.verb not in _READ:
        return _NO_OPINION
    if asked.name == node:
        return _ALLOWED
    what = f"'{asked.name}'" if asked.name else "all nodes"
    return Decision(False, f"node '{node}' cannot read {what}, only its own Node object")


def _lease(node: str, asked: Attributes) -> Decision:
    if asked.verb not in ("get", "create", "update", "patch", "delete"):
        return Decision(False, "can only get, create, update, patch, or delete a node lease")
    if asked.namespace != LEASES:
        return Decision(False, f'can only access leases in the "{LEASES}" system namespace')
    if asked.verb != "create" and asked.name != node:
        return Decision(False, "can only access node lease with the same name as the requesting node")
    return _ALLOWED


def _selected(asked: Attributes, field: str) -> str | None:
    """The value that the request's field selector demands of a field."""
    try:
        return fields.parse(asked.field_selector).requires_exactly(field) if asked.field_selector else None
    except ValueError:
        return None


def with_selected_name(asked: Attributes) -> Attributes:
    """A list of the one object that the field selector names is a request for that object."""
    if asked.name or not asked.field_selector or asked.verb not in ("list", "watch", "deletecollection"):
        return asked
    return replace(asked, name=_selected(asked, "metadata.name") or "")
