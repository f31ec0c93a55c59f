"""StatefulSets.

Called by the generic store. Source: kubernetes pkg/registry/apps/statefulset/strategy.go, pkg/apis/apps/v1/defaults.go.
"""

from __future__ import annotations

from apiserver.registry.apps.statefulsets.validation import validate_spec, validate_status, validate_unchanged
from apiserver.registry.apps.strategy import WorkloadStrategy
from kube.api.apps_v1 import (
    RollingUpdateStatefulSetStrategy,
    StatefulSet,
    StatefulSetPersistentVolumeClaimRetentionPolicy,
    StatefulSetSpec,
)
from kube.apimachinery.errors import FieldError
from kube.apimachinery.validation import name_is_dns1123_label


class StatefulSetStrategy(WorkloadStrategy[StatefulSet]):
    def validate_name(self, name: str, prefix: bool = False) -> list[str]:
        """A DNS label: it becomes part of the Pods' host names."""
        return name_is_dns1123_label(name, prefix)

    def default_spec(self, spec: StatefulSetSpec) -> None:
        spec.podManagementPolicy = spec.podManagementPolicy or "OrderedReady"
        spec.updateStrategy.type = spec.updateStrategy.type or "RollingUpdate"
        if spec.updateStrategy.type == "RollingUpdate":
            rolling = spec.updateStrategy.rollingUpdate or RollingUpdateStatefulSetStrategy()
            rolling.partition = rolling.partition or 0
            spec.updateStrategy.rollingUpdate = rolling
        spec.replicas = 1 if spec.replicas is None else spec.replicas
        spec.revisionHistoryLimit = 10 if spec.revisionHistoryLimit is None else spec.revisionHistoryLimit
        keep = spec.persistentVolumeClaimRetentionPolicy or StatefulSetPersistentVolumeClaimRetentionPolicy()
        keep.whenDeleted, keep.whenScaled = keep.whenDeleted or "Retain", keep.whenScaled or "Retain"
        spec.persistentVolumeClaimRetentionPolicy = keep
        for claim in spec.volumeClaimTemplates:
            claim.kind, claim.apiVersion = "PersistentVolumeClaim", "v1"
            claim.spec.volumeMode = claim.spec.volumeMode or "Filesystem"
            claim.status.phase = claim.status.phase or "Pending"

    def validate(self, obj: StatefulSet) -> list[FieldError]:
        return validate_spec(obj.spec)

    def warnings_on_create(self, obj: StatefulSet) -> list[str]:
        found = super().warnings_on_create(obj)
        if (obj.spec.revisionHistoryLimit or 0) < 0:
            found.append(
                "spec.revisionHistoryLimit: a negative value retains all historical revisions; "
                "a value >= 0 is recommended"
            )
        return found

    def validate_update(self, obj: StatefulSet, old: StatefulSet) -> list[FieldError]:
        return validate_spec(obj.spec, old.spec) + validate_unchanged(obj.spec, old.spec)

    def validate_status_update(self, obj: StatefulSet, old: StatefulSet) -> list[FieldError]:
        return validate_status(obj.status, old.status)
