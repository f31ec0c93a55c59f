"""What is wrong with an Endpoints object, in Kubernetes' words and order.

Called by its strategy. It calls the shared rules for addresses, names and ports.
Source: kubernetes pkg/apis/core/validation/validation.go, ValidateEndpoints.
"""

from __future__ import annotations

from collections.abc import Collection

from apiserver.registry.validation.addresses import validate_ip, validate_non_special_ip
from apiserver.registry.validation.names import validate_dns_label, validate_node_name, validate_qualified_name
from apiserver.registry.validation.ports import validate_port_number, validate_protocol
from kube.api.core_v1 import EndpointAddress, EndpointPort, Endpoints, EndpointSubset
from kube.apimachinery.errors import FieldError, Path, required

SUBSETS = Path("subsets")


def validate_endpoints(endpoints: Endpoints, old: Endpoints | None = None) -> list[FieldError]:
    """Subsets that an update leaves as they are stay, whatever they hold."""
    if old is not None and endpoints.subsets == old.subsets:
        return []
    known = {a.ip for s in old.subsets for a in (*s.addresses, *s.notReadyAddresses)} if old else set[str]()
    return [e for i, subset in enumerate(endpoints.subsets) for e in _validate_subset(subset, SUBSETS[i], known)]


def _validate_subset(subset: EndpointSubset, path: Path, known: Collection[str]) -> list[FieldError]:
    found: list[FieldError] = []
    if not subset.addresses and not subset.notReadyAddresses:
        found.append(required(path, "must specify `addresses` or `notReadyAddresses`"))
    for field in ("addresses", "notReadyAddresses"):
        for index, address in enumerate(getattr(subset, field)):
            found += _validate_address(address, path[field][index], known)
    for index, port in enumerate(subset.ports):
        found += _validate_port(port, path["ports"][index], must_have_name=len(subset.ports) > 1)
    return found


def _validate_address(address: EndpointAddress, path: Path, known: Collection[str]) -> list[FieldError]:
    found = validate_ip(address.ip, path["ip"], known)
    if address.hostname:
        found += validate_dns_label(address.hostname, path["hostname"])
    if address.nodeName is not None:
        found += validate_node_name(address.nodeName, path["nodeName"])
    return found + validate_non_special_ip(address.ip, path["ip"])


def _validate_port(port: EndpointPort, path: Path, *, must_have_name: bool) -> list[FieldError]:
    found: list[FieldError] = []
    if port.name:
        found += validate_dns_label(port.name, path["name"])
    elif must_have_name:
        found.append(required(path["name"]))
    found += validate_port_number(port.port, path["port"])
    found += validate_protocol(port.protocol, path["protocol"])
    if port.appProtocol is not None:
        found += validate_qualified_name(port.appProtocol, path["appProtocol"])
    return found
