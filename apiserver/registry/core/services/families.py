"""Which IP families a Service has, and what an update keeps of what was allocated before. Pure.

Called by `allocation.ServiceAllocator.prepare`, before validation. It calls the error constructors. It guesses what the
writer meant where fields are linked (`clusterIP` and `clusterIPs`; families, policy and addresses), and refuses what
this cluster cannot give. What is malformed it leaves alone: validation says what is wrong with it.
Source: kubernetes pkg/registry/core/service/storage (alloc.go, storage.go).
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address

from apiserver.registry.core.services.claims import (
    is_headless,
    needs_cluster_ip,
    needs_health_check_port,
    needs_node_ports,
)
from kube.api.core_v1 import Service, ServicePort
from kube.apimachinery.errors import FieldError, Path, invalid_value
from kube.apimachinery.validation import is_valid_ip

SINGLE, PREFER, REQUIRE = "SingleStack", "PreferDualStack", "RequireDualStack"
_SPEC = Path("spec")
_OTHER = {"IPv4": "IPv6", "IPv6": "IPv4"}


def family_of(address: str) -> str:
    """`IPv4` or `IPv6`. Raises ValueError for what is no address."""
    return "IPv6" if ip_address(address).version == 6 else "IPv4"


# ---- what an update keeps ----


def keep_allocated(new: Service, old: Service) -> None:
    """A client that sends what it once created, without the values that were allocated, means to keep them."""
    if needs_cluster_ip(old) and needs_cluster_ip(new):
        new.spec.clusterIP = new.spec.clusterIP or old.spec.clusterIP
        new.spec.clusterIPs = new.spec.clusterIPs or list(old.spec.clusterIPs)
    if needs_node_ports(old) and needs_node_ports(new):
        _keep_node_ports(new.spec.ports, old.spec.ports)
    if needs_health_check_port(old) and needs_health_check_port(new):
        new.spec.healthCheckNodePort = new.spec.healthCheckNodePort or old.spec.healthCheckNodePort


def _keep_node_ports(new: list[ServicePort], old: list[ServicePort]) -> None:
    """By the port's name, unless the number has another place now."""
    moved = {port.nodePort for port in old} & {port.nodePort for port in new}
    before = {port.name: port.nodePort for port in old}
    for port in new:
        kept = before.get(port.name, 0)
        if port.nodePort == 0 and kept not in moved:
            port.nodePort = kept


def link_cluster_ips(new: Service, old: Service | None) -> None:
    """Old clients know only `clusterIP`, new ones `clusterIPs` too: the two are brought into step."""
    spec = new.spec
    if old is None:
        if spec.clusterIP and not spec.clusterIPs:
            spec.clusterIPs = [spec.clusterIP]
    elif spec.clusterIP == old.spec.clusterIP:
        spec.clusterIPs = spec.clusterIPs or list(old.spec.clusterIPs)
    elif spec.clusterIPs == old.spec.clusterIPs:
        spec.clusterIPs = [spec.clusterIP] if spec.clusterIP else []


# ---- families and policy ----


def default_families(new: Service, old: Service | None, configured: Sequence[str]) -> list[FieldError]:
    """Sets `ipFamilyPolicy` and `ipFamilies`; `configured` are the cluster's families, the default first.

    | wanted | families of the Service |
    |---|---|
    | SingleStack (the default) | the first named, or that of the address, or the cluster's default |
    | PreferDualStack | both where the cluster has both |
    | RequireDualStack | both, or an error |
    | headless without selector (default RequireDualStack) | both, whatever the cluster has |
    """
    if not needs_cluster_ip(new) or _prefers_what_it_had(new, old):
        return []
    if new.spec.ipFamilyPolicy is None:
        new.spec.ipFamilyPolicy = _default_policy(new, old)
    if not _is_well_formed(new):
        return []
    found = _follow_update(new, old) + _check_single(new) + _families_of_addresses(new, configured)
    if found:
        return found
    if is_headless(new) and not new.spec.selector:
        _complete(new, configured[0])
        return []
    found = _check_configured(new, configured)
    if found:
        return found
    if len(configured) == 2:
        _complete(new, configured[0])
    elif not new.spec.ipFamilies:
        new.spec.ipFamilies = [configured[0]]
    return []


