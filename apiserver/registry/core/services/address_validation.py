"""What is wrong with a Service's cluster IPs, IP families and external IPs.

Called by `validation`, and by the strategy before families are completed: malformed addresses are reported alone.
It calls the shared rules for addresses. Which families the cluster has is known to `families`.
Source: kubernetes pkg/apis/core/validation/validation.go, ValidateServiceClusterIPsRelatedFields.
"""

from __future__ import annotations

from apiserver.registry.core.services.claims import is_headless, needs_cluster_ip
from apiserver.registry.validation.addresses import family_of, validate_ip, validate_non_special_ip
from kube.api.core_v1 import Service
from kube.apimachinery.errors import FieldError, Path, duplicate, invalid_value, not_supported, required

SPEC = Path("spec")
FAMILIES = frozenset({"IPv4", "IPv6"})
POLICIES = frozenset({"SingleStack", "PreferDualStack", "RequireDualStack"})
FIXED = "may not change once set"


def validate_cluster_ips(service: Service, old: Service | None) -> list[FieldError]:
    """`clusterIP`, `clusterIPs`, `ipFamilies` and `ipFamilyPolicy` in themselves and with each other."""
    if not needs_cluster_ip(service):
        return []
    found = _validate_singular(service) + _validate_families(service)
    bad = _validate_addresses(service, old)
    found += bad
    if len(service.spec.clusterIPs) > 2:
        found.append(_clusterips_error(service, "may only hold up to 2 values"))
    if bad:
        return found  # what follows would only repeat it in other words
    found += _validate_one_of_each_family(service)
    return found if found else _validate_families_match(service)


def _validate_singular(service: Service) -> list[FieldError]:
    spec = service.spec
    if not spec.clusterIP:
        why = "must be empty when `clusterIP` is not specified"
        return [_clusterips_error(service, why)] if spec.clusterIPs else []
    if not spec.clusterIPs:
        return [required(SPEC["clusterIPs"])]
    if spec.clusterIPs[0] != spec.clusterIP:
        return [_clusterips_error(service, "first value must match `clusterIP`")]
    return []


def _validate_families(service: Service) -> list[FieldError]:
    families, policy = service.spec.ipFamilies, service.spec.ipFamilyPolicy
    found = []
    for index, family in enumerate(families):
        path = SPEC["ipFamilies"][index]
        if family not in FAMILIES:
            found.append(not_supported(path, family, FAMILIES))
        if family in families[:index]:
            found.append(duplicate(path, family))
    if policy is not None and policy not in POLICIES:
        found.append(not_supported(SPEC["ipFamilyPolicy"], policy, POLICIES))
    return found


def _validate_addresses(service: Service, old: Service | None) -> list[FieldError]:
    addresses, known = service.spec.clusterIPs, old.spec.clusterIPs if old else ()
    found = []
    for index, address in enumerate(addresses):
        if index == 0 and address == "None":
            if len(addresses) > 1:
                found.append(_clusterips_error(service, "'None' must be the first and only value"))
            continue
        found += validate_ip(address, SPEC["clusterIPs"][index], known)
    return found


def _validate_one_of_each_family(service: Service) -> list[FieldError]:
    addresses = service.spec.clusterIPs
    if len(addresses) < 2 or {family_of(address) for address in addresses} == FAMILIES:
        return []
    return [_clusterips_error(service, "may specify no more than one IP for each IP family")]


def _validate_families_match(service: Service) -> list[FieldError]:
    if is_headless(service):
        return []
    pairs = zip(service.spec.clusterIPs, service.spec.ipFamilies, strict=False)
    return [
        invalid_value(SPEC["clusterIPs"][i], ip, f"expected an {family} value as indicated by `ipFamilies[{i}]`")
        for i, (ip, family) in enumerate(pairs)
        if family_of(ip) != family
    ]


def validate_external_ips(service: Service, old: Service | None) -> list[FieldError]:
    known = old.spec.externalIPs if old else ()
    found: list[FieldError] = []
    for index, address in enumerate(service.spec.externalIPs):
        path = SPEC["externalIPs"][index]
        found += validate_ip(address, path, known) or validate_non_special_ip(address, path)
    return found


# ---- changes ----


def validate_address_changes(new: Service, old: Service) -> list[FieldError]:
    """A Service keeps its first address and family for life, unless it becomes headless or ceases to be.

    | clusterIPs | allowed |
    |---|---|
    | as many as before | the same ones |
    | fewer | the first stays, and ipFamilyPolicy says SingleStack |
    | more | the first stays |
    """
    if not (needs_cluster_ip(new) and needs_cluster_ip(old)):
        return []
    if is_headless(new) and is_headless(old):
        return []
    found = _validate_clusterips_change(new, old)
    if not is_headless(new) and not is_headless(old):
        found += _validate_families_change(new, old)
    return found


def _validate_clusterips_change(new: Service, old: Service) -> list[FieldError]:
    now, before, path = new.spec.clusterIPs, old.spec.clusterIPs, SPEC["clusterIPs"]
    if len(now) == len(before):
        return [invalid_value(path[i], now, FIXED) for i, ip in enumerate(before) if now[i] != ip]
    found = []
    if not now:
        found.append(invalid_value(path[0], now, "primary clusterIP can not be unset"))
    elif before and now[0] != before[0]:
        found.append(invalid_value(path[0], now, FIXED))
    if len(now) == 1 and before and new.spec.ipFamilyPolicy != "SingleStack":
        found.append(_policy_error(new, "must be set to 'SingleStack' when releasing the secondary clusterIP"))
    return found


def _validate_families_change(new: Service, old: Service) -> list[FieldError]:
    now, before, path = new.spec.ipFamilies, old.spec.ipFamilies, SPEC["ipFamilies"][0]
    if len(now) == len(before):
        return [invalid_value(path, now, FIXED) for i, family in enumerate(before) if now[i] != family]
    found = []
    if len(now) < len(before) and not new.spec.clusterIPs:
        found.append(invalid_value(path, now, "primary ipFamily can not be unset"))
    if now and before and now[0] != before[0]:
        found.append(invalid_value(path, new.spec.clusterIPs, FIXED))
    if len(now) == 1 and before and new.spec.ipFamilyPolicy != "SingleStack":
        found.append(_policy_error(new, "must be set to 'SingleStack' when releasing the secondary ipFamily"))
    return found


def _clusterips_error(service: Service, why: str) -> FieldError:
    return invalid_value(SPEC["clusterIPs"], service.spec.clusterIPs, why)


def _policy_error(service: Service, why: str) -> FieldError:
    return invalid_value(SPEC["ipFamilyPolicy"], service.spec.ipFamilyPolicy, why)
