"""The default roles and bindings, as data.

Read by `rbac`. It calls nothing. Names and rules are Kubernetes', for the kinds that this server has, with two
simplifications: kubelets may read what the proxier may (ours routes to the other nodes' pods by itself, and so needs
their addresses), and the controllers are one identity. Source: kubernetes plugin/pkg/auth/authorizer/rbac.
"""

from __future__ import annotations

from typing import Any

Rule = dict[str, Any]

READ = ("get", "list", "watch")
WRITE = ("create", "delete", "deletecollection", "patch", "update")
ALL = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
RBAC, AUTHN, AUTHZ = "rbac.authorization.k8s.io", "authentication.k8s.io", "authorization.k8s.io"
NETWORKING, DISCOVERY, COORDINATION = "networking.k8s.io", "discovery.k8s.io", "coordination.k8s.io"
EVENTS, POLICY = "events.k8s.io", "policy"


def rule(verbs: tuple[str, ...], groups: str | tuple[str, ...], *resources: str, names: tuple[str, ...] = ()) -> Rule:
    groups = (groups,) if isinstance(groups, str) else groups
    found: Rule = {"apiGroups": list(groups), "resources": sorted(resources), "verbs": sorted(verbs)}
    return found | ({"resourceNames": list(names)} if names else {})


def urls(*paths: str) -> Rule:
    return {"nonResourceURLs": sorted(paths), "verbs": ["get"]}


_WORKLOADS = (
    "daemonsets", "deployments", "deployments/scale", "replicasets", "replicasets/scale", "statefulsets",
    "statefulsets/scale",
)  # fmt: skip
_PUBLIC = ("/healthz", "/livez", "/readyz", "/version", "/version/")
_EXTENSIONS = (
    "daemonsets", "deployments", "deployments/scale", "ingresses", "networkpolicies", "replicasets",
    "replicasets/scale", "replicationcontrollers/scale",
)  # fmt: skip