def _prefers_what_it_had(new: Service, old: Service | None) -> bool:
    """A PreferDualStack Service is not changed because the cluster has got or lost a family."""
    return (
        old is not None
        and old.spec.type == new.spec.type
        and new.spec.ipFamilyPolicy == PREFER
        and old.spec.ipFamilyPolicy in (PREFER, None)
        and old.spec.clusterIPs == new.spec.clusterIPs
        and old.spec.ipFamilies == new.spec.ipFamilies
    )


def _default_policy(new: Service, old: Service | None) -> str:
    if old is not None and old.spec.ipFamilyPolicy is not None:
        return old.spec.ipFamilyPolicy
    return REQUIRE if is_headless(new) and not new.spec.selector else SINGLE


def _is_well_formed(service: Service) -> bool:
    """Whether addresses, families and policy can be reasoned about at all."""
    spec = service.spec
    families = spec.ipFamilies
    if spec.ipFamilyPolicy not in (SINGLE, PREFER, REQUIRE) or len(families) > 2 or len(spec.clusterIPs) > 2:
        return False
    if any(family not in _OTHER for family in families) or len(set(families)) != len(families):
        return False
    if spec.clusterIP != (spec.clusterIPs[0] if spec.clusterIPs else ""):
        return False
    return "None" in spec.clusterIPs or _addresses_fit(spec.clusterIPs, families)


def _addresses_fit(addresses: Sequence[str], families: Sequence[str]) -> bool:
    if any(is_valid_ip(address) for address in addresses):
        return False
    try:
        own = [family_of(address) for address in addresses]
    except ValueError:
        return False
    return len(set(own)) == len(own) and all(a == b for a, b in zip(own, families, strict=False))


def _follow_update(new: Service, old: Service | None) -> list[FieldError]:
    """SingleStack drops the second family of a Service that had two; another policy must not lose one."""
    if old is None:
        return []
    spec, before = new.spec, old.spec
    if spec.ipFamilyPolicy == SINGLE:
        if spec.clusterIPs == before.clusterIPs:
            spec.clusterIPs = spec.clusterIPs[:1]
        if spec.ipFamilies == before.ipFamilies:
            spec.ipFamilies = spec.ipFamilies[:1]
        return []
    found = []
    if 0 < len(spec.clusterIPs) < len(before.clusterIPs):
        found.append(_policy_error(new, "must be 'SingleStack' to release the secondary cluster IP"))
    if 0 < len(spec.ipFamilies) < len(before.ipFamilies):
        found.append(_policy_error(new, "must be 'SingleStack' to release the secondary IP family"))
    return found


def _check_single(new: Service) -> list[FieldError]:
    if new.spec.ipFamilyPolicy != SINGLE:
        return []
    text = "must be 'RequireDualStack' or 'PreferDualStack' when multiple %s are specified"
    found = []
    if len(new.spec.clusterIPs) == 2:
        found.append(_policy_error(new, text % "cluster IPs"))
    if len(new.spec.ipFamilies) == 2:
        found.append(_policy_error(new, text % "IP families"))
    return found


def _families_of_addresses(new: Service, configured: Sequence[str]) -> list[FieldError]:
    """The families that were not named follow from the addresses that were."""
    found = []
    for index, address in enumerate(new.spec.clusterIPs):
        if address == "None":
            break
        if index < len(new.spec.ipFamilies):
            continue
        family = family_of(address)
        if family in configured:
            new.spec.ipFamilies = [*new.spec.ipFamilies, family]
        else:
            detail = f"{family} is not configured on this cluster"
            found.append(invalid_value(_SPEC["clusterIPs"][index], new.spec.clusterIPs, detail))
    return found


def _check_configured(new: Service, configured: Sequence[str]) -> list[FieldError]:
    found = []
    if new.spec.ipFamilyPolicy == REQUIRE and len(configured) < 2:
        found.append(_policy_error(new, "this cluster is not configured for dual-stack services"))
    for index, family in enumerate(new.spec.ipFamilies):
        if family not in configured:
            found.append(invalid_value(_SPEC["ipFamilies"][index], family, "not configured on this cluster"))
    return found


def _complete(new: Service, default: str) -> None:
    """At least one family; two unless the policy says one."""
    families = list(new.spec.ipFamilies) or [default]
    if len(families) == 1 and new.spec.ipFamilyPolicy != SINGLE:
        families.append(_OTHER[families[0]])
    new.spec.ipFamilies = families


def _policy_error(new: Service, detail: str) -> FieldError:
    return invalid_value(_SPEC["ipFamilyPolicy"], new.spec.ipFamilyPolicy, detail)
