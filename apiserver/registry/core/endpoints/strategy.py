"""The strategy of Endpoints, the older form of EndpointSlices: subsets are stored as they come.

Called by the generic store. It calls its validation. That the whole kind is deprecated is said with every answer.
Source: kubernetes pkg/registry/core/endpoint/strategy.go.
"""

from __future__ import annotations

from apiserver.registry.core.endpoints.validation import SUBSETS, validate_endpoints
from apiserver.registry.generic.strategy import Strategy
from apiserver.registry.validation.addresses import warn_of_ip
from kube.api.core_v1 import Endpoints
from kube.apimachinery.errors import FieldError


class EndpointsStrategy(Strategy[Endpoints]):
    allow_create_on_update = True
    deprecation = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"

    def default(self, obj: Endpoints) -> None:
        for subset in obj.subsets:
            for port in subset.ports:
                port.protocol = port.protocol or "TCP"

    def validate(self, obj: Endpoints) -> list[FieldError]:
        return validate_endpoints(obj)

    def validate_update(self, obj: Endpoints, old: Endpoints) -> list[FieldError]:
        return validate_endpoints(obj, old)

    def warnings_on_create(self, obj: Endpoints) -> list[str]:
        return [
            warning
            for s, subset in enumerate(obj.subsets)
            for field in ("addresses", "notReadyAddresses")
            for a, address in enumerate(getattr(subset, field))
            for warning in warn_of_ip(address.ip, SUBSETS[s][field][a]["ip"])
        ]

    def warnings_on_update(self, obj: Endpoints, old: Endpoints) -> list[str]:
        return self.warnings_on_create(obj)
