"""IPAddress: one address of a Service range, and who has it.

Called by the generic store. The Service allocator writes these objects itself, in the transaction that writes the
Service; here are those that people and controllers make by hand. An address is never changed, only made and removed.
Source: kubernetes pkg/registry/networking/ipaddress, pkg/apis/networking/validation.
"""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address, IPv6Address

from apiserver.registry.generic.strategy import Strategy
from kube.api.networking_v1 import IPAddress, ParentReference
from kube.apimachinery.errors import FieldError, Path, invalid_value, quoted, required
from kube.apimachinery.validation.names import is_dns1123_subdomain, is_path_segment_name
from kube.apimachinery.validation.object_meta import validate_immutable

_PARENT = Path("spec")["parentRef"]


class IPAddressStrategy(Strategy[IPAddress]):
    def validate_name(self, name: str, prefix: bool = False) -> list[str]:
        """The name is the address, in canonical form."""
        try:
            address = IPv6Address(name) if ":" in name else IPv4Address(name)
        except AddressValueError:
            return [f"ParseAddr({quoted(name)}): unable to parse IP"]
        return [] if str(address) == name else ["must be a canonical format IP address"]

    def validate(self, obj: IPAddress) -> list[FieldError]:
        parent = obj.spec.parentRef
        return [required(_PARENT)] if parent is None else _validate_parent(parent)

    def validate_update(self, obj: IPAddress, old: IPAddress) -> list[FieldError]:
        return validate_immutable(obj.spec.parentRef, old.spec.parentRef, _PARENT)


def _validate_parent(parent: ParentReference) -> list[FieldError]:
    """The group may be empty: that of Services is."""
    found = [invalid_value(_PARENT["group"], parent.group, why) for why in _subdomain(parent.group)]
    for field, value, needed in (
        ("resource", parent.resource, True),
        ("name", parent.name, True),
        ("namespace", parent.namespace, False),
    ):
        if value:
            found += [invalid_value(_PARENT[field], value, why) for why in is_path_segment_name(value)]
        elif needed:
            found.append(required(_PARENT[field]))
    return found


def _subdomain(group: str) -> list[str]:
    return is_dns1123_subdomain(group) if group else []
