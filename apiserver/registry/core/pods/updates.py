"""What may change in a Pod once it exists: images, deadlines, more tolerations, fewer gates; while gated, placement.

Called by the Pod strategy. It calls the validation of Pod specs and `placement`. Source: kubernetes
pkg/apis/core/validation, ValidatePodUpdate.
"""

from __future__ import annotations

from apiserver.registry.core.pods.annotations import APP_ARMOR, MIRROR, validate_pod_annotations
from apiserver.registry.core.pods.internal import difference
from apiserver.registry.core.pods.placement import SPEC, take_back_placement
from apiserver.registry.core.pods.scheduling import validate_tolerations
from apiserver.registry.core.pods.validation import validate_pod_spec, validate_token_volumes
from kube.api.core_v1 import Container, Pod, PodSpec, Toleration
from kube.apimachinery.errors import FieldError, Path, forbidden, invalid_value, required
from kube.apimachinery.meta_v1 import ObjectMeta
from kube.apimachinery.validation import is_in_range

ANNOTATIONS = Path("metadata")["annotations"]
_CHANGEABLE = (
    "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` "
    "(only additions to existing tolerations),`spec.terminationGracePeriodSeconds` "
    "(allow it to be set to 1 if it was previously negative)"
)
_INT32_MAX = 2**31 - 1


def validate_pod_update(pod: Pod, old: Pod) -> list[FieldError]:
    found = validate_pod_annotations(pod.metadata, pod.spec, ANNOTATIONS)
    found += validate_pod_spec(pod.spec, SPEC, in_pod=True, name=pod.metadata.name)
    found += validate_token_volumes(pod.spec)
    found += validate_annotation_update(pod.metadata, old.metadata)
    for name in ("containers", "initContainers"):
        wrong, stop = _validate_containers(getattr(pod.spec, name), getattr(old.spec, name), SPEC[name])
        found += wrong
        if stop:
            return found
    wrong, stop = _validate_deadline(pod.spec.activeDeadlineSeconds, old.spec.activeDeadlineSeconds)
    found += wrong
    if stop:
        return found
    found += _validate_tolerations(pod.spec.tolerations, old.spec.tolerations, SPEC["tolerations"])
    found += _validate_gates(pod.spec, old.spec, SPEC["schedulingGates"])
    return found if pod.spec == old.spec else found + _validate_rest(pod.spec, old.spec)


def validate_annotation_update(meta: ObjectMeta, old: ObjectMeta) -> list[FieldError]:
    """Annotations that the kubelet reads once cannot change."""
    found: list[FieldError] = []
    for key in sorted(old.annotations.keys() | meta.annotations.keys()):
        before, now = old.annotations.get(key), meta.annotations.get(key)
        if before == now or not (key == MIRROR or key.startswith(APP_ARMOR)):
            continue
        what = "mirror pod annotation" if key == MIRROR else "AppArmor annotations"
        verb = "add" if before is None else "remove or update"
        found.append(forbidden(ANNOTATIONS.key(key), f"may not {verb} {what}"))
    return found


def _validate_containers(new: list[Container], old: list[Container], path: Path) -> tuple[list[FieldError], bool]:
    if len(new) != len(old):
        return [forbidden(path, "pod updates may not add or remove containers")], True
    found = []
    for index, container in enumerate(new):
        at = path[index]["image"]
        if not container.image:
            found.append(required(at))
        elif container.image != container.image.strip():
            found.append(invalid_value(at, container.image, "must not have leading or trailing whitespace"))
    return found, False


def _validate_deadline(new: int | None, old: int | None) -> tuple[list[FieldError], bool]:
    """A deadline may be set, and made shorter."""
    path = SPEC["activeDeadlineSeconds"]
    if new is None:
        why = "must not update from a positive integer to nil value"
        return ([invalid_value(path, None, why)] if old is not None else []), False
    if wrong := is_in_range(new, 0, _INT32_MAX):
        return [invalid_value(path, new, wrong[0])], True
    if old is not None and old < new:
        return [invalid_value(path, new, "must be less than or equal to previous value")], True
    return [], False


def _validate_tolerations(new: list[Toleration], old: list[Toleration], path: Path) -> list[FieldError]:
    """Tolerations may be added, and their seconds changed. Kubernetes judges the new ones twice: here as well."""

    def timeless(toleration: Toleration) -> Toleration:
        return toleration.model_copy(update={"tolerationSeconds": None})

    kept = [timeless(toleration) for toleration in new]
    if all(timeless(toleration) in kept for toleration in old):
        return validate_tolerations(new, path)
    return [forbidden(path, "existing toleration can not be modified except its tolerationSeconds")]


def _validate_gates(new: PodSpec, old: PodSpec, path: Path) -> list[FieldError]:
    known = {gate.name for gate in old.schedulingGates}
    return [
        forbidden(path[index]["name"], f"only deletion is allowed, but found new scheduling gate '{gate.name}'")
        for index, gate in enumerate(new.schedulingGates)
        if gate.name not in known
    ]


def _validate_rest(new: PodSpec, old: PodSpec) -> list[FieldError]:
    """Everything else must be as it was: what may change is taken from the old spec, then both must be equal."""
    found: list[FieldError] = []
    rest = new.deep_copy()
    for name in ("containers", "initContainers"):
        for container, before in zip(getattr(rest, name), getattr(old, name), strict=True):
            container.image = before.image
    for name in ("activeDeadlineSeconds", "tolerations", "schedulingGates"):
        setattr(rest, name, getattr(old, name))
    if (old.terminationGracePeriodSeconds or 0) < 0 and new.terminationGracePeriodSeconds == 1:
        rest.terminationGracePeriodSeconds = old.terminationGracePeriodSeconds
    if old.schedulingGates:
        found += take_back_placement(rest, old)
    if rest.serviceAccount != old.serviceAccount and rest.serviceAccountName == old.serviceAccountName:
        rest.serviceAccount = old.serviceAccount
    if rest != old:
        why = f"pod updates may not change fields other than {_CHANGEABLE}\n{difference(old, rest)}"
        found.append(forbidden(SPEC, why))
    return found
