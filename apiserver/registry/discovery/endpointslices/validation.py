"""What is wrong with an EndpointSlice, in Kubernetes' words and order.

Called by its strategy. It calls the shared rules for addresses, names and ports.
Source: kubernetes pkg/apis/discovery/validation/validation.go.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from apiserver.registry.validation.addresses import (
    family_of,
    validate_canonical_ip,
    validate_ip,
    validate_non_special_ip,
)
from apiserver.registry.validation.names import (
    validate_dns_label,
    validate_label_value,
    validate_node_name,
    validate_qualified_name,
)
from apiserver.registry.validation.ports import validate_protocol
from kube.api.discovery_v1 import Endpoint, EndpointHints, EndpointPort, EndpointSlice, ForNode, ForZone
from kube.apimachinery.errors import (
    FieldError,
    Path,
    duplicate,
    invalid_value,
    not_supported,
    required,
    too_many,
)
from kube.apimachinery.validation import is_fully_qualified_domain_name, validate_immutable

ADDRESS_TYPE, PORTS, ENDPOINTS = Path("addressType"), Path("ports"), Path("endpoints")
ADDRESS_TYPES = frozenset({"IPv4", "IPv6", "FQDN"})
MAX_ADDRESSES, MAX_PORTS, MAX_ENDPOINTS, MAX_HINTS = 100, 20_000, 1000, 8


def validate_endpoint_slice(obj: EndpointSlice, old: EndpointSlice | None = None) -> list[FieldError]:
    """Addresses that the stored slice had already are not judged again."""
    known = {address for endpoint in old.endpoints for address in endpoint.addresses} if old else set[str]()
    found = validate_address_type(obj.addressType) + validate_ports(obj.ports)
    found += validate_endpoints(obj.endpoints, obj.addressType, known)
    return found + (validate_immutable(obj.addressType, old.addressType, ADDRESS_TYPE) if old else [])


def validate_address_type(address_type: str) -> list[FieldError]:
    if not address_type:
        return [required(ADDRESS_TYPE)]
    return [] if address_type in ADDRESS_TYPES else [not_supported(ADDRESS_TYPE, address_type, ADDRESS_TYPES)]


def validate_ports(ports: Sequence[EndpointPort]) -> list[FieldError]:
    if len(ports) > MAX_PORTS:
        return [too_many(PORTS, len(ports), MAX_PORTS)]
    found, names = [], set[str]()
    for index, port in enumerate(ports):
        found += _validate_port(port, names, PORTS[index])
        names.add(port.name or "")
    return found


def _validate_port(port: EndpointPort, names: set[str], path: Path) -> list[FieldError]:
    name = port.name or ""
    found = validate_dns_label(name, path["name"]) if name else []
    if name in names:
        found.append(duplicate(path["name"], name))
    found += validate_protocol(port.protocol or "", path["protocol"])
    if port.appProtocol is not None:
        found += validate_qualified_name(port.appProtocol, path["appProtocol"])
    return found


def validate_endpoints(endpoints: Sequence[Endpoint], address_type: str, known: Collection[str]) -> list[FieldError]:
    if len(endpoints) > MAX_ENDPOINTS:
        return [too_many(ENDPOINTS, len(endpoints), MAX_ENDPOINTS)]
    return [e for i, endpoint in enumerate(endpoints) for e in _validate(endpoint, address_type, known, ENDPOINTS[i])]


def _validate(endpoint: Endpoint, address_type: str, known: Collection[str], path: Path) -> list[FieldError]:
    found = _validate_addresses(endpoint.addresses, address_type, known, path["addresses"])
    if endpoint.nodeName is not None:
        found += validate_node_name(endpoint.nodeName, path["nodeName"])
    if endpoint.hostname is not None:
        found += validate_dns_label(endpoint.hostname, path["hostname"])
    if endpoint.hints is not None:
        found += _validate_hints(endpoint.hints, path["hints"])
    return found


def _validate_addresses(
    addresses: Sequence[str], address_type: str, known: Collection[str], path: Path
) -> list[FieldError]:
    found: list[FieldError] = []
    if not addresses:
        found.append(required(path, "must contain at least 1 address"))
    elif len(addresses) > MAX_ADDRESSES:
        found.append(too_many(path, len(addresses), MAX_ADDRESSES))
    for index, address in enumerate(addresses):
        if address not in known:
            found += _validate_address(address, address_type, path, path[index])
    return found


def _validate_address(address: str, address_type: str, list_path: Path, path: Path) -> list[FieldError]:
    if address_type == "FQDN":
        return [invalid_value(path, address, why) for why in is_fully_qualified_domain_name(address)]
    if address_type not in ("IPv4", "IPv6"):
        return []
    if found := (validate_canonical_ip if address_type == "IPv6" else validate_ip)(address, path):
        return found
    wrong = family_of(address) != address_type
    found = [invalid_value(list_path, address, f"must be an {address_type} address")] if wrong else []
    return found + validate_non_special_ip(address, path)


def _validate_hints(hints: EndpointHints, path: Path) -> list[FieldError]:
    return _validate_names(hints.forZones, validate_label_value, path["forZones"]) + _validate_names(
        hints.forNodes, validate_node_name, path["forNodes"]
    )


def _validate_names(
    names: Sequence[ForZone | ForNode], rule: Callable[[str, Path], list[FieldError]], path: Path
) -> list[FieldError]:
    """A few different names, each as the rule wants it."""
    if len(names) > MAX_HINTS:
        return [too_many(path, len(names), MAX_HINTS)]
    found, seen = [], set[str]()
    for index, named in enumerate(names):
        place = path[index]["name"]
        if named.name in seen:
            found.append(duplicate(place, named.name))
        seen.add(named.name)
        found += rule(named.name, place)
    return found
