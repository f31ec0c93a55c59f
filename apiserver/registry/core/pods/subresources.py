"""The two subresources through which a running Pod's spec changes: debugging containers are added, resources resized.

Called by the Pod strategy, which lists them among its update stages. It calls the validation of Pod specs. Source:
kubernetes pkg/registry/core/pod/strategy.go, pkg/apis/core/validation ValidatePodEphemeralContainersUpdate,
ValidatePodResize.
"""

from __future__ import annotations

from apiserver.registry.core.pods.internal import difference
from apiserver.registry.core.pods.qos import qos_class
from apiserver.registry.core.pods.updates import SPEC, validate_annotation_update
from apiserver.registry.core.pods.validation import MIRROR, validate_pod_annotations, validate_pod_spec
from apiserver.registry.generic.strategy import WriteContext
from kube.api.core_v1 import Container, Pod, PodSpec
from kube.apimachinery.errors import FieldError, Path, forbidden, invalid_value

_RESIZABLE = ("cpu", "memory")


def _keep_all_but(spec: PodSpec, pod: Pod, old: Pod) -> None:
    """Puts the spec in place and takes the rest from the old Pod; a change counts as a generation."""
    pod.spec, pod.status = spec, old.status
    pod.metadata.labels, pod.metadata.annotations = old.metadata.labels, old.metadata.annotations
    if spec != old.spec:
        pod.metadata.generation = old.metadata.generation + 1


def _validate_spec(pod: Pod, old: Pod) -> list[FieldError]:
    found = validate_pod_annotations(pod.metadata, pod.spec, Path("metadata")["annotations"])
    found += validate_pod_spec(pod.spec, SPEC, in_pod=True)
    return found + validate_annotation_update(pod.metadata, old.metadata)


# ---- ephemeralcontainers ----


def prepare_ephemeral_containers(pod: Pod, old: Pod, ctx: WriteContext) -> None:
    spec = old.spec.deep_copy()
    spec.ephemeralContainers = pod.spec.ephemeralContainers
    _keep_all_but(spec, pod, old)


def validate_ephemeral_containers_update(pod: Pod, old: Pod) -> list[FieldError]:
    """Such containers are added; once there they stay as they are."""
    if MIRROR in old.metadata.annotations:
        return [forbidden(Path(""), "static pods do not support ephemeral containers")]
    found = _validate_spec(pod, old)
    path = SPEC["ephemeralContainers"]
    now = {container.name: container for container in pod.spec.ephemeralContainers}
    for before in old.spec.ephemeralContainers:
        container = now.get(before.name)
        what = f'existing ephemeral containers "{before.name}" may not be'
        if container is None:
            found.append(forbidden(path, f"{what} removed\n"))
        elif container != before:
            found.append(forbidden(path, f"{what} changed\n{difference(before, container)}"))
    return found


# ---- resize ----


def prepare_resize(pod: Pod, old: Pod, ctx: WriteContext) -> None:
    """Only resources and resize policies of containers that are there change."""
    spec = old.spec.deep_copy()
    for name in ("containers", "initContainers"):
        wanted = {container.name: container for container in getattr(pod.spec, name)}
        for container in getattr(spec, name):
            if (new := wanted.get(container.name)) is not None:
                container.resources, container.resizePolicy = new.resources, new.resizePolicy
    _keep_all_but(spec, pod, old)


def validate_resize(pod: Pod, old: Pod) -> list[FieldError]:
    if MIRROR in old.metadata.annotations:
        return [forbidden(Path(""), "static pods cannot be resized")]
    found = _validate_spec(pod, old)
    if found:
        return found
    if qos_class(pod) != qos_class(old):
        why = "Pod QOS Class may not change as a result of resizing"
        found.append(invalid_value(SPEC, old.status.qosClass, why))
    for name in ("containers", "initContainers"):
        for index, (new, before) in enumerate(zip(getattr(pod.spec, name), getattr(old.spec, name), strict=True)):
            found += _validate_resources(new, before, SPEC[name][index]["resources"])
    return found


def _validate_resources(new: Container, old: Container, path: Path) -> list[FieldError]:
    found = []
    for part in ("limits", "requests"):
        now, before = getattr(new.resources, part), getattr(old.resources, part)
        changed = {name for name in now.keys() | before.keys() if now.get(name) != before.get(name)}
        if changed - set(_RESIZABLE):
            found.append(forbidden(path[part], "only cpu and memory resources are mutable"))
        if any(name in before and name not in now for name in _RESIZABLE):
            found.append(forbidden(path[part], f"resource {part} cannot be removed"))
    return found
