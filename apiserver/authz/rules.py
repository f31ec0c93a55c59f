"""RBAC's arithmetic: does a rule allow this, and do some rules cover others. Pure.

Called by the RBAC authorizer and by the escalation check on role writes. It calls nothing. Rules are dictionaries as
they stand in a Role. Source: k8s.io/kubernetes/pkg/apis/rbac/v1/evaluation_helpers.go, component-helpers/auth/rbac.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from apiserver.authz.attributes import Attributes

Rule = dict[str, Any]


def rule_allows(rule: Rule, asked: Attributes) -> bool:
    """Whether one rule allows the request."""
    if not asked.is_resource:
        return _has(rule, "verbs", asked.verb) and _path_matches(rule.get("nonResourceURLs") or (), asked.path)
    names = rule.get("resourceNames")
    return (
        _has(rule, "verbs", asked.verb)
        and _has(rule, "apiGroups", asked.group)
        and _resource_matches(rule.get("resources") or (), asked.full_resource, asked.subresource)
        and (not names or asked.name in names)
    )


def _has(rule: Rule, field: str, value: str) -> bool:
    values = rule.get(field) or ()
    return value in values or "*" in values


def _resource_matches(resources: Sequence[str], full: str, subresource: str) -> bool:
    if "*" in resources or full in resources:
        return True
    return bool(subresource) and f"*/{subresource}" in resources


def _path_matches(urls: Sequence[str], path: str) -> bool:
    return any(u in ("*", path) or (u.endswith("*") and path.startswith(u.rstrip("*"))) for u in urls)


def breakdown(rule: Rule) -> Iterable[Rule]:
    """The rule as rules of one verb and one thing each, for `uncovered`."""
    for verb in rule.get("verbs") or ():
        for group in rule.get("apiGroups") or ():
            for resource in rule.get("resources") or ():
                for name in rule.get("resourceNames") or (None,):
                    part = {"verbs": [verb], "apiGroups": [group], "resources": [resource]}
                    yield {**part, "resourceNames": [name]} if name is not None else part
        for url in rule.get("nonResourceURLs") or ():
            yield {"verbs": [verb], "nonResourceURLs": [url]}


def uncovered(owned: Sequence[Rule], wanted: Iterable[Rule]) -> list[Rule]:
    """The single permissions of `wanted` that no rule of `owned` gives: empty when nothing is gained."""
    return [part for rule in wanted for part in breakdown(rule) if not any(_covers(o, part) for o in owned)]


def _covers(owner: Rule, part: Rule) -> bool:
    if not _has(owner, "verbs", part["verbs"][0]):
        return False
    if "nonResourceURLs" in part:
        return _path_matches(owner.get("nonResourceURLs") or (), part["nonResourceURLs"][0])
    resource = part["resources"][0]
    names = owner.get("resourceNames")
    return (
        _has(owner, "apiGroups", part["apiGroups"][0])
        and _resource_matches(owner.get("resources") or (), resource, resource.partition("/")[2])
        and (not names or ("resourceNames" in part and part["resourceNames"][0] in names))
    )


def describe(rule: Rule) -> str:
    """A rule as error messages print it: `{APIGroups:[""], Resources:["pods"], Verbs:["get"]}`."""
    parts = []
    for label, key in (
        ("NonResourceURLs", "nonResourceURLs"), ("APIGroups", "apiGroups"), ("Resources", "resources"),
        ("ResourceNames", "resourceNames"), ("Verbs", "verbs"),
    ):  # fmt: skip
        if values := rule.get(key):
            parts.append(f"{label}:[" + " ".join(f'"{v}"' for v in values) + "]")
    return "{" + ", ".join(parts) + "}"
