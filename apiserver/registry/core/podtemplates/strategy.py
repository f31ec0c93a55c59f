"""PodTemplates: a pod's description, kept to be copied.

Called by the generic store. It calls the rules of the templates that workloads carry. Nothing makes pods of these.
Source: kubernetes pkg/registry/core/podtemplate/strategy.go, pkg/apis/core/validation ValidatePodTemplate.
"""

from __future__ import annotations

from apiserver.registry.core.pods.defaults import default_pod_template
from apiserver.registry.core.pods.dropped import drop_disabled_fields
from apiserver.registry.core.pods.validation import validate_pod_template
from apiserver.registry.core.pods.warnings import warn_of_pod
from apiserver.registry.generic.strategy import Strategy, WriteContext
from kube.api.core_v1 import PodTemplate
from kube.apimachinery.errors import FieldError, Path

TEMPLATE = Path("template")


class PodTemplateStrategy(Strategy[PodTemplate]):
    has_generation = True

    def default(self, obj: PodTemplate) -> None:
        default_pod_template(obj.template)

    def prepare_for_create(self, obj: PodTemplate, ctx: WriteContext) -> None:
        obj.metadata.generation = 1
        drop_disabled_fields(obj.template.spec)

    def prepare_for_update(self, obj: PodTemplate, old: PodTemplate, ctx: WriteContext) -> None:
        drop_disabled_fields(obj.template.spec, old.template.spec)
        if obj.template != old.template:
            obj.metadata.generation = old.metadata.generation + 1

    def validate(self, obj: PodTemplate) -> list[FieldError]:
        return validate_pod_template(obj.template, TEMPLATE)

    def validate_update(self, obj: PodTemplate, old: PodTemplate) -> list[FieldError]:
        return self.validate(obj)

    def warnings_on_create(self, obj: PodTemplate) -> list[str]:
        return warn_of_pod(obj.template.metadata, obj.template.spec, TEMPLATE)

    def warnings_on_update(self, obj: PodTemplate, old: PodTemplate) -> list[str]:
        return self.warnings_on_create(obj) if obj.metadata.generation != old.metadata.generation else []
