"""DaemonSets.

Called by the generic store. An annotation counts the changes of the template, for controllers older than
ControllerRevisions; nobody else may set it. Source: kubernetes pkg/registry/apps/daemonset/strategy.go,
pkg/apis/apps/v1/conversion.go.
"""

from __future__ import annotations

from apiserver.registry.apps.daemonsets.validation import validate_spec, validate_status
from apiserver.registry.apps.strategy import WorkloadStrategy
from apiserver.registry.apps.workloads import validate_selector_unchanged
from apiserver.registry.generic.strategy import WriteContext
from kube.api.apps_v1 import DaemonSet, DaemonSetSpec, RollingUpdateDaemonSet
from kube.apimachinery.errors import FieldError

TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"


class DaemonSetStrategy(WorkloadStrategy[DaemonSet]):
    def default_spec(self, spec: DaemonSetSpec) -> None:
        strategy = spec.updateStrategy
        strategy.type = strategy.type or "RollingUpdate"
        if strategy.type == "RollingUpdate":
            rolling = strategy.rollingUpdate = strategy.rollingUpdate or RollingUpdateDaemonSet()
            rolling.maxUnavailable = 1 if rolling.maxUnavailable is None else rolling.maxUnavailable
            rolling.maxSurge = 0 if rolling.maxSurge is None else rolling.maxSurge
        spec.revisionHistoryLimit = 10 if spec.revisionHistoryLimit is None else spec.revisionHistoryLimit

    def prepare_for_create(self, obj: DaemonSet, ctx: WriteContext) -> None:
        super().prepare_for_create(obj, ctx)
        _set_template_generation(obj, max(1, _template_generation(obj)))

    def validate(self, obj: DaemonSet) -> list[FieldError]:
        return validate_spec(obj.spec)

    def prepare_for_update(self, obj: DaemonSet, old: DaemonSet, ctx: WriteContext) -> None:
        super().prepare_for_update(obj, old, ctx)
        changed = obj.spec.template != old.spec.template
        _set_template_generation(obj, _template_generation(old) + changed)

    def validate_update(self, obj: DaemonSet, old: DaemonSet) -> list[FieldError]:
        return validate_spec(obj.spec) + validate_selector_unchanged(obj.spec.selector, old.spec.selector)

    def prepare_for_status_update(self, obj: DaemonSet, old: DaemonSet, ctx: WriteContext) -> None:
        super().prepare_for_status_update(obj, old, ctx)
        _set_template_generation(obj, _template_generation(old))

    def validate_status_update(self, obj: DaemonSet, old: DaemonSet) -> list[FieldError]:
        return validate_status(obj.status, old.status)


def _template_generation(obj: DaemonSet) -> int:
    text = obj.metadata.annotations.get(TEMPLATE_GENERATION, "")
    return int(text) if text.isdigit() else 0


def _set_template_generation(obj: DaemonSet, generation: int) -> None:
    obj.metadata.annotations[TEMPLATE_GENERATION] = str(generation)
