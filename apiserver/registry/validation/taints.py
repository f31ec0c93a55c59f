"""Taints of a Node.

Called by the validation of Nodes. It calls the rules for names. Tolerations are with Pods.
"""

from __future__ import annotations

from dataclasses import replace

from apiserver.registry.validation.go import GoStruct
from apiserver.registry.validation.names import validate_label_key
from kube.api.core_v1 import Taint
from kube.apimachinery.errors import FieldError, Path, duplicate, invalid_value, not_supported, required
from kube.apimachinery.validation import is_valid_label_value

EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")


def validate_taints(taints: list[Taint], path: Path) -> list[FieldError]:
    """Each well-formed, and none twice by key and effect."""
    found: list[FieldError] = []
    seen: set[tuple[str, str]] = set()
    for index, taint in enumerate(taints):
        found += _validate_taint(taint, path[index])
        if (taint.key, taint.effect) in seen:
            found.append(_twice(taint, path[index]))
        seen.add((taint.key, taint.effect))
    return found


def _validate_taint(taint: Taint, path: Path) -> list[FieldError]:
    found = validate_label_key(taint.key, path["key"])
    if why := is_valid_label_value(taint.value):
        found.append(invalid_value(path["value"], taint.value, ";".join(why)))
    return found + validate_taint_effect(taint.effect, path["effect"])


def validate_taint_effect(effect: str, path: Path) -> list[FieldError]:
    if not effect:
        return [required(path)]
    return [] if effect in EFFECTS else [not_supported(path, effect, EFFECTS)]


def _twice(taint: Taint, path: Path) -> FieldError:
    value = GoStruct(Key=taint.key, Value=taint.value, Effect=taint.effect, TimeAdded=taint.timeAdded)
    error = duplicate(path, value)
    return replace(error, message=f"{error.message}: taints must be unique by key and effect pair")
