"""ServiceCIDR: a range from which Services get their addresses.

Called by the generic store. The allocator reads these objects through `ready`; a controller says when one is ready and
holds one that is still in use. Ranges are never changed; a second one, of the other family, may be added.
Source: kubernetes pkg/registry/networking/servicecidr, pkg/apis/networking/validation.
"""

from __future__ import annotations

from ipaddress import ip_interface, ip_network

from apiserver.registry.generic.strategy import Strategy, WriteContext
from kube.api.networking_v1 import ServiceCIDR, ServiceCIDRStatus
from kube.apimachinery.errors import FieldError, Path, invalid_value, required
from kube.apimachinery.validation.net import is_valid_cidr

_CIDRS = Path("spec")["cidrs"]
_IMMUTABLE = "field is immutable"
_ONE_EACH = "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"


class ServiceCIDRStrategy(Strategy[ServiceCIDR]):
    has_status = True

    def prepare_for_create(self, obj: ServiceCIDR, ctx: WriteContext) -> None:
        obj.status = ServiceCIDRStatus()

    def validate(self, obj: ServiceCIDR) -> list[FieldError]:
        return _validate_cidrs(obj.spec.cidrs)

    def warnings_on_create(self, obj: ServiceCIDR) -> list[str]:
        return [text for index, cidr in enumerate(obj.spec.cidrs) for text in _not_canonical(cidr, _CIDRS[index])]

    def prepare_for_update(self, obj: ServiceCIDR, old: ServiceCIDR, ctx: WriteContext) -> None:
        obj.status = old.status

    def validate_update(self, obj: ServiceCIDR, old: ServiceCIDR) -> list[FieldError]:
        new, before = obj.spec.cidrs, old.spec.cidrs
        if len(new) == len(before):
            return [
                invalid_value(_CIDRS[index], cidr, _IMMUTABLE)
                for index, cidr in enumerate(new)
                if cidr != before[index]
            ]
        if (len(before), len(new)) == (1, 2):
            changed = [invalid_value(_CIDRS[0], new[0], _IMMUTABLE)] if new[0] != before[0] else []
            return changed + _validate_cidrs(new)
        return [invalid_value(_CIDRS, new, _IMMUTABLE)]

    def prepare_for_status_update(self, obj: ServiceCIDR, old: ServiceCIDR, ctx: WriteContext) -> None:
        obj.spec = old.spec


def _validate_cidrs(cidrs: list[str]) -> list[FieldError]:
    if not cidrs:
        return [required(_CIDRS, "at least one CIDR required")]
    if len(cidrs) > 2:
        return [invalid_value(_CIDRS, cidrs, "may only hold up to 2 values")]
    if len(cidrs) == 2 and not _one_of_each(*cidrs):
        return [invalid_value(_CIDRS, cidrs, _ONE_EACH)]
    return [invalid_value(_CIDRS[index], cidr, why) for index, cidr in enumerate(cidrs) for why in _wrong_with(cidr)]


def _wrong_with(cidr: str) -> list[str]:
    found = is_valid_cidr(cidr)
    if not found and ip_interface(cidr).ip != ip_network(cidr, strict=False).network_address:
        found = ["must not have bits set beyond the prefix length"]
    return found


def _one_of_each(one: str, other: str) -> bool:
    try:
        return ip_network(one, strict=False).version != ip_network(other, strict=False).version
    except ValueError:
        return False


def _not_canonical(cidr: str, path: Path) -> list[str]:
    """IPv6 may be written in several ways; one is recommended."""
    try:
        network = ip_network(cidr)
    except ValueError:
        return []
    if network.version == 4 or str(network) == cidr:
        return []
    return [f'{path}: IPv6 CIDR value "{cidr}" should be in RFC 5952 canonical format ("{network}")']
