"""The strategy of Namespaces: born Active with the finalizer `kubernetes`, and going only when it is gone.

Called by the generic store, and by the handler of `/finalize`. That some namespaces stay for ever, and
that nothing is created in one that is going, is admission's. Source: kubernetes pkg/registry/core/namespace.

| written through | may change |
|---|---|
| the namespace itself | metadata |
| `/status` | status (the phase follows the deletionTimestamp) |
| `/finalize` | spec.finalizers |
"""

from __future__ import annotations

from collections.abc import Mapping

from apiserver.registry.generic.strategy import Stages, Strategy, WriteContext
from apiserver.registry.validation.names import validate_finalizer_name
from kube.api.core_v1 import Namespace, NamespaceStatus
from kube.apimachinery.errors import FieldError, Path, invalid_value
from kube.apimachinery.validation import name_is_dns1123_label

NAME_LABEL = "kubernetes.io/metadata.name"
FINALIZERS = Path("spec")["finalizers"]
FINALIZER, ACTIVE, TERMINATING = "kubernetes", "Active", "Terminating"


class NamespaceStrategy(Strategy[Namespace]):
    has_status = True
    holds_objects = True
    returns_deleted_object = True
    field_labels = frozenset({"status.phase", "name"})

    def validate_name(self, name: str, prefix: bool = False) -> list[str]:
        return name_is_dns1123_label(name, prefix)

    def default(self, obj: Namespace) -> None:
        """Selectors find a namespace by this label; nobody can change it."""
        if obj.metadata.name:
            obj.metadata.labels[NAME_LABEL] = obj.metadata.name
        obj.status.phase = obj.status.phase or ACTIVE

    def prepare_for_create(self, obj: Namespace, ctx: WriteContext) -> None:
        obj.metadata.labels[NAME_LABEL] = obj.metadata.name  # generated names are known only now
        obj.status = NamespaceStatus(phase=ACTIVE)
        if FINALIZER not in obj.spec.finalizers:
            obj.spec.finalizers = [*obj.spec.finalizers, FINALIZER]

    def validate(self, obj: Namespace) -> list[FieldError]:
        return [e for name in obj.spec.finalizers for e in validate_finalizer_name(name, FINALIZERS)]

    def prepare_for_update(self, obj: Namespace, old: Namespace, ctx: WriteContext) -> None:
        obj.spec, obj.status = old.spec.model_copy(deep=True), old.status.model_copy(deep=True)

    def prepare_for_status_update(self, obj: Namespace, old: Namespace, ctx: WriteContext) -> None:
        obj.spec = old.spec.model_copy(deep=True)

    def validate_status_update(self, obj: Namespace, old: Namespace) -> list[FieldError]:
        going = obj.metadata.deletionTimestamp is not None
        phase = TERMINATING if going else ACTIVE
        if obj.status.phase == phase:
            return []
        why = f"may only be '{phase}' if `deletionTimestamp` is {'not ' if going else ''}empty"
        return [invalid_value(Path("status")["Phase"], obj.status.phase, why)]

    def prepare_for_finalize(self, obj: Namespace, old: Namespace, ctx: WriteContext) -> None:
        """The namespace controller takes its finalizer away when all that was inside is gone."""
        obj.status = old.status.model_copy(deep=True)

    def validate_finalize(self, obj: Namespace, old: Namespace) -> list[FieldError]:
        names = enumerate(obj.spec.finalizers)
        return [e for i, name in names for e in validate_finalizer_name(name, FINALIZERS[i])]

    def update_stages(self) -> Mapping[str, Stages[Namespace]]:
        return {**super().update_stages(), "finalize": (self.prepare_for_finalize, self.validate_finalize)}

    def prepare_for_delete(self, obj: Namespace) -> None:
        obj.status.phase = TERMINATING

    def holds(self, obj: Namespace) -> bool:
        return bool(obj.spec.finalizers)

    def fields(self, obj: Namespace) -> dict[str, str]:
        return {"status.phase": obj.status.phase, "name": obj.metadata.name}
