"""NodeRestriction: a kubelet changes its own Node and Lease, and the status of pods bound to it, and no others.

One of the admission plugins, off unless `--enable-admission-plugins NodeRestriction`. It calls the getter it is given.
What a kubelet may *read* is the Node authorizer's business. Source: kubernetes plugin/pkg/admission/noderestriction.

| write | allowed when |
|---|---|
| a pod | it mirrors a static pod of the node, belongs to the Node object, and refers to nothing |
| a pod's deletion (so its eviction), status | the pod is bound to the node |
| a Node | it is its own; neither taints nor labels that mean something to others change |
| a Lease | it is in kube-node-lease and has the node's name |
| a token | it is bound to a pod that is bound to the node |
"""

from __future__ import annotations

from typing import Any

from apiserver.admission.interface import Attributes, GetObject, Plugin, refused
from apiserver.authz.node import LEASES, node_of
from apiserver.authz.node_graph import references
from kube.api import scheme
from kube.api.authentication_v1 import TokenRequest
from kube.api.core_v1 import Node, Pod
from kube.apimachinery.errors import not_found
from kube.apimachinery.meta_v1 import Object, OwnerReference

_PODS = scheme.by_type(Pod)
_MIRROR = "kubernetes.io/config.mirror"
_KUBELET_LABELS = frozenset({
    "kubernetes.io/hostname", "kubernetes.io/os", "kubernetes.io/arch", "beta.kubernetes.io/os",
    "beta.kubernetes.io/arch", "topology.kubernetes.io/zone", "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/region",
    "node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type",
})  # fmt: skip
_KUBELET_DOMAINS = ("kubelet.kubernetes.io", "node.kubernetes.io")


class NodeRestriction(Plugin):
    operations = frozenset({"CREATE", "UPDATE", "DELETE"})
    resources = frozenset({"pods", "nodes", "leases", "serviceaccounts"})

    def __init__(self, get: GetObject, get_fresh: GetObject):
        self._get, self._get_fresh = get, get_fresh

    async def admit(self, attributes: Attributes, obj: Object | None, old: Object | None) -> None:
        node = node_of(attributes.user) if attributes.user is not None else None
        if node is None:
            return
        if not node:
            raise _refused(attributes, f'could not determine node from user "{attributes.user.name}"')
        if attributes.resource.plural == "pods":
            why = await self._pod(attributes, node, obj, old)
        elif attributes.resource.plural == "nodes":
            why = _node(attributes, node, obj, old)
        elif attributes.resource.plural == "leases":
            why = _lease(attributes, node, obj)
        else:
            why = await self._token(attributes, node, obj)
        if why:
            raise _refused(attributes, why, obj)

    async def _pod(self, attributes: Attributes, node: str, obj: Any, old: Any) -> str:
        operation, subresource = attributes.operation, attributes.subresource
        if subresource == "status":
            return _pod_status(operation, node, obj, old)
        if subresource:
            return f"unexpected pod subresource \"{subresource}\", only 'status' and 'eviction' are allowed"
        if operation == "DELETE":
            pod = await self._existing_pod(attributes, attributes.name)
            return _bound(pod, node, f'node "{node}" can only delete pods with spec.nodeName set to itself')
        if operation == "CREATE":
            return _mirror_pod(obj, node) or await self._owner(obj.metadata.ownerReferences, node)
        return f'unexpected operation "{operation}", node "{node}" can only create and delete mirror pods'

    async def _existing_pod(self, attributes: Attributes, name: str) -> dict[str, Any]:
        pod = await self._get("pods", attributes.namespace, name)
        pod = pod or await self._get_fresh("pods", attributes.namespace, name)
        if pod is None:
            raise not_found(_PODS, name)
        return pod

    async def _owner(self, owners: list[OwnerReference], node: str) -> str:
        if len(owners) > 1:
            return f'node "{node}" can only create pods with a single owner reference set to itself'
        owner = owners[0] if owners else OwnerReference()
        if (owner.apiVersion, owner.kind, owner.name) != ("v1", "Node", node):
            return f'node "{node}" can only create pods with an owner reference set to itself'
        if not owner.controller:
            return f'node "{node}" can only create pods with a controller owner reference set to itself'
        if owner.blockOwnerDeletion:
            return f'node "{node}" must not set blockOwnerDeletion on an owner reference'
        found = await self._get_fresh("nodes", "", node)
        uid = found["metadata"]["uid"] if found else ""
        return "" if uid == owner.uid else f"node {node} UID mismatch: expected {owner.uid} got {uid}"

    async def _token(self, attributes: Attributes, node: str, obj: Object | None) -> str:
        if attributes.subresource != "token" or not isinstance(obj, TokenRequest):
            return ""
        bound = obj.spec.boundObjectRef
        if bound is None or (bound.apiVersion, bound.kind) != ("v1", "Pod") or not bound.name:
            return "node requested token not bound to a pod"
        if not bound.uid:
            return "node requested token with a pod binding without a uid"
        pod = await self._existing_pod(attributes, bound.name)
        if pod["metadata"]["uid"] != bound.uid:
            return (
                f"the UID in the bound object reference ({bound.uid}) does not match the UID in record."
                " The object might have been deleted and then recreated"
            )
        return _bound(pod, node, "node requested token bound to a pod scheduled on a different node")


