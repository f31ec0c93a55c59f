"""What is wrong with the claim that a Pod's ephemeral volume is made from, or the claims of a StatefulSet's Pods.

Called by the validation of volumes and of StatefulSets. It calls the rules for names, labels and quantities.
Source: kubernetes pkg/apis/core/validation/validation.go, ValidatePersistentVolumeClaimTemplate.
"""

from __future__ import annotations

from kube.api.core_v1 import PersistentVolumeClaimSpec, PersistentVolumeClaimTemplate
from kube.apimachinery import quantity
from kube.apimachinery.errors import FieldError, Path, forbidden, invalid_value, not_supported, required
from kube.apimachinery.labels import validate_label_selector
from kube.apimachinery.meta_v1 import ObjectMeta
from kube.apimachinery.validation import is_dns1123_subdomain, validate_annotations, validate_labels

_MODES = frozenset({"ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"})
_VOLUME_MODES = frozenset({"Block", "Filesystem"})
_ALONE = "ReadWriteOncePod"
_NOT_OF_TEMPLATES = (
    "name", "generateName", "namespace", "selfLink", "uID", "resourceVersion", "generation", "creationTimestamp",
    "deletionTimestamp", "deletionGracePeriodSeconds", "ownerReferences", "finalizers", "managedFields",
)  # fmt: skip


def validate_claim_template(template: PersistentVolumeClaimTemplate, path: Path) -> list[FieldError]:
    meta, at = template.metadata, path["metadata"]
    found = validate_annotations(meta.annotations, at["annotations"]) + validate_labels(meta.labels, at["labels"])
    empty = ObjectMeta()
    for name in _NOT_OF_TEMPLATES:
        field = "uid" if name == "uID" else name
        if getattr(meta, field) != getattr(empty, field):
            found.append(forbidden(at[name], "cannot be set"))
    return found + validate_claim_spec(template.spec, path["spec"])


def validate_claim_spec(spec: PersistentVolumeClaimSpec, path: Path) -> list[FieldError]:
    modes, at = spec.accessModes, path["accessModes"]
    found = [] if modes else [required(at, "at least 1 access mode is required")]
    found += validate_label_selector(spec.selector, path["selector"])
    found += [not_supported(at, mode, _MODES) for mode in modes if mode not in _MODES]
    if _ALONE in modes and any(mode in _MODES and mode != _ALONE for mode in modes):
        found.append(forbidden(at, "may not use ReadWriteOncePod with other access modes"))
    found += _validate_storage(spec, path["resources"].key("storage"))
    if spec.storageClassName:
        name = spec.storageClassName
        found += [invalid_value(path["storageClassName"], name, why) for why in is_dns1123_subdomain(name)]
    if spec.volumeMode is not None and spec.volumeMode not in _VOLUME_MODES:
        found.append(not_supported(path["volumeMode"], spec.volumeMode, _VOLUME_MODES))
    return found


def _validate_storage(spec: PersistentVolumeClaimSpec, path: Path) -> list[FieldError]:
    text = spec.resources.requests.get("storage")
    if text is None:
        return [required(path)]
    if quantity.parse(text).amount <= 0:
        return [invalid_value(path, text, "must be greater than zero")]
    return []
