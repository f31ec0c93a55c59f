"""ReplicaSets.

Called by the generic store. Source: kubernetes pkg/registry/apps/replicaset/strategy.go,
pkg/apis/apps/validation ValidateReplicaSet.
"""

from __future__ import annotations

from apiserver.registry.apps.deployments.validation import EMPTY_SELECTOR
from apiserver.registry.apps.strategy import WorkloadStrategy
from apiserver.registry.apps.workloads import (
    SPEC,
    STATUS,
    validate_counts,
    validate_not_more,
    validate_selector,
    validate_selector_unchanged,
    validate_template,
)
from apiserver.registry.core.pods.warnings import warn_of_name
from kube.api.apps_v1 import ReplicaSet, ReplicaSetSpec, ReplicaSetStatus
from kube.apimachinery.errors import FieldError

_COUNTS = (
    "replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "terminatingReplicas",
    "observedGeneration",
)  # fmt: skip
_PARTS = ("fullyLabeledReplicas", "readyReplicas", "availableReplicas")


class ReplicaSetStrategy(WorkloadStrategy[ReplicaSet]):
    def default_spec(self, spec: ReplicaSetSpec) -> None:
        spec.replicas = 1 if spec.replicas is None else spec.replicas

    def validate(self, obj: ReplicaSet) -> list[FieldError]:
        return _validate_spec(obj.spec)

    def warnings_on_create(self, obj: ReplicaSet) -> list[str]:
        return warn_of_name(obj.metadata.name, "Pod names and hostnames") + super().warnings_on_create(obj)

    def warnings_on_update(self, obj: ReplicaSet, old: ReplicaSet) -> list[str]:
        changed = obj.metadata.generation != old.metadata.generation
        return super().warnings_on_create(obj) if changed else []

    def validate_update(self, obj: ReplicaSet, old: ReplicaSet) -> list[FieldError]:
        return _validate_spec(obj.spec) + validate_selector_unchanged(obj.spec.selector, old.spec.selector)

    def validate_status_update(self, obj: ReplicaSet, old: ReplicaSet) -> list[FieldError]:
        return _validate_status(obj.status)


def _validate_spec(spec: ReplicaSetSpec) -> list[FieldError]:
    return [
        *validate_counts(spec, ("replicas", "minReadySeconds"), SPEC),
        *validate_selector(spec.selector, SPEC["selector"], EMPTY_SELECTOR, "invalid label selector"),
        *validate_template(spec.template, spec.selector, SPEC["template"], "ReplicaSet", spec.replicas or 0),
    ]


def _validate_status(status: ReplicaSetStatus) -> list[FieldError]:
    return [
        *validate_counts(status, _COUNTS, STATUS),
        *validate_not_more(status, _PARTS, "replicas", STATUS, "status.replicas"),
        *validate_not_more(status, ("availableReplicas",), "readyReplicas", STATUS, "readyReplicas"),
    ]
