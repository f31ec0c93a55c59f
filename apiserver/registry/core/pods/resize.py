"""`pods/resize`: the one way to change the resources of a Pod that is there.

Called by the Pod strategy, which lists it among its update stages. It calls the validation of Pod specs. What may
change is cpu and memory, of containers and of the Pod as a whole; not which of them have a request or limit at all,
not the quality of service, and not `resizePolicy`. Source: kubernetes pkg/registry/core/pod/strategy.go,
pkg/apis/core/validation ValidatePodResize.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from apiserver.registry.core.pods.annotations import MIRROR
from apiserver.registry.core.pods.qos import qos_class
from apiserver.registry.core.pods.subresources import keep_all_but, validate_spec
from apiserver.registry.core.pods.updates import SPEC
from apiserver.registry.generic.strategy import WriteContext
from kube.api.core_v1 import Container, Pod, PodSpec, ResourceRequirements
from kube.apimachinery.errors import UNNAMED, FieldError, Path, forbidden, invalid_value

_RESIZABLE = ("cpu", "memory")
_LISTS = ("containers", "initContainers")


def prepare_resize(pod: Pod, old: Pod, ctx: WriteContext) -> None:
    """Takes resources and resize policies of containers out of the new Pod, and all else out of the old one.

    Where containers were added, removed, renamed or moved the new ones stay, for `validate_resize` to refuse.
    """
    spec = old.spec.deep_copy()
    spec.resources = pod.spec.resources
    for name in _LISTS:
        new = getattr(pod.spec, name)
        if [c.name for c in new] != [c.name for c in getattr(old.spec, name)]:
            setattr(spec, name, new)
            continue
        for container, wanted in zip(getattr(spec, name), new, strict=True):
            container.resources, container.resizePolicy = wanted.resources, wanted.resizePolicy
    keep_all_but(spec, pod, old)


def validate_resize(pod: Pod, old: Pod) -> list[FieldError]:
    if MIRROR in old.metadata.annotations:
        return [forbidden(UNNAMED, "static pods cannot be resized")]
    if old.spec.os is not None and old.spec.os.name == "windows":
        return [forbidden(UNNAMED, "windows pods cannot be resized")]
    found = validate_spec(pod)
    if (old.status.qosClass or qos_class(old)) != qos_class(pod):
        why = "Pod QOS Class may not change as a result of resizing"
        found.append(invalid_value(SPEC, pod.status.qosClass, why))
    if not _node_can_resize(old):
        found.append(forbidden(SPEC, "Pod running on node without support for resize"))
    found += _validate_pod_level(pod.spec, old.spec)
    if old.status.nodeAllocatableResourceClaimStatuses:
        found.append(forbidden(SPEC, "pods with node allocatable resource claims cannot be resized"))
    if moved := list(_moved_containers(pod.spec, old.spec)):
        return found + moved
    return found + _validate_containers(pod.spec, old.spec)


def _node_can_resize(pod: Pod) -> bool:
    """A kubelet that can says which resources are in force. While nothing runs it is taken to be one."""
    running = (status for status in pod.status.containerStatuses if status.state.running is not None)
    first = next(running, None)
    return first is None or first.resources is not None


def _validate_pod_level(spec: PodSpec, old: PodSpec) -> list[FieldError]:
    new, before, path = spec.resources, old.resources or ResourceRequirements(), SPEC["resources"]
    if not any(r is not None and (r.requests or r.limits) for r in (new, before)):
        return []
    if new is None:
        return [forbidden(path, "pod-level resources cannot be removed")]
    found = _removed(new, before, path, "pod-level resource")
    if _without_changes(new, before) != before:
        found.append(forbidden(SPEC, "only cpu and memory resources are mutable at pod-level"))
    return found


def _moved_containers(spec: PodSpec, old: PodSpec) -> Iterator[FieldError]:
    for name in _LISTS:
        new, before = getattr(spec, name), getattr(old, name)
        if len(new) != len(before):
            yield forbidden(SPEC[name], f"{name} may not be added or removed on resize")
            continue
        for index, (container, was) in enumerate(zip(new, before, strict=True)):
            if container.name != was.name:
                yield forbidden(SPEC[name][index]["name"], f"{name} may not be renamed or reordered on resize")


def _validate_containers(spec: PodSpec, old: PodSpec) -> list[FieldError]:
    found = []
    for name in reversed(_LISTS):
        for index, (new, was) in enumerate(zip(getattr(spec, name), getattr(old, name), strict=True)):
            found += _removed(new.resources, was.resources, SPEC[name][index]["resources"], "resource")
    for new, was in zip(spec.containers, old.containers, strict=True):
        if _changed_otherwise(new, was):
            found.append(forbidden(SPEC, "only cpu and memory resources are mutable"))
    for index, (new, was) in enumerate(zip(spec.initContainers, old.initContainers, strict=True)):
        found += _validate_init_container(new, was, SPEC["initContainers"][index])
    return found


def _validate_init_container(new: Container, was: Container, path: Path) -> list[FieldError]:
    found = []
    if _changed_otherwise(new, was):
        why = "only cpu and memory resources for init or sidecar containers are mutable"
        found.append(forbidden(path, why))
    restarts = any(policy.restartPolicy == "RestartContainer" for policy in new.resizePolicy)
    if new != was and new.restartPolicy != "Always" and restarts:
        why = "non-sidecar init containers with a resize policy of RestartContainer cannot be resized"
        found.append(forbidden(path, why))
    return found


def _removed(new: ResourceRequirements, was: ResourceRequirements, path: Path, what: str) -> list[FieldError]:
    return [
        forbidden(path[part], f"{what} {part} cannot be removed")
        for part in ("requests", "limits")
        if getattr(was, part).keys() - getattr(new, part).keys()
    ]


def _changed_otherwise(new: Container, was: Container) -> bool:
    return new.model_copy(update={"resources": _without_changes(new.resources, was.resources)}) != was


def _without_changes(new: ResourceRequirements, was: ResourceRequirements) -> ResourceRequirements:
    """The new resources, with cpu and memory as they were."""
    return ResourceRequirements(
        requests=_others(new.requests) | _resizable(was.requests),
        limits=_others(new.limits) | _resizable(was.limits),
        claims=new.claims,
    )


def _resizable(amounts: Mapping[str, str]) -> dict[str, str]:
    return {name: amounts[name] for name in _RESIZABLE if name in amounts}


def _others(amounts: Mapping[str, str]) -> dict[str, str]:
    return {name: amount for name, amount in amounts.items() if name not in _RESIZABLE}
