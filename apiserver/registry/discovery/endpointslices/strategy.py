"""The strategy of EndpointSlices: generations count changes of content and of labels.

Called by the generic store. It calls its validation. Source: kubernetes pkg/registry/discovery/endpointslice/strategy.go.
"""  # noqa: E501

from __future__ import annotations

from apiserver.registry.discovery.endpointslices.validation import ENDPOINTS, validate_endpoint_slice
from apiserver.registry.generic.strategy import Strategy, WriteContext
from apiserver.registry.validation.addresses import warn_of_ip
from kube.api.discovery_v1 import EndpointSlice
from kube.apimachinery.errors import FieldError
from kube.apimachinery.types import Nil

MANAGED_BY, CONTROLLER = "endpointslice.kubernetes.io/managed-by", "endpointslice-controller.k8s.io"


class EndpointSliceStrategy(Strategy[EndpointSlice]):
    has_generation = True

    def default(self, obj: EndpointSlice) -> None:
        """A port's name and protocol are always written; an empty list is as good as none, and none is `null`."""
        for port in obj.ports:
            port.name = port.name or ""
            port.protocol = "TCP" if port.protocol is None else port.protocol
        obj.ports = obj.ports or Nil()
        obj.endpoints = obj.endpoints or Nil()

    def prepare_for_create(self, obj: EndpointSlice, ctx: WriteContext) -> None:
        obj.metadata.generation = 1
        _drop_deprecated_topology(obj)

    def validate(self, obj: EndpointSlice) -> list[FieldError]:
        return validate_endpoint_slice(obj)

    def prepare_for_update(self, obj: EndpointSlice, old: EndpointSlice, ctx: WriteContext) -> None:
        if obj.endpoints != old.endpoints:
            _drop_deprecated_topology(obj)
        if _content(obj) != _content(old):
            obj.metadata.generation = old.metadata.generation + 1

    def validate_update(self, obj: EndpointSlice, old: EndpointSlice) -> list[FieldError]:
        return validate_endpoint_slice(obj, old)

    def warnings_on_create(self, obj: EndpointSlice) -> list[str]:
        warnings = ["spec.addressType: FQDN endpoints are deprecated"] if obj.addressType == "FQDN" else []
        if obj.addressType == "FQDN" or obj.metadata.labels.get(MANAGED_BY) == CONTROLLER:
            return warnings
        return warnings + [
            warning
            for e, endpoint in enumerate(obj.endpoints)
            for a, address in enumerate(endpoint.addresses)
            for warning in warn_of_ip(address, ENDPOINTS[e]["addresses"][a])
        ]

    def warnings_on_update(self, obj: EndpointSlice, old: EndpointSlice) -> list[str]:
        return self.warnings_on_create(obj)


def _content(obj: EndpointSlice) -> tuple[object, ...]:
    return obj.addressType, obj.endpoints, obj.ports, obj.metadata.labels


def _drop_deprecated_topology(obj: EndpointSlice) -> None:
    """It can be read through v1 but not written."""
    for endpoint in obj.endpoints:
        endpoint.deprecatedTopology = {}
