"""Roles and their bindings from flags. Pure but for a warning.

`find` maps a resource's word to its group and plural.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from kubectl_lite.errors import CommandError

Find = Callable[[str], tuple[str, str]]
API = "rbac.authorization.k8s.io"


def rules(
    verbs: Sequence[str], resources: Sequence[str], names: Sequence[str], urls: Sequence[str], find: Find
) -> list[dict[str, Any]]:
    """One rule an API group. Raises CommandError when verbs or resources are missing."""
    verbs = _words(verbs)
    if not verbs:
        raise CommandError("at least one verb must be specified")
    if urls and not resources:
        return [{"nonResourceURLs": list(urls), "verbs": verbs}]
    if not resources:
        raise CommandError("at least one resource must be specified")
    _warn_of_odd_verbs(verbs)
    by_group: dict[str, list[str]] = {}
    for word in _words(resources):
        kind, slash, subresource = word.partition("/")
        group, plural = ("*", "*") if kind == "*" else find(kind)
        by_group.setdefault(group, []).append(plural + slash + subresource)
    extra = {"resourceNames": _words(names)} if names else {}
    found = [{"apiGroups": [g], "resources": r, **extra, "verbs": verbs} for g, r in by_group.items()]
    return found + ([{"nonResourceURLs": list(urls), "verbs": verbs}] if urls else [])


STANDARD_VERBS = {"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "use", "bind",
                  "escalate", "impersonate", "*"}  # fmt: skip


def _warn_of_odd_verbs(verbs: Sequence[str]) -> None:
    for verb in verbs:
        if verb not in STANDARD_VERBS:
            print(f"Warning: '{verb}' is not a standard resource verb", file=sys.stderr)


def _words(given: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(word for text in given for word in text.split(",") if word))


def role(kind: str, name: str, rules: list[dict[str, Any]]) -> dict[str, Any]:
    """A Role or ClusterRole."""
    return {"apiVersion": f"{API}/v1", "kind": kind, "metadata": {"name": name}, "rules": rules}


def aggregated_role(name: str, labels: str) -> dict[str, Any]:
    """A ClusterRole whose rules are those of the roles with these labels."""
    pairs = dict(word.partition("=")[::2] for word in labels.split(",") if word)
    rule = {"clusterRoleSelectors": [{"matchLabels": pairs}]}
    return {"apiVersion": f"{API}/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": None,
            "aggregationRule": rule}  # fmt: skip


def binding(
    kind: str, name: str, role: tuple[str, str], users: Sequence[str], groups: Sequence[str], accounts: Sequence[str]
) -> dict[str, Any]:
    """A RoleBinding or ClusterRoleBinding to `role` (its kind and name)."""
    subjects: list[dict[str, Any]] = [{"apiGroup": API, "kind": "User", "name": user} for user in users]
    subjects += [{"apiGroup": API, "kind": "Group", "name": group} for group in groups]
    subjects += [_account(word) for word in accounts]
    ref = {"apiGroup": API, "kind": role[0], "name": role[1]}
    obj = {"apiVersion": f"{API}/v1", "kind": kind, "metadata": {"name": name}, "roleRef": ref}
    return obj | ({"subjects": subjects} if subjects else {})


def _account(word: str) -> dict[str, Any]:
    namespace, colon, name = word.partition(":")
    if not colon or not namespace or not name or ":" in name:
        raise CommandError("serviceaccount must be <namespace>:<name>")
    return {"kind": "ServiceAccount", "name": name, "namespace": namespace}
