"""RBAC: what the bindings in force allow, kept up to date from the watch cache.

Called by the filter chain for every request, by the review handlers and by the escalation check. It calls the pure
rules beside it; its four little tables are filled by `apply`, which the server feeds with every change of a role or
binding. Decisions are remembered until the next such change.

Guarantees (each with a test that bears its number):
1. A decision uses the rules as of the last `apply`; none is remembered across one.
2. Nothing is allowed by default: a role that is gone allows nothing.
3. `system:masters` is allowed everything, whatever the rules say.

Source: k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from apiserver.authn.user import MASTERS, User, split_service_account
from apiserver.authz.attributes import Attributes, Decision
from apiserver.authz.rules import Rule, rule_allows

_REMEMBERED = 8192
_DENIED = Decision(False)
_MASTER = Decision(True)
_EVERYTHING: list[Rule] = [
    {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
    {"verbs": ["*"], "nonResourceURLs": ["*"]},
]

Json = dict[str, Any]


class RBAC:
    """The roles and bindings of the cluster, and the questions asked of them."""

    def __init__(self) -> None:
        self._roles: dict[tuple[str, str], list[Rule]] = {}
        """(namespace, name) -> rules; cluster roles under namespace ""."""
        self._bindings: dict[tuple[str, str], Json] = {}
        self._by_subject: dict[tuple[str, str], dict[tuple[str, str], None]] = {}
        """("User" or "Group", name) -> keys of bindings that name it."""
        self._remembered: dict[tuple[Any, ...], Decision] = {}

    # ---- keeping up ----

    def apply(self, kind: str, namespace: str, name: str, obj: Json | None) -> None:
        """A Role, ClusterRole, RoleBinding or ClusterRoleBinding changed; None: it was deleted."""
        self._remembered.clear()
        key = (namespace, name)
        if kind in ("Role", "ClusterRole"):
            if obj is None:
                self._roles.pop(key, None)
            else:
                self._roles[key] = obj.get("rules") or []
        else:
            self._replace_binding(key, obj)

    def _replace_binding(self, key: tuple[str, str], obj: Json | None) -> None:
        old = self._bindings.pop(key, None)
        for subject in _subjects(old, key[0]):
            self._by_subject[subject].pop(key, None)
        if obj is not None:
            self._bindings[key] = obj
            for subject in _subjects(obj, key[0]):
                self._by_subject.setdefault(subject, {})[key] = None

    # ---- questions ----

    def authorize(self, asked: Attributes) -> Decision:
        """May the user do it?"""
        user = asked.user
        if MASTERS in user.groups:
            return _MASTER
        key = (
            user.name, user.groups, asked.verb, asked.group, asked.resource, asked.subresource,
            asked.namespace, asked.name, asked.path,
        )  # fmt: skip
        decision = self._remembered.get(key)
        if decision is None:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            decision = self._remembered[key] = self._decide(asked)
        return decision

    def _decide(self, asked: Attributes) -> Decision:
        for binding, rules in self._in_force(asked.user, asked.namespace):
            for rule in rules:
                if rule_allows(rule, asked):
                    return Decision(True, f"RBAC: allowed by {_describe(binding, asked.user)}")
        return _DENIED

    def rules_for(self, user: User, namespace: str) -> list[Rule]:
        """Every rule that holds for the user in a namespace ("": at the cluster scope)."""
        if MASTERS in user.groups:
            return _EVERYTHING
        return [rule for _, rules in self._in_force(user, namespace) for rule in rules]

    def role_rules(self, kind: str, namespace: str, name: str) -> list[Rule] | None:
        """The rules of a role, None when there is no such role."""
        return self._roles.get(("" if kind == "ClusterRole" else namespace, name))

    def _in_force(self, user: User, namespace: str) -> Iterator[tuple[Json, list[Rule]]]:
        """The bindings that name the user, cluster-wide ones first, with the rules of their roles."""
        keys: dict[tuple[str, str], None] = {}
        for subject in (("User", user.name), *(("Group", g) for g in user.groups)):
            keys.update(self._by_subject.get(subject, ()))
        for scope in ("", namespace) if namespace else ("",):
            for key in keys:
                if key[0] == scope:
                    binding = self._bindings[key]
                    role = binding["roleRef"]
                    yield binding, self.role_rules(role.get("kind", ""), key[0], role.get("name", "")) or []


def _subjects(binding: Json | None, namespace: str) -> Iterator[tuple[str, str]]:
    for subject in (binding or {}).get("subjects") or ():
        kind, name = subject.get("kind"), subject.get("name", "")
        if kind == "ServiceAccount":
            yield "User", f"system:serviceaccount:{subject.get('namespace') or namespace}:{name}"
        elif kind in ("User", "Group"):
            yield kind, name


def _describe(binding: Json, user: User) -> str:
    metadata, role = binding["metadata"], binding["roleRef"]
    where = f'RoleBinding "{metadata["name"]}/{metadata["namespace"]}"' if metadata.get("namespace") else (
        f'ClusterRoleBinding "{metadata["name"]}"'
    )  # fmt: skip
    return f'{where} of {role.get("kind")} "{role.get("name")}" to {_matching_subject(binding, user)}'


def _matching_subject(binding: Json, user: User) -> str:
    account = split_service_account(user.name)
    for subject in binding.get("subjects") or ():
        kind, name = subject.get("kind"), subject.get("name")
        if kind == "User" and name == user.name:
            return f'User "{name}"'
        if kind == "Group" and name in user.groups:
            return f'Group "{name}"'
        if kind == "ServiceAccount" and account and name == account[1]:
            return f'ServiceAccount "{name}/{account[0]}"'
    return f'User "{user.name}"'
