"""What is wrong with a Deployment.

Called by its strategy; calls what workloads share. Source: kubernetes pkg/apis/apps/validation,
ValidateDeployment, ValidateDeploymentStatus.
"""

from __future__ import annotations

from apiserver.registry.apps.workloads import (
    SPEC,
    STATUS,
    amount,
    validate_at_most_all,
    validate_collisions,
    validate_counts,
    validate_int_or_percent,
    validate_not_more,
    validate_selector,
    validate_template,
)
from apiserver.registry.core.pods.internal import Internal
from kube.api.apps_v1 import DeploymentSpec, DeploymentStatus, DeploymentStrategy, RollingUpdateDeployment
from kube.apimachinery.errors import FieldError, Path, forbidden, invalid_value, not_supported, required

EMPTY_SELECTOR = "empty selector is invalid for deployment"
_COUNTS = (
    "observedGeneration", "replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas",
    "terminatingReplicas", "collisionCount",
)  # fmt: skip


def validate_spec(spec: DeploymentSpec) -> list[FieldError]:
    return [
        *validate_counts(spec, ("replicas",), SPEC),
        *validate_selector(spec.selector, SPEC["selector"], EMPTY_SELECTOR, "invalid label selector"),
        *validate_template(spec.template, spec.selector, SPEC["template"], "ReplicaSet", spec.replicas or 0),
        *_validate_strategy(spec.strategy, SPEC["strategy"]),
        *validate_counts(spec, ("minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"), SPEC),
        *_validate_deadline(spec),
    ]


def _validate_deadline(spec: DeploymentSpec) -> list[FieldError]:
    seconds = spec.progressDeadlineSeconds
    if seconds is None or seconds > spec.minReadySeconds:
        return []
    return [invalid_value(SPEC["progressDeadlineSeconds"], seconds, "must be greater than minReadySeconds")]


def _validate_strategy(strategy: DeploymentStrategy, path: Path) -> list[FieldError]:
    rolling = strategy.rollingUpdate
    if strategy.type == "Recreate":
        why = "may not be specified when strategy `type` is 'Recreate'"
        return [] if rolling is None else [forbidden(path["rollingUpdate"], why)]
    if strategy.type != "RollingUpdate":
        return [not_supported(path, Internal(strategy), ["Recreate", "RollingUpdate"])]
    if rolling is None:
        return [required(path["rollingUpdate"], "this should be defaulted and never be nil")]
    return _validate_rolling_update(rolling, path["rollingUpdate"])


def _validate_rolling_update(rolling: RollingUpdateDeployment, path: Path) -> list[FieldError]:
    unavailable, surge = rolling.maxUnavailable, rolling.maxSurge
    found = validate_int_or_percent(unavailable, path["maxUnavailable"])
    found += validate_int_or_percent(surge, path["maxSurge"])
    if not amount(unavailable) and not amount(surge):
        found.append(invalid_value(path["maxUnavailable"], unavailable, "may not be 0 when `maxSurge` is 0"))
    return found + validate_at_most_all(unavailable, path["maxUnavailable"])


def validate_status(status: DeploymentStatus, old: DeploymentStatus) -> list[FieldError]:
    parts = ("updatedReplicas", "readyReplicas", "availableReplicas")
    return [
        *validate_counts(status, _COUNTS, STATUS),
        *validate_not_more(status, parts, "replicas", STATUS, "status.replicas"),
        *validate_not_more(status, ("availableReplicas",), "readyReplicas", STATUS, "readyReplicas"),
        *validate_collisions(status.collisionCount, old.collisionCount),
    ]
