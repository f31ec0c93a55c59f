"""What is wrong with a StatefulSet.

Called by its strategy; calls what workloads share. Containers of the template may mount the set's claims: they become
volumes of each Pod. What was wrong before a template and claims were looked into (Kubernetes 1.34) may stay wrong.
Source: kubernetes pkg/apis/apps/validation, ValidateStatefulSetSpec, ValidateStatefulSetUpdate,
ValidateStatefulSetStatus.
"""

from __future__ import annotations

from collections.abc import Callable

from apiserver.registry.apps.workloads import (
    SPEC,
    STATUS,
    parsed,
    validate_at_most_all,
    validate_collisions,
    validate_counts,
    validate_int_or_percent,
    validate_labels_match,
    validate_not_more,
    validate_runs_for_ever,
    validate_selector,
)
from apiserver.registry.core.pods.claim_templates import validate_claim_spec
from apiserver.registry.core.pods.internal import Internal
from apiserver.registry.core.pods.validation import validate_pod_template
from apiserver.registry.validation.names import validate_dns_label
from kube.api.apps_v1 import (
    RollingUpdateStatefulSetStrategy,
    StatefulSetSpec,
    StatefulSetStatus,
    StatefulSetUpdateStrategy,
)
from kube.api.core_v1 import PersistentVolumeClaimVolumeSource, Volume
from kube.apimachinery.errors import FieldError, Path, forbidden, invalid_value, not_supported, required

_RETENTION = ("Retain", "Delete")
_CHANGEABLE = (
    "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit",
    "persistentVolumeClaimRetentionPolicy", "minReadySeconds",
)  # fmt: skip
_COUNTS = (
    "replicas", "readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas", "observedGeneration",
    "collisionCount",
)  # fmt: skip
_PARTS = ("readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas")


def validate_spec(spec: StatefulSetSpec, old: StatefulSetSpec | None = None) -> list[FieldError]:
    found = _validate_management(spec.podManagementPolicy, SPEC["podManagementPolicy"])
    found += _validate_update_strategy(spec.updateStrategy, SPEC["updateStrategy"])
    found += _validate_retention(spec, SPEC["persistentVolumeClaimRetentionPolicy"])
    found += _newly(_validate_claims, spec, old)
    found += validate_counts(spec, ("replicas", "minReadySeconds"), SPEC)
    if spec.ordinals is not None:
        found += validate_counts(spec.ordinals, ("start",), SPEC["ordinals"])
    if spec.serviceName:
        found += validate_dns_label(spec.serviceName, SPEC["serviceName"])
    found += validate_selector(spec.selector, SPEC["selector"], "empty selector is invalid for statefulset", "")
    return found + _validate_template(spec, old, SPEC["template"])


def _newly(
    check: Callable[[StatefulSetSpec], list[FieldError]], spec: StatefulSetSpec, old: StatefulSetSpec | None
) -> list[FieldError]:
    """Nothing where the old one was wrong already."""
    found = check(spec)
    return [] if found and old is not None and check(old) else found


def _validate_claims(spec: StatefulSetSpec) -> list[FieldError]:
    found, path = [], SPEC["volumeClaimTemplates"]
    for index, claim in enumerate(spec.volumeClaimTemplates):
        found += validate_claim_spec(claim.spec, path[index]["spec"])
    return found


def _validate_management(policy: str, path: Path) -> list[FieldError]:
    if not policy:
        return [required(path)]
    known = policy in ("OrderedReady", "Parallel")
    return [] if known else [invalid_value(path, policy, "must be 'OrderedReady' or 'Parallel'")]


def _validate_update_strategy(strategy: StatefulSetUpdateStrategy, path: Path) -> list[FieldError]:
    rolling = strategy.rollingUpdate
    if not strategy.type:
        return [required(path)]
    if strategy.type == "OnDelete":
        why = "only allowed for updateStrategy 'RollingUpdate'"
        return [] if rolling is None else [invalid_value(path["rollingUpdate"], Internal(rolling), why)]
    if strategy.type != "RollingUpdate":
        return [invalid_value(path, Internal(strategy), "must be 'RollingUpdate' or 'OnDelete'")]
    return [] if rolling is None else _validate_rolling_update(rolling, path["rollingUpdate"])


def _validate_rolling_update(rolling: RollingUpdateStatefulSetStrategy, path: Path) -> list[FieldError]:
    found = validate_counts(rolling, ("partition",), path)
    most = rolling.maxUnavailable
    if most is not None:
        found += validate_int_or_percent(most, path["maxUnavailable"])
        if most in (0, "0%"):
            found.append(invalid_value(path["maxUnavailable"], most, "cannot be 0"))
        found += validate_at_most_all(most, path["maxUnavailable"])
    return found


def _validate_retention(spec: StatefulSetSpec, path: Path) -> list[FieldError]:
    policy = spec.persistentVolumeClaimRetentionPolicy
    if policy is None:
        return []
    return [
        not_supported(path[name], getattr(policy, name), _RETENTION)
        for name in ("whenDeleted", "whenScaled")
        if getattr(policy, name) not in _RETENTION
    ]


def _validate_template(spec: StatefulSetSpec, old: StatefulSetSpec | None, path: Path) -> list[FieldError]:
    template, found = spec.template, []
    if parsed(spec.selector) is not None:
        found += validate_labels_match(spec.selector, template, path)
        found += _newly(_validate_pods, spec, old)
    return found + validate_runs_for_ever(template, path, "StatefulSet")


def _validate_pods(spec: StatefulSetSpec) -> list[FieldError]:
    """The template with a volume for each claim, which takes the place of the template's own of that name."""
    names = dict.fromkeys(claim.metadata.name for claim in spec.volumeClaimTemplates)
    source = PersistentVolumeClaimVolumeSource
    volumes = [Volume(name=name, persistentVolumeClaim=source(claimName=name)) for name in names]
    volumes += [volume for volume in spec.template.spec.volumes if volume.name not in names]
    pods = spec.template.spec.model_copy(update={"volumes": volumes})
    return validate_pod_template(spec.template.model_copy(update={"spec": pods}), SPEC["template"])


def validate_unchanged(spec: StatefulSetSpec, old: StatefulSetSpec) -> list[FieldError]:
    """Identity does not change: names, claims, management."""
    if all(getattr(spec, n) == getattr(old, n) for n in type(spec).model_fields if n not in _CHANGEABLE):
        return []
    *first, last = [f"'{name}'" for name in _CHANGEABLE]
    why = f"updates to statefulset spec for fields other than {', '.join(first)} and {last} are forbidden"
    return [forbidden(SPEC, why)]


def validate_status(status: StatefulSetStatus, old: StatefulSetStatus) -> list[FieldError]:
    return [
        *validate_counts(status, _COUNTS, STATUS),
        *validate_not_more(status, _PARTS, "replicas", STATUS, "status.replicas"),
        *validate_not_more(status, ("availableReplicas",), "readyReplicas", STATUS, "status.readyReplicas"),
        *validate_collisions(status.collisionCount, old.collisionCount),
    ]
