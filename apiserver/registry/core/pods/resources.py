"""Compute resources of a container or a Pod: names, amounts, requests against limits.

Called by the validation of containers and Pod specs. It calls `quantity`. Source: kubernetes pkg/apis/core/validation,
ValidateContainerResourceRequirements, and pkg/apis/core/helper for which names are whose.
"""

from __future__ import annotations

from collections.abc import Collection

from kube.api.core_v1 import ResourceRequirements
from kube.apimachinery import quantity
from kube.apimachinery.errors import FieldError, Path, duplicate, forbidden, invalid_value, required
from kube.apimachinery.quantity import Quantity
from kube.apimachinery.validation import is_qualified_name

_OF_CONTAINERS = frozenset({"cpu", "memory", "ephemeral-storage"})
_COUNTED = frozenset(
    {
        "pods", "resourcequotas", "services", "replicationcontrollers", "secrets", "configmaps",
        "persistentvolumeclaims", "services.nodeports", "services.loadbalancers",
    }
)  # fmt: skip
_STANDARD = (
    _OF_CONTAINERS | _COUNTED | {"storage", "requests.storage"}
    | {f"{kind}.{name}" for kind in ("requests", "limits") for name in _OF_CONTAINERS}
)  # fmt: skip
_HUGE = "hugepages-"
_UNLIMITED = "Limit must be set for non overcommitable resources"


def validate_requirements(needs: ResourceRequirements, claims: Collection[str], path: Path) -> list[FieldError]:
    """`claims`: the names in the Pod's `spec.resourceClaims`."""
    found: list[FieldError] = []
    limits = {name: quantity.parse(text) for name, text in sorted(needs.limits.items())}
    requests = {name: quantity.parse(text) for name, text in sorted(needs.requests.items())}
    for name, amount in limits.items():
        found += _validate_amount(name, amount, path["limits"].key(name))
    for name, amount in requests.items():
        found += _validate_name(name, path["requests"].key(name))
        found += _validate_quantity(name, amount, path["requests"].key(name))
        found += _validate_against_limit(name, amount, limits.get(name), path)
        found += _validate_huge_page(name, amount, path["requests"].key(name))
    names = limits.keys() | requests.keys()
    if any(_is_huge(name) for name in names) and not names & {"cpu", "memory"}:
        found.append(forbidden(path, "HugePages require cpu or memory"))
    return found + _validate_claims(needs, claims, path["claims"])


def _validate_amount(name: str, amount: Quantity, path: Path) -> list[FieldError]:
    return [
        *_validate_name(name, path),
        *_validate_quantity(name, amount, path),
        *_validate_huge_page(name, amount, path),
    ]


def _validate_name(name: str, path: Path) -> list[FieldError]:
    found = [invalid_value(path, name, why) for why in is_qualified_name(name)]
    if "/" not in name:
        if not found and name not in _STANDARD and not _is_huge(name):
            found.append(invalid_value(path, name, "must be a standard resource type or fully qualified"))
        if name not in _OF_CONTAINERS and not _is_huge(name):
            found.append(invalid_value(path, name, "must be a standard resource for containers"))
    elif not _is_native(name) and not _is_extended(name):
        found.append(invalid_value(path, name, "doesn't follow extended resource name standard"))
    return found


def _validate_quantity(name: str, amount: Quantity, path: Path) -> list[FieldError]:
    found = []
    if amount.amount < 0:
        found.append(invalid_value(path, str(amount), "must be greater than or equal to 0"))
    if (name in _COUNTED or _is_extended(name)) and amount.amount.denominator != 1:
        found.append(invalid_value(path, str(amount), "must be an integer"))
    return found


def _validate_huge_page(name: str, amount: Quantity, path: Path) -> list[FieldError]:
    if not _is_huge(name):
        return []
    try:
        size = quantity.parse(name.removeprefix(_HUGE)).amount
    except ValueError:
        return []
    if size > 0 and amount.amount > 0 and not amount.amount % size:
        return []
    return [invalid_value(path, str(amount), f"{amount} is not positive integer multiple of {name}")]


def _validate_against_limit(name: str, amount: Quantity, limit: Quantity | None, path: Path) -> list[FieldError]:
    exact = not _is_native(name) or _is_huge(name)  # what cannot be overcommitted
    if limit is None:
        return [required(path["limits"], _UNLIMITED)] if exact else []
    if exact and amount != limit:
        return [invalid_value(path["requests"], str(amount), f"must be equal to {name} limit of {limit}")]
    if amount > limit:
        return [invalid_value(path["requests"], str(amount), f"must be less than or equal to {name} limit of {limit}")]
    return []


def _validate_claims(needs: ResourceRequirements, known: Collection[str], path: Path) -> list[FieldError]:
    found: list[FieldError] = []
    seen: set[str] = set()
    for index, claim in enumerate(needs.claims):
        if not claim.name:
            found.append(required(path[index]))
        elif claim.name in seen:
            found.append(duplicate(path[index], claim.name))
        elif claim.name not in known:
            which = ": " + ", ".join(sorted(known)) if known else " which is empty"
            message = f'Not found: "{claim.name}": must be one of the names in pod.spec.resourceClaims{which}'
            found.append(FieldError("FieldValueNotFound", str(path[index]), message))
        seen.add(claim.name)
    return found


# ---- which names are whose ----


def _is_huge(name: str) -> bool:
    return name.startswith(_HUGE)


def _is_native(name: str) -> bool:
    """Without a domain, or in Kubernetes' own."""
    return "/" not in name or "kubernetes.io/" in name


def _is_extended(name: str) -> bool:
    """A device of a vendor: `example.com/gpu`."""
    return not _is_native(name) and not name.startswith("requests.") and not is_qualified_name(f"requests.{name}")
