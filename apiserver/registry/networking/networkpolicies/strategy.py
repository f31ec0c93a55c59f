"""NetworkPolicies: which connections pods accept and open.

Used by the generic store. It calls `validation`. They are stored and watched, since network add-ons ask for them;
enforcing them is the add-ons' part. Source: kubernetes pkg/registry/networking/networkpolicy,
pkg/apis/networking/v1/defaults.go.
"""

from __future__ import annotations

from apiserver.registry.generic.strategy import Strategy, WriteContext
from apiserver.registry.networking.networkpolicies.validation import validate_network_policy, warnings_of
from kube.api.networking_v1 import NetworkPolicy
from kube.apimachinery.errors import FieldError


class NetworkPolicyStrategy(Strategy[NetworkPolicy]):
    has_generation = True

    def default(self, obj: NetworkPolicy) -> None:
        """Ports are TCP's. Any policy restricts ingress; one that names egress rules restricts egress too."""
        for rule in (*obj.spec.ingress, *obj.spec.egress):
            for port in rule.ports:
                port.protocol = "TCP" if port.protocol is None else port.protocol
        if not obj.spec.policyTypes:
            obj.spec.policyTypes = ["Ingress", "Egress"] if obj.spec.egress else ["Ingress"]

    def prepare_for_create(self, obj: NetworkPolicy, ctx: WriteContext) -> None:
        obj.metadata.generation = 1

    def validate(self, obj: NetworkPolicy) -> list[FieldError]:
        return validate_network_policy(obj)

    def warnings_on_create(self, obj: NetworkPolicy) -> list[str]:
        return warnings_of(obj)

    def prepare_for_update(self, obj: NetworkPolicy, old: NetworkPolicy, ctx: WriteContext) -> None:
        if obj.spec != old.spec:
            obj.metadata.generation = old.metadata.generation + 1

    def validate_update(self, obj: NetworkPolicy, old: NetworkPolicy) -> list[FieldError]:
        return validate_network_policy(obj, old)

    def warnings_on_update(self, obj: NetworkPolicy, old: NetworkPolicy) -> list[str]:
        return warnings_of(obj)
