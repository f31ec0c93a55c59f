"""Deployments.

Called by the generic store. An annotation is part of what is desired here (a rollback reads it), so that its change
counts as a generation too. Source: kubernetes pkg/registry/apps/deployment/strategy.go, pkg/apis/apps/v1/defaults.go.
"""

from __future__ import annotations

from apiserver.registry.apps.deployments.validation import validate_spec, validate_status
from apiserver.registry.apps.strategy import WorkloadStrategy
from apiserver.registry.apps.workloads import validate_selector_unchanged
from apiserver.registry.core.pods.warnings import warn_of_name
from apiserver.registry.generic.strategy import WriteContext
from kube.api.apps_v1 import Deployment, DeploymentSpec, RollingUpdateDeployment
from kube.apimachinery.errors import FieldError


class DeploymentStrategy(WorkloadStrategy[Deployment]):
    def default_spec(self, spec: DeploymentSpec) -> None:
        """One Pod; a quarter more and a quarter fewer during an update; ten old ReplicaSets; ten minutes."""
        spec.replicas = 1 if spec.replicas is None else spec.replicas
        spec.strategy.type = spec.strategy.type or "RollingUpdate"
        if spec.strategy.type == "RollingUpdate":
            rolling = spec.strategy.rollingUpdate = spec.strategy.rollingUpdate or RollingUpdateDeployment()
            rolling.maxUnavailable = "25%" if rolling.maxUnavailable is None else rolling.maxUnavailable
            rolling.maxSurge = "25%" if rolling.maxSurge is None else rolling.maxSurge
        spec.revisionHistoryLimit = 10 if spec.revisionHistoryLimit is None else spec.revisionHistoryLimit
        spec.progressDeadlineSeconds = 600 if spec.progressDeadlineSeconds is None else spec.progressDeadlineSeconds

    def validate(self, obj: Deployment) -> list[FieldError]:
        return validate_spec(obj.spec)

    def warnings_on_create(self, obj: Deployment) -> list[str]:
        return warn_of_name(obj.metadata.name, "Pod names and hostnames") + super().warnings_on_create(obj)

    def warnings_on_update(self, obj: Deployment, old: Deployment) -> list[str]:
        changed = obj.metadata.generation != old.metadata.generation
        return super().warnings_on_create(obj) if changed else []

    def desires_something_new(self, obj: Deployment, old: Deployment) -> bool:
        return obj.spec != old.spec or obj.metadata.annotations != old.metadata.annotations

    def validate_update(self, obj: Deployment, old: Deployment) -> list[FieldError]:
        return validate_spec(obj.spec) + validate_selector_unchanged(obj.spec.selector, old.spec.selector)

    def prepare_for_status_update(self, obj: Deployment, old: Deployment, ctx: WriteContext) -> None:
        obj.spec = old.spec
        obj.metadata.labels = old.metadata.labels

    def validate_status_update(self, obj: Deployment, old: Deployment) -> list[FieldError]:
        return validate_status(obj.status, old.status)
