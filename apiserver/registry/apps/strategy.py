"""The rules that all workload kinds share: generations, and which half of the object a writer may change.

Called by the strategies of the workload kinds, which add what is their own. Source: kubernetes pkg/registry/apps.

| write | spec | status | generation |
|---|---|---|---|
| create | given | empty | 1 |
| update | given | kept | +1 if the spec changed |
| update of status | kept | given | kept |
"""

from __future__ import annotations

from typing import Any, TypeVar

from apiserver.registry.core.pods.defaults import default_pod_template
from apiserver.registry.core.pods.dropped import drop_disabled_fields
from apiserver.registry.core.pods.warnings import warn_of_pod
from apiserver.registry.generic.strategy import Strategy, WriteContext
from kube.apimachinery.errors import Path
from kube.apimachinery.meta_v1 import Object

W = TypeVar("W", bound=Object)
TEMPLATE = Path("spec")["template"]


class WorkloadStrategy(Strategy[W]):
    has_status = True
    has_generation = True

    def default(self, obj: Any) -> None:
        default_pod_template(obj.spec.template)
        self.default_spec(obj.spec)

    def default_spec(self, spec: Any) -> None:
        """The kind's own defaults."""

    def prepare_for_create(self, obj: Any, ctx: WriteContext) -> None:
        obj.status = type(obj.status)()
        obj.metadata.generation = 1
        drop_disabled_fields(obj.spec.template.spec)

    def prepare_for_update(self, obj: Any, old: Any, ctx: WriteContext) -> None:
        obj.status = old.status
        drop_disabled_fields(obj.spec.template.spec, old.spec.template.spec)
        if self.desires_something_new(obj, old):
            obj.metadata.generation = old.metadata.generation + 1

    def desires_something_new(self, obj: Any, old: Any) -> bool:
        return obj.spec != old.spec

    def prepare_for_status_update(self, obj: Any, old: Any, ctx: WriteContext) -> None:
        obj.spec = old.spec

    def warnings_on_create(self, obj: Any) -> list[str]:
        return warn_of_pod(obj.spec.template.metadata, obj.spec.template.spec, TEMPLATE)

    def warnings_on_update(self, obj: Any, old: Any) -> list[str]:
        if obj.metadata.generation == old.metadata.generation:
            return []
        return self.warnings_on_create(obj)
