"""What is wrong with a DaemonSet.

Called by its strategy; calls what workloads share. Source: kubernetes pkg/apis/apps/validation,
ValidateDaemonSetSpec, ValidateDaemonSetStatus.
"""

from __future__ import annotations

from apiserver.registry.apps.workloads import (
    SPEC,
    STATUS,
    amount,
    validate_at_most_all,
    validate_collisions,
    validate_counts,
    validate_disks_are_shared,
    validate_int_or_percent,
    validate_labels_match,
    validate_runs_for_ever,
)
from apiserver.registry.core.pods.internal import Internal
from apiserver.registry.core.pods.validation import validate_pod_template
from kube.api.apps_v1 import DaemonSetSpec, DaemonSetStatus, DaemonSetUpdateStrategy, RollingUpdateDaemonSet
from kube.apimachinery.errors import FieldError, Path, invalid_value, not_supported, required
from kube.apimachinery.labels import validate_label_selector

_COUNTS = (
    "currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady", "observedGeneration",
    "updatedNumberScheduled", "numberAvailable", "numberUnavailable", "collisionCount",
)  # fmt: skip


def validate_spec(spec: DaemonSetSpec) -> list[FieldError]:
    selector, template = spec.selector, SPEC["template"]
    found = validate_label_selector(selector, SPEC["selector"])
    found += validate_labels_match(selector, spec.template, template)
    if selector is not None and not selector.matchLabels and not selector.matchExpressions:
        found.append(invalid_value(SPEC["selector"], selector, "empty selector is invalid for daemonset"))
    found += validate_pod_template(spec.template, template)
    found += validate_disks_are_shared(spec.template, template)
    found += validate_runs_for_ever(spec.template, template, "DaemonSet")
    found += validate_counts(spec, ("minReadySeconds",), SPEC)
    found += _validate_strategy(spec.updateStrategy, SPEC["updateStrategy"])
    return found + validate_counts(spec, ("revisionHistoryLimit",), SPEC)


def _validate_strategy(strategy: DaemonSetUpdateStrategy, path: Path) -> list[FieldError]:
    if strategy.type == "OnDelete":
        return []
    if strategy.type != "RollingUpdate":
        return [not_supported(path, Internal(strategy), ["RollingUpdate", "OnDelete"])]
    if strategy.rollingUpdate is None:
        return [required(path["rollingUpdate"])]
    return _validate_rolling_update(strategy.rollingUpdate, path["rollingUpdate"])


def _validate_rolling_update(rolling: RollingUpdateDaemonSet, path: Path) -> list[FieldError]:
    """Of surge and unavailability just one is not zero."""
    unavailable, surge = rolling.maxUnavailable, rolling.maxSurge
    found = validate_int_or_percent(unavailable, path["maxUnavailable"])
    found += validate_int_or_percent(surge, path["maxSurge"])
    found += validate_at_most_all(unavailable, path["maxUnavailable"])
    found += validate_at_most_all(surge, path["maxSurge"])
    if amount(unavailable) and amount(surge):
        found.append(invalid_value(path["maxSurge"], surge, "may not be set when maxUnavailable is non-zero"))
    elif not amount(unavailable) and not amount(surge):
        found.append(required(path["maxUnavailable"], "cannot be 0 when maxSurge is 0"))
    return found


def validate_status(status: DaemonSetStatus, old: DaemonSetStatus) -> list[FieldError]:
    return validate_counts(status, _COUNTS, STATUS) + validate_collisions(status.collisionCount, old.collisionCount)