VIEW = [
    rule(READ, "", "configmaps", "endpoints", "persistentvolumeclaims", "persistentvolumeclaims/status", "pods",
         "replicationcontrollers", "replicationcontrollers/scale", "serviceaccounts", "services", "services/status"),
    rule(READ, "", "bindings", "limitranges", "namespaces/status", "pods/log", "pods/status",
         "replicationcontrollers/status", "resourcequotas", "resourcequotas/status"),
    rule(READ, "", "namespaces"),
    rule(READ, ("", EVENTS), "events"),
    rule(READ, DISCOVERY, "endpointslices"),
    rule(READ, "apps", *_WORKLOADS, "controllerrevisions", "daemonsets/status", "deployments/status",
         "replicasets/status", "statefulsets/status"),
    rule(READ, "autoscaling", "horizontalpodautoscalers", "horizontalpodautoscalers/status"),
    rule(READ, "batch", "cronjobs", "cronjobs/status", "jobs", "jobs/status"),
    rule(READ, "extensions", *_EXTENSIONS, "daemonsets/status", "deployments/status", "ingresses/status",
         "replicasets/status"),
    rule(READ, POLICY, "poddisruptionbudgets", "poddisruptionbudgets/status"),
    rule(READ, NETWORKING, "ingresses", "ingresses/status", "networkpolicies"),
    rule(READ, "resource.k8s.io", "resourceclaims", "resourceclaims/status", "resourceclaimtemplates"),
]  # fmt: skip
EDIT = [
    rule(READ, "", "pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "secrets", "services/proxy"),
    rule(("impersonate",), "", "serviceaccounts"),
    rule(WRITE, "", "pods", "pods/attach", "pods/exec", "pods/portforward", "pods/proxy"),
    rule(("create",), "", "pods/eviction"),
    rule(WRITE, "", "configmaps", "events", "persistentvolumeclaims", "replicationcontrollers",
         "replicationcontrollers/scale", "secrets", "serviceaccounts", "services", "services/proxy"),
    rule(("create",), "", "serviceaccounts/token"),
    rule(WRITE, "apps", *_WORKLOADS, "deployments/rollback"),
    rule(WRITE, "autoscaling", "horizontalpodautoscalers"),
    rule(WRITE, "batch", "cronjobs", "jobs"),
    rule(WRITE, "extensions", *_EXTENSIONS, "deployments/rollback"),
    rule(WRITE, POLICY, "poddisruptionbudgets"),
    rule(WRITE, NETWORKING, "ingresses", "networkpolicies"),
    rule(ALL, COORDINATION, "leases"),
    rule(WRITE, "resource.k8s.io", "resourceclaims", "resourceclaimtemplates"),
]  # fmt: skip
ADMIN = [
    rule(("create",), AUTHZ, "localsubjectaccessreviews"),
    rule(ALL, RBAC, "rolebindings", "roles"),
]

_NODE = [
    rule(("create",), AUTHN, "tokenreviews"),
    rule(("create",), AUTHZ, "localsubjectaccessreviews", "subjectaccessreviews"),
    rule(READ, "", "services"),
    rule(("create", "get", "list", "watch"), "", "nodes"),
    rule(("patch", "update"), "", "nodes/status"),
    rule(("patch", "update"), "", "nodes"),
    rule(READ, "", "pods"),
    rule(("create", "delete"), "", "pods"),
    rule(("patch", "update"), "", "pods/status"),
    rule(("create",), "", "pods/eviction"),
    rule(READ, "", "configmaps", "secrets"),
    rule(("create", "patch", "update"), ("", EVENTS), "events"),
    rule(("create",), "", "serviceaccounts/token"),
    rule(("create", "delete", "get", "patch", "update"), COORDINATION, "leases"),
    rule(("get",), "", "serviceaccounts"),
]
"""What the Node authorizer allows kubelets, as far as it does not look closer; the role is bound to nobody."""
_NODE_PROXIER = [
    rule(("list", "watch"), "", "endpoints", "services"),
    rule(READ, "", "nodes"),
    rule(("create", "patch", "update"), ("", EVENTS), "events"),
    rule(("list", "watch"), DISCOVERY, "endpointslices"),
    rule(("list", "watch"), NETWORKING, "servicecidrs"),
]
_SCHEDULER = [
    rule(("create", "patch", "update"), ("", EVENTS), "events"),
    rule(("create", "get", "list", "patch", "update", "watch"), COORDINATION, "leases"),
    rule(READ, "", "namespaces", "nodes", "replicationcontrollers", "services"),
    rule(("delete", "get", "list", "watch"), "", "pods"),
    rule(("create",), "", "bindings", "pods/binding"),
    rule(("patch", "update"), "", "pods/status"),
    rule(READ, "apps", "replicasets", "statefulsets"),
    rule(READ, POLICY, "poddisruptionbudgets"),
    rule(("create",), AUTHN, "tokenreviews"),
    rule(("create",), AUTHZ, "subjectaccessreviews"),
]
_CONTROLLER_MANAGER = [
    rule(ALL, "*", "*"),
    rule(("escalate",), RBAC, "clusterroles"),
    urls("*"),
]
_CLOUD = [
    rule(("create", "patch", "update"), ("", EVENTS), "events"),
    rule(("delete", "get", "list", "patch", "update", "watch"), "", "nodes"),
    rule(("patch", "update"), "", "nodes/status"),
    rule(("get", "list", "patch", "update", "watch"), "", "services"),
    rule(("patch", "update"), "", "services/status"),
    rule(READ, "", "endpoints"),
    rule(READ, DISCOVERY, "endpointslices"),
    rule(("create", "get", "list", "patch", "update", "watch"), COORDINATION, "leases"),
]
_DNS = [rule(("list", "watch"), "", "endpoints", "namespaces", "pods", "services"),
        rule(("list", "watch"), DISCOVERY, "endpointslices")]  # fmt: skip

CLUSTER_ROLES: dict[str, list[Rule]] = {
    "cluster-admin": [
        {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
        {"nonResourceURLs": ["*"], "verbs": ["*"]},
    ],
    "system:aggregate-to-admin": ADMIN,
    "system:aggregate-to-edit": EDIT,
    "system:aggregate-to-view": VIEW,
    "system:auth-delegator": [
        rule(("create",), AUTHN, "tokenreviews"),
        rule(("create",), AUTHZ, "subjectaccessreviews"),
    ],
    "system:basic-user": [
        rule(("create",), AUTHZ, "selfsubjectaccessreviews", "selfsubjectrulesreviews"),
        rule(("create",), AUTHN, "selfsubjectreviews"),
    ],
    "system:cloud-controller-manager": _CLOUD,
    "system:discovery": [
        urls("/api", "/api/*", "/apis", "/apis/*", "/docs", "/openapi", "/openapi.json", "/openapi/*", *_PUBLIC),
    ],
    "system:kube-controller-manager": _CONTROLLER_MANAGER,
    "system:kube-dns": _DNS,
    "system:kube-scheduler": _SCHEDULER,
    "system:monitoring": [
        urls("/healthz", "/healthz/*", "/livez", "/livez/*", "/metrics", "/metrics/slis", "/readyz", "/readyz/*"),
    ],
    "system:node": _NODE,
    "system:node-proxier": _NODE_PROXIER,
    "system:public-info-viewer": [urls(*_PUBLIC)],
    "system:service-account-issuer-discovery": [
        urls("/.well-known/openid-configuration", "/.well-known/openid-configuration/", "/openid/v1/jwks",
             "/openid/v1/jwks/"),
    ],
}  # fmt: skip

_AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-"
LABELS: dict[str, dict[str, str]] = {
    "system:aggregate-to-admin": {_AGGREGATE + "admin": "true"},
    "system:aggregate-to-edit": {_AGGREGATE + "edit": "true"},
    "system:aggregate-to-view": {_AGGREGATE + "view": "true"},
    "view": {_AGGREGATE + "edit": "true"},
    "edit": {_AGGREGATE + "admin": "true"},
}
AGGREGATED: dict[str, tuple[str, list[Rule]]] = {
    "view": (_AGGREGATE + "view", VIEW),
    "edit": (_AGGREGATE + "edit", EDIT + VIEW),
    "admin": (_AGGREGATE + "admin", ADMIN + EDIT + VIEW),
}
"""Role -> (the label of the roles it gathers, what these come to at first: the controller keeps it so)."""


def _group(name: str) -> dict[str, str]:
    return {"kind": "Group", "apiGroup": RBAC, "name": name}


def _user(name: str) -> dict[str, str]:
    return {"kind": "User", "apiGroup": RBAC, "name": name}


def _account(namespace: str, name: str) -> dict[str, str]:
    return {"kind": "ServiceAccount", "name": name, "namespace": namespace}


BINDINGS: dict[str, tuple[str, list[dict[str, str]]]] = {
    "cluster-admin": ("cluster-admin", [_group("system:masters")]),
    "system:basic-user": ("system:basic-user", [_group("system:authenticated")]),
    "system:cloud-controller-manager": (
        "system:cloud-controller-manager", [_user("system:cloud-controller-manager")],
    ),
    "system:discovery": ("system:discovery", [_group("system:authenticated")]),
    "system:kube-controller-manager": ("system:kube-controller-manager", [_user("system:kube-controller-manager")]),
    "system:kube-dns": ("system:kube-dns", [_account("kube-system", "kube-dns"), _user("system:kube-dns")]),
    "system:kube-scheduler": ("system:kube-scheduler", [_user("system:kube-scheduler")]),
    "system:monitoring": ("system:monitoring", [_group("system:monitoring")]),
    "system:node": ("system:node", []),
    "system:node-proxier": ("system:node-proxier", [_user("system:kube-proxy"), _group("system:nodes")]),
    "system:public-info-viewer": (
        "system:public-info-viewer", [_group("system:authenticated"), _group("system:unauthenticated")],
    ),
    "system:service-account-issuer-discovery": (
        "system:service-account-issuer-discovery", [_group("system:serviceaccounts")],
    ),
}  # fmt: skip
"""Binding -> (its cluster role, its subjects)."""
