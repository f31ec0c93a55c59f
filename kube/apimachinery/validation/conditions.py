"""What is wrong with conditions of the common type (`metav1.Condition`).

Called by the validation of statuses that hold such conditions. It calls the rules for names. The types of conditions
are each kind's own matter. Source: k8s.io/apimachinery/pkg/apis/meta/v1/validation, ValidateConditions.
"""

from __future__ import annotations

from collections.abc import Iterable

from kube.apimachinery.errors import (
    FieldError,
    Path,
    duplicate,
    invalid_value,
    not_supported,
    required,
    too_long,
)
from kube.apimachinery.meta_v1 import Condition
from kube.apimachinery.validation.names import is_qualified_name, matches, regex_text

STATUSES = frozenset({"True", "False", "Unknown"})
_MAX_REASON, _MAX_MESSAGE = 1024, 32 * 1024
_REASON = "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?"
_REASON_TEXT = (
    "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric "
    "characters or '_,:', and must end with an alphanumeric character or '_'"
)
_REASONS = ("my_name", "MY_NAME", "MyName", "ReasonA,ReasonB", "ReasonA:ReasonB")


def validate_conditions(conditions: Iterable[Condition], path: Path) -> list[FieldError]:
    """Each well-formed, and one of a type."""
    found: list[FieldError] = []
    seen: set[str] = set()
    for index, condition in enumerate(conditions):
        if condition.type in seen:
            found.append(duplicate(path[index]["type"], condition.type))
        seen.add(condition.type)
        found += _validate_condition(condition, path[index])
    return found


def _validate_condition(condition: Condition, path: Path) -> list[FieldError]:
    found = [invalid_value(path["type"], condition.type, why) for why in is_qualified_name(condition.type)]
    if condition.status not in STATUSES:
        found.append(not_supported(path["status"], condition.status, STATUSES))
    if condition.observedGeneration < 0:
        why = "must be greater than or equal to zero"
        found.append(invalid_value(path["observedGeneration"], condition.observedGeneration, why))
    if condition.lastTransitionTime is None:
        found.append(required(path["lastTransitionTime"], "must be set"))
    found += _validate_reason(condition.reason, path["reason"])
    if len(condition.message.encode()) > _MAX_MESSAGE:
        found.append(too_long(path["message"], _MAX_MESSAGE))
    return found


def _validate_reason(reason: str, path: Path) -> list[FieldError]:
    if not reason:
        return [required(path, "must be set")]
    found = []
    if not matches(_REASON, reason):
        found.append(invalid_value(path, reason, regex_text(_REASON_TEXT, _REASON, *_REASONS)))
    if len(reason.encode()) > _MAX_REASON:
        found.append(too_long(path, _MAX_REASON))
    return found
