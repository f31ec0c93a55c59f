"""Where a Pod may run: tolerations, affinity, topology spread, gates.

Called by the validation of Pod specs. It calls the rules for labels and names. Source: kubernetes
pkg/apis/core/validation, ValidateTolerations, validateAffinity, validateTopologySpreadConstraints.
"""

from __future__ import annotations

from apiserver.registry.validation.names import validate_label_key, validate_node_name, validate_qualified_name
from kube.api.core_v1 import (
    Affinity,
    NodeAffinity,
    NodeSelectorRequirement,
    NodeSelectorTerm,
    PodAffinityTerm,
    PodReadinessGate,
    PodSchedulingGate,
    Toleration,
    TopologySpreadConstraint,
)
from kube.apimachinery.errors import FieldError, Path, duplicate, forbidden, invalid_value, not_supported, required
from kube.apimachinery.labels import validate_label_selector
from kube.apimachinery.validation import is_dns1123_label, is_valid_label_value

_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_OPERATORS = ("Equal", "Exists", "Lt", "Gt")
_UNSATISFIABLE = frozenset({"DoNotSchedule", "ScheduleAnyway"})
_HONOR = frozenset({"Honor", "Ignore"})
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_NO_SELECTOR = "must not be specified when labelSelector is not set"
_IN_BOTH = "exists in both matchLabelKeys and labelSelector"
_NO_KEY = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'

# ---- tolerations ----


def validate_tolerations(tolerations: list[Toleration], path: Path) -> list[FieldError]:
    return [error for index, one in enumerate(tolerations) for error in _validate_toleration(one, path[index])]


def _validate_toleration(toleration: Toleration, path: Path) -> list[FieldError]:
    found = validate_label_key(toleration.key, path["key"]) if toleration.key else []
    if not toleration.key and toleration.operator != "Exists":
        found.append(invalid_value(path["operator"], toleration.operator, _NO_KEY))
    if toleration.tolerationSeconds is not None and toleration.effect != "NoExecute":
        why = "effect must be 'NoExecute' when `tolerationSeconds` is set"
        found.append(invalid_value(path["effect"], toleration.effect, why))
    found += _validate_operator(toleration, path["operator"])
    if toleration.effect and toleration.effect not in _EFFECTS:
        found.append(not_supported(path["effect"], toleration.effect, _EFFECTS))
    return found


def _validate_operator(toleration: Toleration, path: Path) -> list[FieldError]:
    if toleration.operator in ("", "Equal"):
        why = ";".join(is_valid_label_value(toleration.value))
        return [invalid_value(path, toleration.value, why)] if why else []
    if toleration.operator == "Exists":
        why = "value must be empty when `operator` is 'Exists'"
        return [invalid_value(path, toleration.value, why)] if toleration.value else []
    return [not_supported(path, toleration.operator, _OPERATORS)]


# ---- affinity ----


def validate_affinity(affinity: Affinity | None, path: Path) -> list[FieldError]:
    if affinity is None:
        return []
    found: list[FieldError] = []
    if affinity.nodeAffinity is not None:
        found += _validate_node_affinity(affinity.nodeAffinity, path["nodeAffinity"])
    for name in ("podAffinity", "podAntiAffinity"):
        part = getattr(affinity, name)
        if part is None:
            continue
        for index, term in enumerate(part.requiredDuringSchedulingIgnoredDuringExecution):
            found += _validate_pod_term(term, path[name][_REQUIRED][index])
        for index, weighted in enumerate(part.preferredDuringSchedulingIgnoredDuringExecution):
            at = path[name][_PREFERRED][index]
            found += _validate_weight(weighted.weight, at)
            found += _validate_pod_term(weighted.podAffinityTerm, at["podAffinityTerm"])
    return found


