"""The default RBAC policy: makes what is absent, adds what was taken out, leaves alone what was marked to be left.

Called by `hooks` after the start. It calls the stores of roles and bindings. An object whose annotation
`rbac.authorization.kubernetes.io/autoupdate` is not `true` is never touched.
"""

from __future__ import annotations

from typing import Any

from apiserver.authz.rules import uncovered
from apiserver.bootstrap.objects import ensure
from apiserver.bootstrap.rbac_policy import AGGREGATED, BINDINGS, CLUSTER_ROLES, LABELS, RBAC
from apiserver.registry.generic.store import Store
from kube.api.rbac_v1 import ClusterRole, ClusterRoleBinding

_AUTOUPDATE = {"rbac.authorization.kubernetes.io/autoupdate": "true"}
_BOOTSTRAPPING = {"kubernetes.io/bootstrapping": "rbac-defaults"}


def _metadata(name: str) -> dict[str, Any]:
    return {"name": name, "labels": _BOOTSTRAPPING | LABELS.get(name, {}), "annotations": dict(_AUTOUPDATE)}


def cluster_roles() -> list[ClusterRole]:
    """All default roles."""
    found = [{"metadata": _metadata(name), "rules": rules} for name, rules in CLUSTER_ROLES.items()]
    for name, (label, rules) in AGGREGATED.items():
        selector = {"clusterRoleSelectors": [{"matchLabels": {label: "true"}}]}
        found.append({"metadata": _metadata(name), "aggregationRule": selector, "rules": rules})
    return [ClusterRole.from_dict({"kind": "ClusterRole", "apiVersion": f"{RBAC}/v1", **role}) for role in found]


def cluster_role_bindings() -> list[ClusterRoleBinding]:
    """All default bindings."""
    return [
        ClusterRoleBinding.from_dict({
            "kind": "ClusterRoleBinding", "apiVersion": f"{RBAC}/v1", "metadata": _metadata(name),
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role}, "subjects": subjects,
        })
        for name, (role, subjects) in BINDINGS.items()
    ]  # fmt: skip


async def ensure_policy(roles: Store[Any], bindings: Store[Any]) -> None:
    """Brings the stored policy up to the default one."""
    for role in cluster_roles():
        await ensure(roles, "", role, _add_rules)
    for binding in cluster_role_bindings():
        await ensure(bindings, "", binding, _add_subjects)


def _left_alone(stored: Any) -> bool:
    return stored.metadata.annotations.get("rbac.authorization.kubernetes.io/autoupdate") != "true"


def _add_rules(stored: Any, wanted: Any) -> bool:
    if _left_alone(stored) or wanted.aggregationRule is not None:
        return False
    missing = uncovered([r.to_dict() for r in stored.rules], [r.to_dict() for r in wanted.rules])
    if missing:
        stored.rules = [*stored.rules, *(type(wanted.rules[0]).from_dict(rule) for rule in missing)]
    return bool(missing)


def _add_subjects(stored: Any, wanted: Any) -> bool:
    missing = [s for s in wanted.subjects if s not in stored.subjects]
    if _left_alone(stored) or not missing:
        return False
    stored.subjects = [*stored.subjects, *missing]
    return True
