"""Compute resources of a container or a Pod: names, amounts, requests against limits.

Called by the validation of containers and Pod specs. It calls `quantity`. Source: kubernetes pkg/apis/core/validation,
ValidateContainerResourceRequirements, and pkg/apis/core/helper for which names are whose.
"""

from __future__ import annotations

from collections.abc import Collection

from kube.api.core_v1 import PodSpec, ResourceRequirements
from kube.apimachinery import quantity
from kube.apimachinery.errors import FieldError, Path, duplicate, forbidden, invalid_value, not_supported, required
from kube.apimachinery.quantity import Quantity
from kube.apimachinery.validation import is_qualified_name

OF_PODS = frozenset({"cpu", "memory"})
_NOTHING = quantity.parse("0")
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


def validate_requirements(
    needs: ResourceRequirements, claims: Collection[str], path: Path, *, of_pod: bool = False
) -> list[FieldError]:
    """`claims`: the names in the Pod's `spec.resourceClaims`. `of_pod`: of all its containers together."""
    found: list[FieldError] = []
    check_name = _validate_pod_name if of_pod else _validate_name
    limits, requests = _amounts(needs.limits), _amounts(needs.requests)
    for name, amount in limits.items():
        found += check_name(name, path["limits"].key(name))
        found += _validate_quantity(name, amount, path["limits"].key(name))
        found += _validate_huge_page(name, amount, path["limits"].key(name))
    for name, amount in requests.items():
        found += check_name(name, path["requests"].key(name))
        found += _validate_quantity(name, amount, path["requests"].key(name))
        found += _validate_against_limit(name, amount, limits.get(name), path)
        found += _validate_huge_page(name, amount, path["requests"].key(name))
    names = limits.keys() | requests.keys()
    if any(_is_huge(name) for name in names) and not names & {"cpu", "memory"}:
        found.append(forbidden(path, "HugePages require cpu or memory"))
    return found + _validate_claims(needs, claims, path["claims"])


def validate_pod_resources(spec: PodSpec, path: Path) -> list[FieldError]:
    """The resources of the Pod as a whole: at least what its containers ask for together, and no less than one of
    them may use."""
    needs = spec.resources
    if needs is None:
        return []
    found = []
    if needs.claims:
        found.append(forbidden(path["claims"], "claims cannot be set for Resources at pod-level"))
    found += validate_requirements(needs, {claim.name for claim in spec.resourceClaims}, path, of_pod=True)
    requests, limits = _amounts(needs.requests), _amounts(needs.limits)
    for name, amount in sorted(aggregate_requests(spec).items()):
        given = requests.get(name)
        if given is not None and amount > given:
            why = f"must be greater than or equal to aggregate container requests of {amount}"
            found.append(invalid_value(path["requests"].key(name), str(given), why))
    for index, container in enumerate(spec.containers):
        for name, amount in _amounts(container.resources.limits).items():
            if name in limits and amount > limits[name]:
                why = f"must be less than or equal to pod limits of {limits[name]}"
                at = path["containers"][index].key(name)["limits"]
                found.append(invalid_value(at, str(amount), why))
    return found


def validate_overhead(overhead: dict[str, str], path: Path) -> list[FieldError]:
    """What running the Pod costs beside its containers: judged as limits are."""
    return [
        error
        for name, amount in _amounts(overhead).items()
        for error in (*_validate_name(name, path.key(name)), *_validate_quantity(name, amount, path.key(name)))
    ]


def aggregate_requests(spec: PodSpec) -> dict[str, Quantity]:
    """What the containers need at the worst moment: those that run together, or an init container beside the sidecars
    that were started before it."""
    together: dict[str, Quantity] = {}
    sidecars: dict[str, Quantity] = {}
    most: dict[str, Quantity] = {}
    for container in spec.containers:
        together = _sum(together, _amounts(container.resources.requests))
    for container in spec.initContainers:
        own = _amounts(container.resources.requests)
        if container.restartPolicy == "Always":
            together, sidecars = _sum(together, own), _sum(sidecars, own)
            own = sidecars
        else:
            own = _sum(own, sidecars)
        most = _largest(most, own)
    return _largest(together, most)


def _largest(one: dict[str, Quantity], other: dict[str, Quantity]) -> dict[str, Quantity]:
    return {name: max(one.get(name, _NOTHING), other.get(name, _NOTHING)) for name in one.keys() | other.keys()}


def _amounts(texts: dict[str, str]) -> dict[str, Quantity]:
    return {name: quantity.parse(text) for name, text in sorted(texts.items())}


def _sum(one: dict[str, Quantity], other: dict[str, Quantity]) -> dict[str, Quantity]:
    return {
        name: one[name] + other[name] if name in one and name in other else one.get(name) or other[name]
        for name in one.keys() | other.keys()
    }


def _validate_pod_name(name: str, path: Path) -> list[FieldError]:
    found = _validate_standard(name, path)
    if found or name in OF_PODS or _is_huge(name):
        return found
    return [not_supported(path, name, OF_PODS)]


def _validate_standard(name: str, path: Path) -> list[FieldError]:
    found = [invalid_value(path, name, why) for why in is_qualified_name(name)]
    if not found and "/" not in name and name not in _STANDARD and not _is_huge(name):
        found.append(invalid_value(path, name, "must be a standard resource type or fully qualified"))
    return found


def _validate_name(name: str, path: Path) -> list[FieldError]:
    found = _validate_standard(name, path)
    if "/" not in name:
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
