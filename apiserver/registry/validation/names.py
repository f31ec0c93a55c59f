"""Fields that hold a name of some sort: a DNS label, a subdomain, a qualified name, a label value.

Called by the validation of every kind. It calls `kube.apimachinery.validation`, whose texts become one field error
each. Names of objects themselves are checked by the generic store.
"""

from __future__ import annotations

from kube.apimachinery.errors import FieldError, Path, invalid_value
from kube.apimachinery.validation import (
    is_dns1123_label,
    is_dns1123_subdomain,
    is_qualified_label_key,
    is_qualified_name,
    is_valid_label_value,
)


def validate_dns_label(value: str, path: Path) -> list[FieldError]:
    return [invalid_value(path, value, why) for why in is_dns1123_label(value)]


def validate_dns_subdomain(value: str, path: Path) -> list[FieldError]:
    return [invalid_value(path, value, why) for why in is_dns1123_subdomain(value)]


def validate_node_name(value: str, path: Path) -> list[FieldError]:
    return validate_dns_subdomain(value, path)


def validate_qualified_name(value: str, path: Path) -> list[FieldError]:
    """`kubernetes.io/h2c`, `example.org/internal`: app protocols, load balancer classes."""
    return [invalid_value(path, value, why) for why in is_qualified_name(value)]


def validate_label_key(value: str, path: Path) -> list[FieldError]:
    return [invalid_value(path, value, why) for why in is_qualified_label_key(value)]


def validate_label_value(value: str, path: Path) -> list[FieldError]:
    return [invalid_value(path, value, why) for why in is_valid_label_value(value)]


def validate_finalizer_name(value: str, path: Path) -> list[FieldError]:
    """A qualified name with a domain, or one of Kubernetes' own."""
    found = validate_qualified_name(value, path)
    if "/" not in value and value not in ("kubernetes", "orphan", "foregroundDeletion"):
        why = "name is neither a standard finalizer name nor is it fully qualified"
        found.append(invalid_value(path, value, why))
    return found
