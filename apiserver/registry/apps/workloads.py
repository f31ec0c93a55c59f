"""What the workload kinds validate alike: selectors against template labels, templates, counts, percentages.

Called by the validation of Deployments, ReplicaSets, StatefulSets and DaemonSets. It calls the validation of pod
templates. Source: kubernetes pkg/apis/apps/validation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from apiserver.registry.core.pods.validation import validate_pod_template
from kube.api.core_v1 import PodTemplateSpec
from kube.apimachinery.errors import FieldError, Path, forbidden, invalid_value, not_supported, required
from kube.apimachinery.labels import Selector, from_label_selector, validate_label_selector
from kube.apimachinery.meta_v1 import LabelSelector
from kube.apimachinery.validation import is_valid_percent, validate_nonnegative

SPEC, STATUS = Path("spec"), Path("status")
_PERCENT = re.compile("[0-9]+%")
_WRITABLE_DISK = (
    "must be true for replicated pods > 1; GCE PD can only be mounted on multiple machines if it is read-only"
)
_NO_MATCH = "`selector` does not match template `labels`"


# ---- selectors ----


def validate_selector(selector: LabelSelector | None, path: Path, empty: str, broken: str) -> list[FieldError]:
    """A selector that must be there and select something. `empty`, `broken`: what to say of one that is not."""
    if selector is None:
        return [required(path)]
    found = validate_label_selector(selector, path)
    if not selector.matchLabels and not selector.matchExpressions:
        found.append(invalid_value(path, selector, empty))
    if parsed(selector) is None:
        found.append(invalid_value(path, selector, broken))
    return found


def parsed(selector: LabelSelector | None) -> Selector | None:
    """None when it cannot be read."""
    if validate_label_selector(selector, SPEC):
        return None
    return from_label_selector(selector)


def validate_labels_match(selector: LabelSelector | None, template: PodTemplateSpec, path: Path) -> list[FieldError]:
    """The template's labels must be selected; an absent selector selects nothing, an empty one everything."""
    readable = parsed(selector)
    labels = template.metadata.labels
    if readable is None or (selector is not None and readable.matches(labels)):
        return []
    return [invalid_value(path["metadata"]["labels"], labels or None, _NO_MATCH)]


def validate_selector_unchanged(selector: LabelSelector | None, old: LabelSelector | None) -> list[FieldError]:
    return [] if selector == old else [invalid_value(SPEC["selector"], selector, "field is immutable")]


# ---- templates ----


def validate_template(
    template: PodTemplateSpec, selector: LabelSelector | None, path: Path, kind: str, replicas: int
) -> list[FieldError]:
    """A template of Pods that run for ever. Nothing is said of it while the selector cannot be read."""
    if parsed(selector) is None:
        return []
    found = validate_labels_match(selector, template, path) + validate_pod_template(template, path)
    if replicas > 1:
        found += validate_disks_are_shared(template, path)
    return found + validate_runs_for_ever(template, path, kind)


def validate_disks_are_shared(template: PodTemplateSpec, path: Path) -> list[FieldError]:
    """A disk that several machines mount is for reading."""
    return [
        invalid_value(path["spec"]["volumes"][index]["gcePersistentDisk"]["readOnly"], False, _WRITABLE_DISK)
        for index, volume in enumerate(template.spec.volumes)
        if volume.gcePersistentDisk is not None and not volume.gcePersistentDisk.readOnly
    ]


def validate_runs_for_ever(template: PodTemplateSpec, path: Path, kind: str) -> list[FieldError]:
    found, policy = [], template.spec.restartPolicy
    if policy != "Always":
        found.append(not_supported(path["spec"]["restartPolicy"], policy, ["Always"]))
    if template.spec.activeDeadlineSeconds is not None:
        why = f"activeDeadlineSeconds in {kind} is not Supported"
        found.append(forbidden(path["spec"]["activeDeadlineSeconds"], why))
    return found


# ---- numbers ----


def validate_counts(holder: object, names: Iterable[str], path: Path) -> list[FieldError]:
    """Fields that may be absent, and must not be negative."""
    found: list[FieldError] = []
    for name in names:
        value = getattr(holder, name)
        if value is not None:
            found += validate_nonnegative(value, path[name])
    return found


def validate_not_more(holder: object, names: Iterable[str], limit: str, path: Path, shown: str) -> list[FieldError]:
    """Counts of a part, which cannot be greater than the count of the whole. `shown`: how the text names it."""
    most = getattr(holder, limit)
    return [
        invalid_value(path[name], getattr(holder, name), f"cannot be greater than {shown}")
        for name in names
        if getattr(holder, name) > most
    ]


def validate_collisions(new: int | None, old: int | None) -> list[FieldError]:
    """The count of hash collisions only grows."""
    if old is None or (new is not None and new >= old):
        return []
    return [invalid_value(STATUS["collisionCount"], new or 0, "cannot be decremented")]


def validate_int_or_percent(value: int | str | None, path: Path) -> list[FieldError]:
    if isinstance(value, str):
        return [invalid_value(path, value, why) for why in is_valid_percent(value)]
    return validate_nonnegative(value or 0, path)


def validate_at_most_all(value: int | str | None, path: Path) -> list[FieldError]:
    """No percentage above 100."""
    if not isinstance(value, str) or not _PERCENT.fullmatch(value) or int(value[:-1]) <= 100:
        return []
    return [invalid_value(path, value, "must not be greater than 100%")]


def amount(value: int | str | None) -> int:
    """The number of an int-or-percent, for telling zero from the rest."""
    if isinstance(value, str):
        return int(value[:-1]) if _PERCENT.fullmatch(value) else 0
    return value or 0
