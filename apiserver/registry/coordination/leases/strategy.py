"""The strategy of Leases, on which leaders and nodes show that they live.

Called by the generic store. It calls nothing. The fields of coordinated leader election, which is an alpha feature, are
dropped. Source: kubernetes pkg/registry/coordination/lease, pkg/apis/coordination/validation.
"""

from __future__ import annotations

from apiserver.registry.generic.strategy import Strategy, WriteContext
from kube.api.coordination_v1 import Lease
from kube.apimachinery.errors import FieldError, Path, invalid_value

SPEC = Path("spec")


class LeaseStrategy(Strategy[Lease]):
    allow_create_on_update = True
    allow_unconditional_update = False

    def prepare_for_create(self, obj: Lease, ctx: WriteContext) -> None:
        obj.spec.strategy = obj.spec.preferredHolder = None

    def validate(self, obj: Lease) -> list[FieldError]:
        spec, found = obj.spec, []
        if spec.leaseDurationSeconds is not None and spec.leaseDurationSeconds <= 0:
            why = "must be greater than 0"
            found.append(invalid_value(SPEC["leaseDurationSeconds"], spec.leaseDurationSeconds, why))
        if spec.leaseTransitions is not None and spec.leaseTransitions < 0:
            why = "must be greater than or equal to 0"
            found.append(invalid_value(SPEC["leaseTransitions"], spec.leaseTransitions, why))
        return found

    def prepare_for_update(self, obj: Lease, old: Lease, ctx: WriteContext) -> None:
        self.prepare_for_create(obj, ctx)

    def validate_update(self, obj: Lease, old: Lease) -> list[FieldError]:
        return self.validate(obj)