def _validate_node_affinity(affinity: NodeAffinity, path: Path) -> list[FieldError]:
    found: list[FieldError] = []
    needed = affinity.requiredDuringSchedulingIgnoredDuringExecution
    if needed is not None:
        at = path[_REQUIRED]["nodeSelectorTerms"]
        if not needed.nodeSelectorTerms:
            found.append(required(at, "must have at least one node selector term"))
        for index, term in enumerate(needed.nodeSelectorTerms):
            found += validate_node_selector_term(term, at[index], values=True)
    for index, weighted in enumerate(affinity.preferredDuringSchedulingIgnoredDuringExecution):
        at = path[_PREFERRED][index]
        found += _validate_weight(weighted.weight, at)
        found += validate_node_selector_term(weighted.preference, at["preference"], values=False)
    return found


def _validate_weight(weight: int, path: Path) -> list[FieldError]:
    return [] if 1 <= weight <= 100 else [invalid_value(path["weight"], weight, "must be in the range 1-100")]


def validate_node_selector_term(term: NodeSelectorTerm, path: Path, *, values: bool) -> list[FieldError]:
    """`values`: whether they must be label values. Kubernetes lets a mere preference ask for what no node can have."""
    found: list[FieldError] = []
    for index, requirement in enumerate(term.matchExpressions):
        found += _validate_expression(requirement, path["matchExpressions"][index], judge_values=values)
    for index, requirement in enumerate(term.matchFields):
        found += _validate_field(requirement, path["matchFields"][index])
    return found


def _validate_expression(
    requirement: NodeSelectorRequirement, path: Path, *, judge_values: bool
) -> list[FieldError]:
    found: list[FieldError] = []
    operator, values = requirement.operator, requirement.values
    if operator in ("In", "NotIn"):
        if not values:
            found.append(required(path["values"], "must be specified when `operator` is 'In' or 'NotIn'"))
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            found.append(forbidden(path["values"], why))
    elif operator in ("Gt", "Lt"):
        if len(values) != 1:
            found.append(required(path["values"], "must be specified single value when `operator` is 'Lt' or 'Gt'"))
    else:
        found.append(invalid_value(path["operator"], operator, "not a valid selector operator"))
    found += validate_label_key(requirement.key, path["key"])
    for index, value in enumerate(values if judge_values else ()):
        found += [invalid_value(path["values"][index], value, why) for why in is_valid_label_value(value)]
    return found


def _validate_field(requirement: NodeSelectorRequirement, path: Path) -> list[FieldError]:
    found: list[FieldError] = []
    if requirement.operator not in ("In", "NotIn"):
        found.append(invalid_value(path["operator"], requirement.operator, "not a valid selector operator"))
    elif len(requirement.values) != 1:
        why = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
        found.append(required(path["values"], why))
    if requirement.key != "metadata.name":
        found.append(invalid_value(path["key"], requirement.key, "not a valid field selector key"))
        return found
    return found + [e for i, name in enumerate(requirement.values) for e in validate_node_name(name, path["values"][i])]


def _validate_pod_term(term: PodAffinityTerm, path: Path) -> list[FieldError]:
    found = validate_label_selector(term.labelSelector, path["labelSelector"])
    found += validate_label_selector(term.namespaceSelector, path["namespaceSelector"])
    for name in term.namespaces:
        found += [invalid_value(path["namespace"], name, why) for why in is_dns1123_label(name)]
    found += _validate_label_keys(term, path)
    if not term.topologyKey:
        found.append(required(path["topologyKey"], "can not be empty"))
    return found + validate_label_key(term.topologyKey, path["topologyKey"])


