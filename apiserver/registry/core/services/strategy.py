"""The strategy of Services: the order in which the rules beside it are asked.

Called by the generic store. It calls `defaults`, `changes`, `validation`, `warnings`, and the allocator that it is
given: families are completed before validation, numbers are chosen with the write. Source: kubernetes
pkg/registry/core/service (strategy.go, storage/storage.go).

    create:  defaults -> linked fields, families -> validate -> allocate -> store
    update:  defaults -> keep what was allocated, families -> clear what the type has no use for -> validate -> ...
"""

from __future__ import annotations

from dataclasses import replace

from apiserver.registry.core.services.address_validation import validate_cluster_ips
from apiserver.registry.core.services.allocation import ServiceAllocator
from apiserver.registry.core.services.changes import drop_type_dependent_fields
from apiserver.registry.core.services.defaults import set_defaults
from apiserver.registry.core.services.exposure_validation import validate_status
from apiserver.registry.core.services.validation import validate_service, validate_service_update
from apiserver.registry.core.services.warnings import warnings_of
from apiserver.registry.generic.strategy import Allocation, Strategy, WriteContext
from apiserver.storage.interface import Delete
from apiserver.storage.keys import key_of
from kube.api import scheme
from kube.api.core_v1 import Endpoints, Service, ServiceStatus
from kube.apimachinery import errors
from kube.apimachinery.errors import FieldError
from kube.apimachinery.validation import name_is_dns1123_label


class ServiceStrategy(Strategy[Service]):
    allow_create_on_update = True
    has_status = True
    returns_deleted_object = True
    field_labels = frozenset({"spec.type", "spec.clusterIP"})

    def __init__(self, allocator: ServiceAllocator):
        self._allocator = allocator

    def validate_name(self, name: str, prefix: bool = False) -> list[str]:
        """A DNS label; it may start with a digit (KEP-5311)."""
        return name_is_dns1123_label(name, prefix)

    def default(self, obj: Service) -> None:
        set_defaults(obj)

    def prepare_for_create(self, obj: Service, ctx: WriteContext) -> None:
        obj.status = ServiceStatus()
        self._prepare_addresses(obj, None, ctx)

    def prepare_for_update(self, obj: Service, old: Service, ctx: WriteContext) -> None:
        obj.status = old.status.model_copy(deep=True)
        self._prepare_addresses(obj, old, ctx)
        drop_type_dependent_fields(obj, old)

    def _prepare_addresses(self, obj: Service, old: Service | None, ctx: WriteContext) -> None:
        """What is wrong with addresses and families is said alone: nothing else can be judged before."""
        self._allocator.prepare(obj, old)
        if found := validate_cluster_ips(obj, old):
            raise errors.invalid(ctx.resource, obj.metadata.name, found)

    def validate(self, obj: Service) -> list[FieldError]:
        return validate_service(obj)

    def validate_update(self, obj: Service, old: Service) -> list[FieldError]:
        return validate_service_update(obj, old)

    def warnings_on_create(self, obj: Service) -> list[str]:
        return warnings_of(obj)

    def warnings_on_update(self, obj: Service, old: Service) -> list[str]:
        return warnings_of(obj)

    def prepare_for_status_update(self, obj: Service, old: Service, ctx: WriteContext) -> None:
        obj.spec = old.spec.model_copy(deep=True)

    def validate_status_update(self, obj: Service, old: Service) -> list[FieldError]:
        return validate_status(obj, old)

    async def allocate(self, obj: Service, old: Service | None, ctx: WriteContext) -> Allocation:
        return await self._allocator.plan(obj, old, ctx)

    def release(self, obj: Service) -> Allocation:
        """The Endpoints of the same name go with it, so that a new Service of the name does not inherit them."""
        meta = obj.metadata
        endpoints = Delete(key_of(scheme.by_type(Endpoints), meta.namespace, meta.name))
        released = self._allocator.release(obj) or Allocation()
        return replace(released, ops=[*released.ops, endpoints])

    def fields(self, obj: Service) -> dict[str, str]:
        return {"spec.type": obj.spec.type, "spec.clusterIP": obj.spec.clusterIP}
