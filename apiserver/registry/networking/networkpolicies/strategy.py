"""The strategy of NetworkPolicies: stored and served, since network add-ons watch them; nothing here enforces them.

Called by the generic store. It calls the shared rule for selectors. Ports and peers are not judged.
Source: kubernetes pkg/registry/networking/networkpolicy/strategy.go.
"""

from __future__ import annotations

from apiserver.registry.generic.strategy import Strategy, WriteContext
from kube.api.networking_v1 import NetworkPolicy
from kube.apimachinery.errors import FieldError, Path
from kube.apimachinery.labels import validate_label_selector


class NetworkPolicyStrategy(Strategy[NetworkPolicy]):
    has_generation = True

    def default(self, obj: NetworkPolicy) -> None:
        """Any policy restricts ingress; one that names egress rules restricts egress too."""
        if not obj.spec.policyTypes:
            obj.spec.policyTypes = ["Ingress", "Egress"] if obj.spec.egress else ["Ingress"]

    def prepare_for_create(self, obj: NetworkPolicy, ctx: WriteContext) -> None:
        obj.metadata.generation = 1

    def validate(self, obj: NetworkPolicy) -> list[FieldError]:
        return validate_label_selector(obj.spec.podSelector, Path("spec")["podSelector"])

    def prepare_for_update(self, obj: NetworkPolicy, old: NetworkPolicy, ctx: WriteContext) -> None:
        if obj.spec != old.spec:
            obj.metadata.generation = old.metadata.generation + 1

    def validate_update(self, obj: NetworkPolicy, old: NetworkPolicy) -> list[FieldError]:
        return self.validate(obj)