def _refused(attributes: Attributes, why: str, obj: Object | None = None) -> Exception:
    name = attributes.name or (obj.metadata.name if obj is not None else "")
    return refused(attributes, name, why)


def _bound(pod: dict[str, Any], node: str, otherwise: str) -> str:
    return "" if pod["spec"].get("nodeName") == node else otherwise


def _pod_status(operation: str, node: str, pod: Any, old: Any) -> str:
    if operation != "UPDATE":
        return f'unexpected operation "{operation}"'
    if old.spec.nodeName != node:
        return f'node "{node}" can only update pod status for pods with spec.nodeName set to itself'
    if pod.metadata.labels != old.metadata.labels:
        return f'node "{node}" cannot update labels through pod status'
    return ""


def _mirror_pod(pod: Pod, node: str) -> str:
    if _MIRROR not in pod.metadata.annotations:
        return f'pod does not have "{_MIRROR}" annotation, node "{node}" can only create mirror pods'
    if pod.spec.nodeName != node:
        return f'node "{node}" can only create pods with spec.nodeName set to itself'
    if pod.spec.serviceAccountName:
        return f'node "{node}" can not create pods that reference a service account'
    kinds = {plural for plural, _, _ in references(pod.to_dict())}
    for plural in ("secrets", "configmaps"):
        if plural in kinds:
            return f'node "{node}" can not create pods that reference {plural}'
    return ""


def _node(attributes: Attributes, node: str, obj: Any, old: Any) -> str:
    if attributes.operation == "CREATE" and (labels := _forbidden_labels(obj.metadata.labels, {})):
        return f"is not allowed to set the following labels: {labels}"
    name = attributes.name or obj.metadata.name
    if name != node:
        return f'node "{node}" is not allowed to modify node "{name}"'
    if not isinstance(old, Node) or not isinstance(obj, Node):
        return ""
    if obj.spec.taints != old.spec.taints:
        return f'node "{node}" is not allowed to modify taints'
    if labels := _forbidden_labels(obj.metadata.labels, old.metadata.labels):
        return f"is not allowed to modify labels: {labels}"
    return ""


def _forbidden_labels(new: dict[str, str], old: dict[str, str]) -> str:
    """Those that changed and that others rely on, or may come to rely on."""
    changed = {key for key in new.keys() | old.keys() if new.get(key) != old.get(key)}
    return ", ".join(sorted(key for key in changed if _is_for_others(key)))


def _is_for_others(label: str) -> bool:
    domain = label.rpartition("/")[0]
    if not _within(domain, ("kubernetes.io", "k8s.io")):
        return False
    return label not in _KUBELET_LABELS and not _within(domain, _KUBELET_DOMAINS)


def _within(domain: str, domains: tuple[str, ...]) -> bool:
    return any(domain == d or domain.endswith("." + d) for d in domains)


def _lease(attributes: Attributes, node: str, obj: Any) -> str:
    if attributes.namespace != LEASES:
        return f'can only access leases in the "{LEASES}" system namespace'
    name = obj.metadata.name if attributes.operation == "CREATE" else attributes.name
    return "" if name == node else "can only access node lease with the same name as the requesting node"
