"""Where a Pod may run: tolerations, affinity, topology spread, gates.

Called by the validation of Pod specs. It calls the rules for labels and names. Source: kubernetes
pkg/apis/core/validation, ValidateTolerations, validateAffinity, validateTopologySpreadConstraints.
"""

from __future__ import annotations

from apiserver.registry.validation.names import validate_label_key, validate_qualified_name
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
            found += validate_node_selector_term(term, at[index])
    for index, weighted in enumerate(affinity.preferredDuringSchedulingIgnoredDuringExecution):
        at = path[_PREFERRED][index]
        found += _validate_weight(weighted.weight, at)
        found += validate_node_selector_term(weighted.preference, at["preference"])
    return found


def _validate_weight(weight: int, path: Path) -> list[FieldError]:
    return [] if 1 <= weight <= 100 else [invalid_value(path["weight"], weight, "must be in the range 1-100")]


def validate_node_selector_term(term: NodeSelectorTerm, path: Path) -> list[FieldError]:
    found: list[FieldError] = []
    for index, requirement in enumerate(term.matchExpressions):
        found += _validate_expression(requirement, path["matchExpressions"][index])
    for index, requirement in enumerate(term.matchFields):
        found += _validate_field(requirement, path["matchFields"][index])
    return found


def _validate_expression(requirement: NodeSelectorRequirement, path: Path) -> list[FieldError]:
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
    for index, value in enumerate(values):
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


def _validate_pod_term(term: PodAffinityTerm, path: Path) -> list[FieldError]:
    found = validate_label_selector(term.labelSelector, path["labelSelector"])
    found += validate_label_selector(term.namespaceSelector, path["namespaceSelector"])
    for name in term.namespaces:
        found += [invalid_value(path["namespace"], name, why) for why in is_dns1123_label(name)]
    if not term.topologyKey:
        found.append(required(path["topologyKey"], "can not be empty"))
    return found + validate_label_key(term.topologyKey, path["topologyKey"])


# ---- spread ----


def validate_topology_spread(constraints: list[TopologySpreadConstraint], path: Path) -> list[FieldError]:
    found: list[FieldError] = []
    for index, one in enumerate(constraints):
        found += _validate_constraint(one, path[index])
        pair = (one.topologyKey, one.whenUnsatisfiable)
        if any(pair == (c.topologyKey, c.whenUnsatisfiable) for c in constraints[:index]):
            at = path[index]["{topologyKey, whenUnsatisfiable}"]
            found.append(duplicate(at, "{%s, %s}" % pair))  # noqa: UP031
    return found


def _validate_constraint(one: TopologySpreadConstraint, path: Path) -> list[FieldError]:
    found = []
    if one.maxSkew <= 0:
        found.append(invalid_value(path["maxSkew"], one.maxSkew, "must be greater than zero"))
    if not one.topologyKey:
        found.append(required(path["topologyKey"], "can not be empty"))
    else:
        found += validate_label_key(one.topologyKey, path["topologyKey"])
    if one.whenUnsatisfiable not in _UNSATISFIABLE:
        found.append(not_supported(path["whenUnsatisfiable"], one.whenUnsatisfiable, _UNSATISFIABLE))
    found += _validate_min_domains(one, path["minDomains"])
    for name in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
        policy = getattr(one, name)
        if policy is not None and policy not in _HONOR:
            found.append(not_supported(path[name], policy, _HONOR))
    return found + validate_label_selector(one.labelSelector, path["labelSelector"])


def _validate_min_domains(one: TopologySpreadConstraint, path: Path) -> list[FieldError]:
    if one.minDomains is None:
        return []
    found = [invalid_value(path, one.minDomains, "must be greater than zero")] if one.minDomains <= 0 else []
    if one.whenUnsatisfiable not in ("DoNotSchedule", ""):
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