def _validate_label_keys(term: PodAffinityTerm, path: Path) -> list[FieldError]:
    """Keys whose values are the Pod's own: they narrow a selector, so there must be one."""
    found: list[FieldError] = []
    for name in ("matchLabelKeys", "mismatchLabelKeys"):
        keys = getattr(term, name)
        if keys and term.labelSelector is None:
            found.append(forbidden(path[name], _NO_SELECTOR))
        else:
            found += [e for i, key in enumerate(keys) for e in validate_label_key(key, path[name][i])]
    seen = set(term.labelSelector.matchLabels) if term.labelSelector is not None else set()
    for expression in term.labelSelector.matchExpressions if term.labelSelector is not None else ():
        if expression.key in term.matchLabelKeys and expression.key in seen:
            at = path[term.matchLabelKeys.index(expression.key)]
            found.append(invalid_value(at, expression.key, _IN_BOTH))
        seen.add(expression.key)
    why = "exists in both matchLabelKeys and mismatchLabelKeys"
    return found + [
        invalid_value(path["matchLabelKeys"][index], key, why)
        for index, key in enumerate(term.matchLabelKeys)
        if key in term.mismatchLabelKeys
    ]


# ---- spread ----


def validate_topology_spread(constraints: list[TopologySpreadConstraint], path: Path) -> list[FieldError]:
    found: list[FieldError] = []
    for index, one in enumerate(constraints):
        found += _validate_constraint(one, list(constraints[index + 1 :]), path[index])
    return found


def _validate_constraint(
    one: TopologySpreadConstraint, later: list[TopologySpreadConstraint], path: Path
) -> list[FieldError]:
    found = []
    if one.maxSkew <= 0:
        found.append(invalid_value(path["maxSkew"], one.maxSkew, "must be greater than zero"))
    if not one.topologyKey:
        found.append(required(path["topologyKey"], "can not be empty"))
    else:
        found += validate_label_key(one.topologyKey, path["topologyKey"])
    if one.whenUnsatisfiable not in _UNSATISFIABLE:
        found.append(not_supported(path["whenUnsatisfiable"], one.whenUnsatisfiable, _UNSATISFIABLE))
    pair = (one.topologyKey, one.whenUnsatisfiable)
    if pair in [(c.topologyKey, c.whenUnsatisfiable) for c in later]:
        found.append(duplicate(path["{topologyKey, whenUnsatisfiable}"], "{%s, %s}" % pair))  # noqa: UP031
    found += _validate_min_domains(one, path["minDomains"])
    for name in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
        policy = getattr(one, name)
        if policy is not None and policy not in _HONOR:
            found.append(not_supported(path[name], policy, _HONOR))
    found += _validate_spread_keys(one, path["matchLabelKeys"])
    return found + validate_label_selector(one.labelSelector, path["labelSelector"])


def _validate_spread_keys(one: TopologySpreadConstraint, path: Path) -> list[FieldError]:
    if not one.matchLabelKeys:
        return []
    found, selector = [], one.labelSelector
    if selector is None:
        found.append(forbidden(path, _NO_SELECTOR))
    taken = {*selector.matchLabels, *(e.key for e in selector.matchExpressions)} if selector is not None else set()
    for index, key in enumerate(one.matchLabelKeys):
        found += validate_label_key(key, path[index])
        if key in taken:
            found.append(invalid_value(path[index], key, _IN_BOTH))
    return found


def _validate_min_domains(one: TopologySpreadConstraint, path: Path) -> list[FieldError]:
    if one.minDomains is None:
        return []
    found = [invalid_value(path, one.minDomains, "must be greater than zero")] if one.minDomains <= 0 else []
    if one.whenUnsatisfiable != "DoNotSchedule":
        why = f"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {one.whenUnsatisfiable}"
        found.append(invalid_value(path, one.minDomains, why))
    return found


# ---- gates ----


def validate_readiness_gates(gates: list[PodReadinessGate], path: Path) -> list[FieldError]:
    found: list[FieldError] = []
    for index, gate in enumerate(gates):
        found += validate_qualified_name(gate.conditionType, path[index]["conditionType"])
    return found


def validate_scheduling_gates(gates: list[PodSchedulingGate], path: Path) -> list[FieldError]:
    found: list[FieldError] = []
    seen: set[str] = set()
    for index, gate in enumerate(gates):
        found += validate_qualified_name(gate.name, path[index])
        if gate.name in seen:
            found.append(duplicate(path[index], gate.name))
        seen.add(gate.name)
    return found
