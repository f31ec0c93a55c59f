"""The resource claims that a Pod names for its containers.

Called by the validation of Pod specs. It calls the rules for names. The claims themselves are no kind of kube-lite.
Source: KEP-3063; kubernetes pkg/apis/core/validation, validatePodResourceClaims.
"""

from __future__ import annotations

from apiserver.registry.core.pods.internal import Internal
from apiserver.registry.validation.names import validate_dns_label
from kube.api.core_v1 import PodResourceClaim
from kube.apimachinery.errors import FieldError, Path, duplicate, invalid_value, required
from kube.apimachinery.validation import is_dns1123_subdomain

_SOURCES = ("resourceClaimName", "resourceClaimTemplateName")
_ONE_OF = "`resourceClaimName`, `resourceClaimTemplateName`"
_NOT_BOTH = "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"


def validate_resource_claims(claims: list[PodResourceClaim], path: Path) -> list[FieldError]:
    found: list[FieldError] = []
    names: set[str] = set()
    for index, claim in enumerate(claims):
        found += _validate_name(claim.name, names, path[index]["name"])
        found += _validate_source(claim, path[index])
        names.add(claim.name)
    return found


def _validate_name(name: str, taken: set[str], path: Path) -> list[FieldError]:
    if not name:
        return [required(path)]
    return [duplicate(path, name)] if name in taken else validate_dns_label(name, path)


def _validate_source(claim: PodResourceClaim, path: Path) -> list[FieldError]:
    given = [(name, value) for name in _SOURCES if (value := getattr(claim, name)) is not None]
    if not given:
        return [invalid_value(path, Internal(claim), f"must specify one of: {_ONE_OF}")]
    found = [] if len(given) == 1 else [invalid_value(path, Internal(claim), _NOT_BOTH)]
    return found + [invalid_value(path[n], value, why) for n, value in given for why in is_dns1123_subdomain(value)]
