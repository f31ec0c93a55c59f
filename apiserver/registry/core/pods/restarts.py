"""When the containers of a Pod are restarted: their own policies, rules by exit code, and what a resize asks for.

Called by the validation of containers. It calls nothing. Source: KEP-5307, KEP-1287; kubernetes
pkg/apis/core/validation, validateContainerRestartPolicy and validateResizePolicy.
"""

from __future__ import annotations

from kube.api.core_v1 import Container, ContainerResizePolicy, ContainerRestartRule
from kube.apimachinery.errors import (
    FieldError,
    Path,
    duplicate,
    invalid_value,
    not_supported,
    required,
    too_many,
)

_POLICIES = frozenset({"Always", "Never", "OnFailure"})
_ACTIONS = frozenset({"Restart"})
_OPERATORS = frozenset({"In", "NotIn"})
_MOST_RULES, _MOST_VALUES = 20, 255
_RESIZED = frozenset({"cpu", "memory"})
_RESIZE_POLICIES = frozenset({"NotRequired", "RestartContainer"})
_NEVER_RESTARTED = "must be 'NotRequired' when `restartPolicy` is 'Never'"


def validate_restart_policy(container: Container, path: Path) -> list[FieldError]:
    policy, rules = container.restartPolicy, container.restartPolicyRules
    found = []
    if policy is not None and policy not in _POLICIES:
        found.append(not_supported(path["restartPolicy"], policy, _POLICIES))
    if policy is None and rules:
        found.append(required(path["restartPolicy"], "must specify restartPolicy when restart rules are used"))
    at = path["restartPolicyRules"]
    if len(rules) > _MOST_RULES:
        found.append(too_many(at, len(rules), _MOST_RULES))
    for index, rule in enumerate(rules):
        found += _validate_rule(rule, at[index])
    return found


def _validate_rule(rule: ContainerRestartRule, path: Path) -> list[FieldError]:
    found = [] if rule.action in _ACTIONS else [not_supported(path["action"], rule.action, _ACTIONS)]
    codes, at = rule.exitCodes, path["exitCodes"]
    if codes is None:
        return [*found, required(at, "must be specified")]
    if codes.operator not in _OPERATORS:
        found.append(not_supported(at["operator"], codes.operator, _OPERATORS))
    if len(codes.values) > _MOST_VALUES:
        found.append(too_many(at["values"], len(codes.values), _MOST_VALUES))
    return found


def validate_resize_policy(policies: list[ContainerResizePolicy], restart_policy: str, path: Path) -> list[FieldError]:
    """`restart_policy`: the Pod's. The paths are the whole list's, except for a duplicate."""
    found: list[FieldError] = []
    seen: set[str] = set()
    for index, policy in enumerate(policies):
        if policy.resourceName in seen:
            found.append(duplicate(path[index], policy.resourceName))
        seen.add(policy.resourceName)
        found += _one_of(policy.resourceName, _RESIZED, path)
        found += _one_of(policy.restartPolicy, _RESIZE_POLICIES, path)
        if restart_policy == "Never" and policy.restartPolicy != "NotRequired":
            found.append(invalid_value(path, policy.restartPolicy, _NEVER_RESTARTED))
    return found


def _one_of(value: str, known: frozenset[str], path: Path) -> list[FieldError]:
    if not value:
        return [required(path)]
    return [] if value in known else [not_supported(path, value, known)]
