"""`pods/ephemeralcontainers`, which adds debugging containers to a running Pod, and what it shares with `resize`.

Called by the Pod strategy, which lists it among its update stages, and by `resize`. It calls the validation of Pod
specs. Source: kubernetes pkg/registry/core/pod/strategy.go, pkg/apis/core/validation
ValidatePodEphemeralContainersUpdate.
"""

from __future__ import annotations

from apiserver.registry.core.pods.annotations import MIRROR, validate_pod_annotations
from apiserver.registry.core.pods.internal import difference
from apiserver.registry.core.pods.updates import SPEC, validate_annotation_update
from apiserver.registry.core.pods.validation import validate_pod_spec, validate_token_volumes
from apiserver.registry.generic.strategy import WriteContext
from kube.api.core_v1 import Pod, PodSpec
from kube.apimachinery.errors import UNNAMED, FieldError, Path, forbidden

_KEPT = ("labels", "annotations", "finalizers", "ownerReferences", "deletionTimestamp")


def keep_all_but(spec: PodSpec, pod: Pod, old: Pod) -> None:
    """Puts the spec in place and takes the rest from the old Pod; a change counts as a generation."""
    pod.spec, pod.status = spec, old.status
    for name in _KEPT:
        setattr(pod.metadata, name, getattr(old.metadata, name))
    if spec != old.spec:
        pod.metadata.generation = old.metadata.generation + 1


def validate_spec(pod: Pod) -> list[FieldError]:
    found = validate_pod_annotations(pod.metadata, pod.spec, Path("metadata")["annotations"])
    found += validate_pod_spec(pod.spec, SPEC, in_pod=True, name=pod.metadata.name)
    return found + validate_token_volumes(pod.spec)


def prepare_ephemeral_containers(pod: Pod, old: Pod, ctx: WriteContext) -> None:
    spec = old.spec.deep_copy()
    spec.ephemeralContainers = pod.spec.ephemeralContainers
    keep_all_but(spec, pod, old)


def validate_ephemeral_containers_update(pod: Pod, old: Pod) -> list[FieldError]:
    """Such containers are added; once there they stay as they are."""
    if MIRROR in old.metadata.annotations:
        return [forbidden(UNNAMED, "static pods do not support ephemeral containers")]
    found = validate_spec(pod) + validate_annotation_update(pod.metadata, old.metadata)
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
