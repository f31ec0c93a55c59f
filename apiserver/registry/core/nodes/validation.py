"""What is wrong with a Node, in Kubernetes' words and order.

Called by its strategy. It calls the shared rules for taints and CIDRs. Resource names are not judged.
Source: kubernetes pkg/apis/core/validation/validation.go, ValidateNode and ValidateNodeUpdate.
"""

from __future__ import annotations

from apiserver.registry.validation.addresses import parse_sloppy_cidr, validate_cidr
from apiserver.registry.validation.go import GoStruct
from apiserver.registry.validation.taints import validate_taints
from kube.api.core_v1 import Node
from kube.apimachinery import quantity
from kube.apimachinery.errors import FieldError, Path, duplicate, forbidden, invalid_value

SPEC, STATUS = Path("spec"), Path("status")
TAINTS = Path("metadata")["taints"]  # taints were annotations once: Kubernetes still names them so
WHOLE = frozenset({"pods", "services", "secrets", "configmaps", "replicationcontrollers", "persistentvolumeclaims"})


def validate_node(node: Node) -> list[FieldError]:
    return validate_taints(node.spec.taints, TAINTS) + validate_resources(node) + validate_pod_cidrs(node)


def validate_node_update(node: Node, old: Node) -> list[FieldError]:
    """What holds for the main resource and for `/status` alike."""
    found = validate_resources(node) + validate_addresses(node)
    found += _validate_pod_cidrs_change(node.spec.podCIDRs, old.spec.podCIDRs)
    if old.spec.providerID and node.spec.providerID != old.spec.providerID:
        found.append(_only_once("providerID", "providerID"))
    found += validate_taints(node.spec.taints, TAINTS)
    if node.spec.externalID != old.spec.externalID:
        found.append(forbidden(SPEC["externalID"], "may not be updated"))
    return found


def _validate_pod_cidrs_change(new: list[str], old: list[str]) -> list[FieldError]:
    """Said once for each range that is another, or once when their number is."""
    if not old:
        return []
    changed = sum(now != before for now, before in zip(new, old, strict=True)) if len(new) == len(old) else 1
    return [_only_once("podCIDRs", "podCIDR")] * changed


def _only_once(field: str, named: str) -> FieldError:
    return forbidden(SPEC[field], f'node updates may not change {named} except from "" to valid')


def validate_addresses(node: Node) -> list[FieldError]:
    found, seen = [], set[tuple[str, str]]()
    for index, address in enumerate(node.status.addresses):
        if (address.type, address.address) in seen:
            value = GoStruct(Type=address.type, Address=address.address)
            found.append(duplicate(STATUS["addresses"][index], value))
        seen.add((address.type, address.address))
    return found


def validate_resources(node: Node) -> list[FieldError]:
    """Quantities that a node may have: not negative, and whole where half of one makes no sense."""
    return [
        error
        for field in ("capacity", "allocatable")
        for name, text in sorted(getattr(node.status, field).items())
        for error in _validate_quantity(name, text, STATUS[field][name])
    ]


def _validate_quantity(name: str, text: str, path: Path) -> list[FieldError]:
    amount = quantity.parse(text).amount
    found = [invalid_value(path, text, "must be greater than or equal to 0")] if amount < 0 else []
    if (name in WHOLE or _is_extended(name)) and amount.denominator != 1:
        found.append(invalid_value(path, text, "must be an integer"))
    return found


def _is_extended(name: str) -> bool:
    domain, slash, _ = name.partition("/")
    return bool(slash) and domain != "kubernetes.io" and not domain.endswith(".kubernetes.io")


def validate_pod_cidrs(node: Node) -> list[FieldError]:
    cidrs, path = node.spec.podCIDRs, SPEC["podCIDRs"]
    found = [e for i, cidr in enumerate(cidrs) for e in validate_cidr(cidr, path[i])]
    if len(cidrs) < 2:
        return found
    families = {parsed[1].version for cidr in cidrs if (parsed := parse_sloppy_cidr(cidr))}
    if len(cidrs) > 2 or len(families) != 2:
        found.append(invalid_value(path, cidrs, "may specify no more than one CIDR for each IP family"))
    return found + [duplicate(path[i], cidr) for i, cidr in enumerate(cidrs) if cidr in cidrs[:i]]
