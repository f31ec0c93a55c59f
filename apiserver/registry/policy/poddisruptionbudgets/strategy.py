"""The strategy of PodDisruptionBudgets.

Called by the generic store. It calls the shared rules for selectors. The eviction handler reads what the disruption
controller writes into the status. Source: kubernetes pkg/apis/policy/validation/validation.go.
"""

from __future__ import annotations

from apiserver.registry.generic.strategy import Strategy, WriteContext
from apiserver.registry.validation.go import GoStruct
from kube.api.policy_v1 import PodDisruptionBudget, PodDisruptionBudgetSpec, PodDisruptionBudgetStatus
from kube.apimachinery.errors import FieldError, Path, invalid_value, not_supported
from kube.apimachinery.labels import validate_label_selector
from kube.apimachinery.types import plain
from kube.apimachinery.validation import is_valid_percent, validate_nonnegative
from kube.apimachinery.validation.conditions import validate_conditions

SPEC, STATUS = Path("spec"), Path("status")
EVICTION_POLICIES = frozenset({"AlwaysAllow", "IfHealthyBudget"})


class PodDisruptionBudgetStrategy(Strategy[PodDisruptionBudget]):
    allow_unconditional_update = False
    has_status = True
    has_generation = True

    def prepare_for_create(self, obj: PodDisruptionBudget, ctx: WriteContext) -> None:
        obj.status, obj.metadata.generation = PodDisruptionBudgetStatus(), 1

    def validate(self, obj: PodDisruptionBudget) -> list[FieldError]:
        return _validate_spec(obj.spec)

    def prepare_for_update(self, obj: PodDisruptionBudget, old: PodDisruptionBudget, ctx: WriteContext) -> None:
        obj.status = old.status.model_copy(deep=True)
        if obj.spec != old.spec:
            obj.metadata.generation = old.metadata.generation + 1

    def validate_update(self, obj: PodDisruptionBudget, old: PodDisruptionBudget) -> list[FieldError]:
        return _validate_spec(obj.spec)

    def prepare_for_status_update(self, obj: PodDisruptionBudget, old: PodDisruptionBudget, ctx: WriteContext) -> None:
        obj.spec = old.spec.model_copy(deep=True)

    def validate_status_update(self, obj: PodDisruptionBudget, old: PodDisruptionBudget) -> list[FieldError]:
        counts = ("disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods")
        found = validate_conditions(obj.status.conditions, STATUS["conditions"])
        return found + [e for name in counts for e in validate_nonnegative(getattr(obj.status, name), STATUS[name])]


def _validate_spec(spec: PodDisruptionBudgetSpec) -> list[FieldError]:
    found: list[FieldError] = []
    if spec.minAvailable is not None and spec.maxUnavailable is not None:
        found.append(invalid_value(SPEC, _go_spec(spec), "minAvailable and maxUnavailable cannot be both set"))
    for field in ("minAvailable", "maxUnavailable"):
        if (value := getattr(spec, field)) is not None:
            found += _validate_count(value, SPEC[field])
    found += validate_label_selector(spec.selector, SPEC["selector"])
    policy = spec.unhealthyPodEvictionPolicy
    if policy is not None and policy not in EVICTION_POLICIES:
        found.append(not_supported(SPEC["unhealthyPodEvictionPolicy"], policy, EVICTION_POLICIES))
    return found


def _validate_count(value: int | str, path: Path) -> list[FieldError]:
    """A number of pods, or up to 100 %."""
    if isinstance(value, int):
        return validate_nonnegative(value, path)
    if problems := is_valid_percent(value):
        return [invalid_value(path, value, why) for why in problems]
    return [invalid_value(path, value, "must not be greater than 100%")] if int(value[:-1]) > 100 else []


def _go_spec(spec: PodDisruptionBudgetSpec) -> GoStruct:
    return GoStruct(
        MinAvailable=spec.minAvailable,
        Selector=plain(spec.selector),
        MaxUnavailable=spec.maxUnavailable,
        UnhealthyPodEvictionPolicy=spec.unhealthyPodEvictionPolicy,
    )
