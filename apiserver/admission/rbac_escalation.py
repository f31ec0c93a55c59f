"""No escalation: nobody grants through a role or a binding what they may not do themselves.

One of the admission plugins (Kubernetes has it in the storage of these kinds). It calls RBAC with what the writer
holds. Who may `escalate` roles or `bind` a role is free of it, as is the group system:masters. Source: kubernetes
pkg/registry/rbac/{clusterrole,rolebinding}/policybased.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from apiserver.admission.interface import Attributes as Write
from apiserver.admission.interface import Plugin, refused
from apiserver.authn.user import MASTERS, User
from apiserver.authz.attributes import Attributes
from apiserver.authz.rbac import RBAC
from apiserver.authz.rules import Rule, describe, uncovered
from kube.apimachinery.errors import NotFound
from kube.apimachinery.meta_v1 import Object, StatusDetails

_GROUP = "rbac.authorization.k8s.io"
_ROLES, _BINDINGS = ("roles", "clusterroles"), ("rolebindings", "clusterrolebindings")


class RBACEscalation(Plugin):
    operations = frozenset({"CREATE", "UPDATE"})
    resources = frozenset({*_ROLES, *_BINDINGS})

    def __init__(self, rbac: RBAC):
        self._rbac = rbac

    async def validate(self, attributes: Write, obj: Object | None, old: Object | None) -> None:
        user = attributes.user
        if user is None or MASTERS in user.groups or attributes.resource.group != _GROUP:
            return
        if attributes.resource.plural in _ROLES:
            self._check_role(attributes, obj, old, user)
        else:
            self._check_binding(attributes, obj, old, user)

    def _check_role(self, attributes: Write, role: Any, old: Any, user: User) -> None:
        if old is not None and old.rules == role.rules and _aggregation(old) == _aggregation(role):
            return
        resource, name = attributes.resource.plural, role.metadata.name
        if self._may(user, "escalate", resource, attributes.namespace, name):
            return
        self._check_covered(attributes, name, user, [rule.to_dict() for rule in role.rules])

    def _check_binding(self, attributes: Write, binding: Any, old: Any, user: User) -> None:
        if old is not None and old.subjects == binding.subjects and old.roleRef == binding.roleRef:
            return
        role, namespace = binding.roleRef, attributes.namespace
        plural = "clusterroles" if role.kind == "ClusterRole" else "roles"
        if self._may(user, "bind", plural, namespace, role.name):
            return
        rules = self._rbac.role_rules(role.kind, namespace, role.name)
        if rules is None:
            text = f'{plural}.{_GROUP} "{role.name}" not found'
            raise NotFound(text, StatusDetails(name=role.name, group=_GROUP, kind=plural))
        self._check_covered(attributes, binding.metadata.name, user, rules)

    def _may(self, user: User, verb: str, plural: str, namespace: str, name: str) -> bool:
        return self._rbac.authorize(Attributes(user, verb, _GROUP, "v1", plural, "", namespace, name)).allowed

    def _check_covered(self, attributes: Write, name: str, user: User, wanted: Iterable[Rule]) -> None:
        missing = uncovered(self._rbac.rules_for(user, attributes.namespace), wanted)
        if not missing:
            return
        groups = " ".join(f'"{g}"' for g in user.groups)
        listed = "\n".join(sorted(describe(rule) for rule in _joined(missing)))
        what = "is attempting to grant RBAC permissions not currently held"
        raise refused(attributes, name, f'user "{user.name}" (groups=[{groups}]) {what}:\n{listed}')


def _aggregation(role: Any) -> Any:
    return getattr(role, "aggregationRule", None)


def _joined(parts: Iterable[Rule]) -> list[Rule]:
    """Single permissions for the same thing as one rule with several verbs."""
    found: dict[tuple[Any, ...], Rule] = {}
    for part in parts:
        key = tuple((k, tuple(v)) for k, v in part.items() if k != "verbs")
        rule = found.setdefault(key, {**part, "verbs": []})
        rule["verbs"] = [*rule["verbs"], *part["verbs"]]
    return list(found.values())
