"""The rules for the metadata that every object has, when it is made and when it is replaced.

Called by the API server's generic store and by the validation of pod templates. It calls `names` for the rules and
`errors` for field errors. What the server fills in by itself is not here. Sources: k8s.io/apimachinery
`api/validation/objectmeta.go`, kubernetes `core/validation`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from kube.apimachinery.errors import FieldError, Path, forbidden, invalid_value, required, too_long
from kube.apimachinery.meta_v1 import ManagedFieldsEntry, ObjectMeta, OwnerReference
from kube.apimachinery.validation.names import is_dns1123_label, is_qualified_name, is_valid_label_value

NameRule = Callable[[str, bool], list[str]]
"""(name, is it only a prefix) -> what is wrong with it."""

METADATA = Path("metadata")
ANNOTATIONS_SIZE = 256 * 1024


def validate_object_meta(
    meta: ObjectMeta, namespaced: bool, name_rule: NameRule, path: Path = METADATA
) -> list[FieldError]:
    """What is wrong with the metadata of a new or a changed object."""
    errors = _validate_name(meta, name_rule, path) + _validate_namespace(meta, namespaced, path["namespace"])
    errors += validate_nonnegative(meta.generation, path["generation"])
    errors += _validate_sets(meta, path)
    errors += validate_finalizers(meta.finalizers, path["finalizers"])
    return errors + _validate_managed_fields(meta.managedFields, path["managedFields"])


def validate_object_meta_update(new: ObjectMeta, old: ObjectMeta, path: Path = METADATA) -> list[FieldError]:
    """What may not change between the stored object and the one that is to replace it."""
    errors: list[FieldError] = []
    if old.deletionTimestamp is not None:
        errors += _validate_no_new_finalizers(new.finalizers, old.finalizers, path["finalizers"])
    if not new.resourceVersion:
        errors.append(invalid_value(path["resourceVersion"], 0, "must be specified for an update"))
    if new.generation < old.generation:
        errors.append(invalid_value(path["generation"], new.generation, "must not be decremented"))
    for name in _IMMUTABLE:
        errors += validate_immutable(getattr(new, name), getattr(old, name), path[name])
    return errors + _validate_sets(new, path)


_IMMUTABLE = (
    "name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds",
)  # fmt: skip


def validate_immutable(new: object, old: object, path: Path) -> list[FieldError]:
    return [] if new == old else [invalid_value(path, new, "field is immutable")]


def validate_nonnegative(value: int, path: Path) -> list[FieldError]:
    return [] if value >= 0 else [invalid_value(path, value, "must be greater than or equal to 0")]


def validate_owner_references(references: Iterable[OwnerReference], path: Path) -> list[FieldError]:
    errors: list[FieldError] = []
    owners, controller = list(references), ""
    for owner in owners:
        errors += _validate_owner(owner, path)
        if not owner.controller:
            continue
        name = f"{owner.kind}/{owner.name}"
        if controller:
            detail = (
                f'Only one reference can have Controller set to true. Found "true" in references for '
                f"{controller} and {name}"
            )
            errors.append(invalid_value(path, owners, detail))
        controller = controller or name
    return errors


def validate_finalizers(finalizers: list[str], path: Path) -> list[FieldError]:
    errors = [invalid_value(path, name, problem) for name in finalizers for problem in is_qualified_name(name)]
    if "orphan" in finalizers and "foregroundDeletion" in finalizers:
        errors.append(invalid_value(path, finalizers, "finalizer orphan and foregroundDeletion cannot be both set"))
    for i, name in enumerate(finalizers):
        if "/" not in name and name not in _STANDARD_FINALIZERS:
            detail = "name is neither a standard finalizer name nor is it fully qualified"
            errors.append(invalid_value(path[i], name, detail))
    return errors


_STANDARD_FINALIZERS = frozenset(("kubernetes", "orphan", "foregroundDeletion"))


def _validate_sets(meta: ObjectMeta, path: Path) -> list[FieldError]:
    return [
        *validate_labels(meta.labels, path["labels"]),
        *validate_annotations(meta.annotations, path["annotations"]),
        *validate_owner_references(meta.ownerReferences, path["ownerReferences"]),
    ]


def _validate_name(meta: ObjectMeta, rule: NameRule, path: Path) -> list[FieldError]:
    errors: list[FieldError] = []
    if meta.generateName:
        found = rule(meta.generateName, True)
        errors += [invalid_value(path["generateName"], meta.generateName, problem) for problem in found]
    if not meta.name:
        return [*errors, required(path["name"], "name or generateName is required")]
    return errors + [invalid_value(path["name"], meta.name, problem) for problem in rule(meta.name, False)]


def _validate_namespace(meta: ObjectMeta, namespaced: bool, path: Path) -> list[FieldError]:
    if not namespaced:
        return [forbidden(path, "not allowed on this type")] if meta.namespace else []
    if not meta.namespace:
        return [required(path)]
    return [invalid_value(path, meta.namespace, problem) for problem in is_dns1123_label(meta.namespace)]


def _validate_owner(owner: OwnerReference, path: Path) -> list[FieldError]:
    errors: list[FieldError] = []
    parts = owner.apiVersion.split("/")
    if not parts[-1] or len(parts) > 2:
        errors.append(invalid_value(path["apiVersion"], owner.apiVersion, "version must not be empty"))
    for name in ("kind", "name", "uid"):
        if not getattr(owner, name):
            errors.append(invalid_value(path[name], "", "must not be empty"))
    if (owner.apiVersion, owner.kind) == ("v1", "Event"):
        errors.append(invalid_value(path, owner, "/v1, Kind=Event is disallowed from being an owner"))
    return errors


def _validate_managed_fields(entries: list[ManagedFieldsEntry], path: Path) -> list[FieldError]:
    errors: list[FieldError] = []
    for i, entry in enumerate(entries):
        if entry.operation not in ("Apply", "Update"):
            errors.append(invalid_value(path[i]["operation"], entry.operation, "must be `Apply` or `Update`"))
        if entry.fieldsType not in ("", "FieldsV1"):
            errors.append(invalid_value(path[i]["fieldsType"], entry.fieldsType, "must be `FieldsV1`"))
        errors += _validate_manager(entry, path[i])
    return errors


def _validate_manager(entry: ManagedFieldsEntry, path: Path) -> list[FieldError]:
    errors: list[FieldError] = []
    if len(entry.manager) > 128:
        errors.append(too_long(path["manager"], 128))
    for i, char in enumerate(entry.manager):
        if not char.isprintable():
            errors.append(invalid_value(path["manager"], entry.manager, f"should only contain printable characters (at position {i})"))  # noqa: E501
    if len(entry.subresource) > 256:
        errors.append(too_long(path["subresource"], 256))
    return errors


def _validate_no_new_finalizers(new: list[str], old: list[str], path: Path) -> list[FieldError]:
    if not (added := sorted(set(new) - set(old))):
        return []
    listed = ", ".join(f'"{name}"' for name in added)
    detail = (
        "no new finalizers can be added if the object is being deleted, "
        f"found new finalizers []string{{{listed}}}"
    )  # fmt: skip
    return [forbidden(path, detail)]


def validate_labels(labels: Mapping[str, str], path: Path) -> list[FieldError]:
    errors: list[FieldError] = []
    for key, value in sorted(labels.items()):
        errors += [invalid_value(path, key, problem) for problem in is_qualified_name(key)]
        errors += [invalid_value(path, value, problem) for problem in is_valid_label_value(value)]
    return errors


def validate_annotations(annotations: Mapping[str, str], path: Path) -> list[FieldError]:
    """Keys are qualified names in any case; all together may take 256 KiB."""
    errors = [
        invalid_value(path, key, problem)
        for key in sorted(annotations)
        for problem in is_qualified_name(key.lower())
    ]  # fmt: skip
    if sum(len(k.encode()) + len(v.encode()) for k, v in annotations.items()) > ANNOTATIONS_SIZE:
        errors.append(too_long(path, ANNOTATIONS_SIZE))
    return errors
