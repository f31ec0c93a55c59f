"""The kinds that kube-lite serves, and `scheme`, which knows them all.

Read by the API server (routes, discovery, OpenAPI), by the client (the URL of a type) and by kubectl_lite (short
names). One module for each API group declares the types; this one says how each is served. The order here is the
order of discovery, and so of `kubectl get all`. What a kind *does* is not here but in the API server's registry.
"""

from __future__ import annotations

from typing import Any

from kube.api import (
    apps_v1,
    authentication_v1,
    authorization_v1,
    autoscaling_v1,
    coordination_v1,
    core_v1,
    discovery_v1,
    events_v1,
    networking_v1,
    policy_v1,
    rbac_v1,
)
from kube.apimachinery.meta_v1 import DeleteOptions, Status
from kube.apimachinery.scheme import VERBS, Resource, Scheme, Subresource
from kube.apimachinery.types import APIModel

scheme = Scheme()

CHANGE = ("get", "patch", "update")
CREATE = ("create",)
CONNECT = ("create", "get")
ANY_METHOD = ("create", "delete", "get", "patch", "update")

SCALE = Subresource("scale", "Scale", CHANGE, "autoscaling", "v1")


def _status(kind: str) -> Subresource:
    return Subresource("status", kind, CHANGE)


def _add(group: str, type_: type[APIModel], plural: str, **more: Any) -> None:
    kind = type_.__name__
    scheme.add(Resource(group, "v1", kind, plural, type_, singular=kind.lower(), **more))


def _add_core() -> None:
    c = core_v1
    _add("", c.Binding, "bindings", verbs=CREATE)
    _add("", c.ConfigMap, "configmaps", short_names=("cm",))
    _add("", c.Endpoints, "endpoints", short_names=("ep",))
    _add("", c.Event, "events", short_names=("ev",))
    _add("", c.Namespace, "namespaces", namespaced=False, short_names=("ns",),
         verbs=tuple(v for v in VERBS if v != "deletecollection"),
         subresources=(Subresource("finalize", "Namespace", ("update",)), _status("Namespace")))  # fmt: skip
    _add("", c.Node, "nodes", namespaced=False, short_names=("no",),
         subresources=(Subresource("proxy", "NodeProxyOptions", ANY_METHOD), _status("Node")))  # fmt: skip
    _add("", c.Pod, "pods", short_names=("po",), categories=("all",), subresources=_POD_SUBRESOURCES)
    _add("", c.PodTemplate, "podtemplates")
    _add("", c.ReplicationController, "replicationcontrollers", short_names=("rc",), categories=("all",),
         verbs=("get", "list", "watch"))  # fmt: skip
    _add("", c.Secret, "secrets")
    _add("", c.ServiceAccount, "serviceaccounts", short_names=("sa",),
         subresources=(Subresource("token", "TokenRequest", CREATE, "authentication.k8s.io", "v1"),))  # fmt: skip
    _add("", c.Service, "services", short_names=("svc",), categories=("all",),
         subresources=(Subresource("proxy", "ServiceProxyOptions", ANY_METHOD), _status("Service")))  # fmt: skip


_POD_SUBRESOURCES = (
    Subresource("attach", "PodAttachOptions", CONNECT),
    Subresource("binding", "Binding", CREATE),
    Subresource("ephemeralcontainers", "Pod", CHANGE),
    Subresource("eviction", "Eviction", CREATE, "policy", "v1"),
    Subresource("exec", "PodExecOptions", CONNECT),
    Subresource("log", "Pod", ("get",)),
    Subresource("portforward", "PodPortForwardOptions", CONNECT),
    Subresource("proxy", "PodProxyOptions", ANY_METHOD),
    Subresource("resize", "Pod", CHANGE),
    _status("Pod"),
)


def _add_apps() -> None:
    a, group = apps_v1, "apps"
    _add(group, a.ControllerRevision, "controllerrevisions")
    _add(group, a.DaemonSet, "daemonsets", short_names=("ds",), categories=("all",),
         subresources=(_status("DaemonSet"),))  # fmt: skip
    for type_, plural, short in (
        (a.Deployment, "deployments", "deploy"),
        (a.ReplicaSet, "replicasets", "rs"),
        (a.StatefulSet, "statefulsets", "sts"),
    ):
        _add(group, type_, plural, short_names=(short,), categories=("all",),
             subresources=(SCALE, _status(type_.__name__)))  # fmt: skip


def _add_reviews() -> None:
    _add("authentication.k8s.io", authentication_v1.SelfSubjectReview, "selfsubjectreviews", **_REVIEW)
    _add("authentication.k8s.io", authentication_v1.TokenReview, "tokenreviews", **_REVIEW)
    a, group = authorization_v1, "authorization.k8s.io"
    _add(group, a.LocalSubjectAccessReview, "localsubjectaccessreviews", verbs=CREATE)
    _add(group, a.SelfSubjectAccessReview, "selfsubjectaccessreviews", **_REVIEW)
    _add(group, a.SelfSubjectRulesReview, "selfsubjectrulesreviews", **_REVIEW)
    _add(group, a.SubjectAccessReview, "subjectaccessreviews", **_REVIEW)


_REVIEW: dict[str, Any] = {"namespaced": False, "verbs": CREATE}


def _add_networking() -> None:
    n, group = networking_v1, "networking.k8s.io"
    _add(group, n.IPAddress, "ipaddresses", namespaced=False, short_names=("ip",))
    _add(group, n.NetworkPolicy, "networkpolicies", short_names=("netpol",))
    _add(group, n.ServiceCIDR, "servicecidrs", namespaced=False, subresources=(_status("ServiceCIDR"),))


def _add_policy_and_rbac() -> None:
    _add("policy", policy_v1.PodDisruptionBudget, "poddisruptionbudgets", short_names=("pdb",),
         subresources=(_status("PodDisruptionBudget"),))  # fmt: skip
    r, group = rbac_v1, "rbac.authorization.k8s.io"
    _add(group, r.ClusterRoleBinding, "clusterrolebindings", namespaced=False)
    _add(group, r.ClusterRole, "clusterroles", namespaced=False)
    _add(group, r.RoleBinding, "rolebindings")
    _add(group, r.Role, "roles")


def _add_types_of_bodies() -> None:
    scheme.add_type("autoscaling/v1", "Scale", autoscaling_v1.Scale)
    scheme.add_type("authentication.k8s.io/v1", "TokenRequest", authentication_v1.TokenRequest)
    scheme.add_type("policy/v1", "Eviction", policy_v1.Eviction)
    scheme.add_type("v1", "PersistentVolumeClaim", core_v1.PersistentVolumeClaim)
    scheme.add_type("v1", "DeleteOptions", DeleteOptions)
    scheme.add_type("meta.k8s.io/v1", "DeleteOptions", DeleteOptions)
    scheme.add_type("v1", "Status", Status)


_add_core()
_add_apps()
_add("events.k8s.io", events_v1.Event, "events", short_names=("ev",))
_add_reviews()
_add_networking()
_add_policy_and_rbac()
_add("coordination.k8s.io", coordination_v1.Lease, "leases")
_add("discovery.k8s.io", discovery_v1.EndpointSlice, "endpointslices")
_add_types_of_bodies()

__all__ = ["scheme"]
