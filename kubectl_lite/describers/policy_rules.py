"""The rows of a table of RBAC rules, for `describe role` and `auth can-i --list`. Pure.

Source: k8s.io/kubectl/pkg/util/rbac: rules are broken down to one resource each, those of one resource joined, and
sorted by what Go prints of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

Json = dict[str, Any]


def rows(rules: Iterable[Json]) -> list[list[str]]:
    """Resources, non-resource URLs, resource names and verbs of each rule."""
    joined: dict[Any, Json] = {}
    others = []
    for rule in chain.from_iterable(map(_pieces, rules)):
        if rule["nonResourceURLs"]:
            others.append(rule)
            continue
        key = (rule["apiGroups"][0], rule["resources"][0], tuple(rule["resourceNames"]))
        if key in joined:
            rule = rule | {"verbs": joined[key]["verbs"] + rule["verbs"]}
        joined[key] = rule
    return [_row(rule) for rule in sorted([*joined.values(), *others], key=_as_go_prints)]


def _pieces(rule: Json) -> Iterable[Json]:
    names, verbs = rule.get("resourceNames") or [], rule.get("verbs") or []
    empty: Json = {"verbs": verbs, "apiGroups": [], "resources": [], "resourceNames": [], "nonResourceURLs": []}
    for group in rule.get("apiGroups") or ([""] if rule.get("resources") else []):
        for resource in rule.get("resources") or ():
            for name in names or ("",):
                yield empty | {"apiGroups": [group], "resources": [resource], "resourceNames": [name] if name else []}
    for url in rule.get("nonResourceURLs") or ():
        yield empty | {"nonResourceURLs": [url]}


def _as_go_prints(rule: Json) -> str:
    fields = (("Verbs", "verbs"), ("APIGroups", "apiGroups"), ("Resources", "resources"),
              ("ResourceNames", "resourceNames"), ("NonResourceURLs", "nonResourceURLs"))  # fmt: skip
    return "".join(f"{title}:{brackets(rule[name])}," for title, name in fields)


def _row(rule: Json) -> list[str]:
    group = rule["apiGroups"][0] if rule["apiGroups"] else ""
    plural, slash, sub = (rule["resources"] or [""])[0].partition("/")
    resource = f"{plural}.{group}{slash}{sub}" if group else plural + slash + sub
    return [resource, *(brackets(rule[name]) for name in ("nonResourceURLs", "resourceNames", "verbs"))]


def brackets(values: list[str] | None) -> str:
    """A list as Go prints it."""
    return f"[{' '.join(values or ())}]"
