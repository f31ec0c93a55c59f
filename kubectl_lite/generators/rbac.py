"""Roles and their bindings from flags. Pure but for a warning.

Called by `kubectl_lite.commands.create_access` and `set`. `find` maps a resource's word to its group and plural.
Source: k8s.io/kubectl/pkg/cmd/create (create_role.go, create_clusterrole.go).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from kubectl_lite.errors import CommandError

Find = Callable[[str], tuple[str, str]]
Json = dict[str, Any]
API = "rbac.authorization.k8s.io"
STANDARD_VERBS = {"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "proxy", "use",
                  "bind", "escalate", "impersonate", "*"}  # fmt: skip
URL_VERBS = {"get", "post", "put", "delete", "patch", "head", "options", "*"}
_ROLES = ((API, "roles"), (API, "clusterroles"))
SPECIAL_VERBS = {
    "use": (("policy", "podsecuritypolicies"), ("extensions", "podsecuritypolicies")),
    "bind": _ROLES,
    "escalate": _ROLES,
    "impersonate": (("", "users"), ("", "serviceaccounts"), ("", "groups"),
                    ("authentication.k8s.io", "userextras")),
}  # fmt: skip
"""Verbs that mean something for these resources only, whether the server serves them or not."""


def rules(
    verbs: Sequence[str], resources: Sequence[str], names: Sequence[str], urls: Sequence[str], find: Find, *,
    cluster: bool = False,
) -> list[Json]:  # fmt: skip
    """One rule an API group. Raises CommandError when verbs or resources are missing or make no sense."""
    verbs, resources, urls = _verbs(verbs), words(resources), words(urls)
    if not verbs:
        raise CommandError("at least one verb must be specified")
    if not resources and not urls:
        what = "one of resource or nonResourceURL" if cluster else "at least one resource"
        raise CommandError(f"{what} must be specified")
    found = _resource_rules(verbs, resources, list(dict.fromkeys(names)), find) if resources else []
    if urls:
        _check_urls(verbs, urls)
        found.append({"nonResourceURLs": urls, "verbs": verbs})
    return found


def words(given: Sequence[str]) -> list[str]:
    """The words of flags that take several at once: `get,list`."""
    return [word for text in given if text for word in text.split(",")]


def _verbs(given: Sequence[str]) -> list[str]:
    verbs = list(dict.fromkeys(words(given)))
    return ["*"] if "*" in verbs else verbs


def _resource_rules(verbs: list[str], resources: list[str], names: list[str], find: Find) -> list[Json]:
    for verb in verbs:
        if verb not in STANDARD_VERBS:
            print(f"Warning: '{verb}' is not a standard resource verb", file=sys.stderr)
    by_group: dict[str, list[str]] = {}
    for word in ["*"] if "*" in resources else resources:
        group, plural = _resource(word, verbs, find)
        if plural not in by_group.setdefault(group, []):
            by_group[group].append(plural)
    extra = {"resourceNames": names} if names else {}
    return [{"apiGroups": [g], "resources": r, **extra, "verbs": verbs} for g, r in sorted(by_group.items())]


def _resource(word: str, verbs: list[str], find: Find) -> tuple[str, str]:
    """Group and plural, with the subresource. Raises CommandError for one that is not there or not so used."""
    kind, slash, subresource = word.partition("/")
    resource, _, group = kind.partition(".")
    if not resource:
        raise CommandError("resource must be specified if apiGroup/subresource specified")
    try:
        found, missing = ((group, "*") if resource == "*" else find(kind)), None
    except CommandError as why:
        found, missing = (group, resource), why
    for verb in verbs if resource != "*" else ():
        if verb in SPECIAL_VERBS:
            if found not in SPECIAL_VERBS[verb]:
                raise CommandError(f"can not perform '{verb}' on '{found[1]}' in group '{found[0]}'")
            missing = None
    if missing:
        raise missing
    return found[0], found[1] + slash + subresource


def _check_urls(verbs: list[str], urls: list[str]) -> None:
    for verb in verbs:
        if verb not in URL_VERBS:
            raise CommandError(f"invalid verb: '{verb}' for nonResourceURL")
    for url in urls:
        if url != "*" and not url.startswith("/"):
            raise CommandError("nonResourceURL should start with /")
        if "*" in url[:-1]:
            raise CommandError("nonResourceURL only supports wildcard matches when '*' is at the end")


def role(kind: str, name: str, rules: list[Json]) -> Json:
    """A Role or ClusterRole."""
    return {"apiVersion": f"{API}/v1", "kind": kind, "metadata": {"name": name}, "rules": rules}


def aggregated_role(name: str, labels: dict[str, str]) -> Json:
    """A ClusterRole whose rules are those of the roles with these labels."""
    rule = {"clusterRoleSelectors": [{"matchLabels": labels}]}
    return {"apiVersion": f"{API}/v1", "kind": "ClusterRole", "metadata": {"name": name}, "rules": None,
            "aggregationRule": rule}  # fmt: skip


def binding(
    kind: str, name: str, role: tuple[str, str], users: Sequence[str], groups: Sequence[str], accounts: Sequence[str]
) -> Json:
    """A RoleBinding or ClusterRoleBinding to `role` (its kind and name)."""
    subjects: list[Json] = [{"apiGroup": API, "kind": "User", "name": user} for user in users]
    subjects += [{"apiGroup": API, "kind": "Group", "name": group} for group in groups]
    subjects += [_account(word) for word in accounts]
    ref = {"apiGroup": API, "kind": role[0], "name": role[1]}
    obj = {"apiVersion": f"{API}/v1", "kind": kind, "metadata": {"name": name}, "roleRef": ref}
    return obj | ({"subjects": subjects} if subjects else {})


def _account(word: str) -> Json:
    namespace, colon, name = word.partition(":")
    if not colon or not namespace or not name or ":" in name:
        raise CommandError("serviceaccount must be <namespace>:<name>")
    return {"kind": "ServiceAccount", "name": name, "namespace": namespace}
