"""Containers of a Pod: ordinary ones, init containers and sidecars, ephemeral ones.

Called by the validation of Pod specs. It calls the validation of each part of a container. Source: kubernetes
pkg/apis/core/validation, validateContainers, validateInitContainers, validateEphemeralContainers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from apiserver.registry.core.pods.environment import validate_env, validate_env_from
from apiserver.registry.core.pods.probes import validate_lifecycle, validate_liveness, validate_readiness
from apiserver.registry.core.pods.resources import validate_requirements
from apiserver.registry.core.pods.restarts import validate_resize_policy, validate_restart_policy
from apiserver.registry.core.pods.security import validate_container_security
from apiserver.registry.core.pods.volumes import validate_devices, validate_mounts
from apiserver.registry.validation.names import validate_dns_label
from apiserver.registry.validation.ports import validate_port_number, validate_protocol
from kube.api.core_v1 import Container, ContainerPort, EphemeralContainer, Volume
from kube.apimachinery.errors import (
    FieldError,
    Path,
    duplicate,
    forbidden,
    invalid_value,
    not_found_value,
    not_supported,
    required,
)
from kube.apimachinery.validation import is_valid_port_name

_PULL_POLICIES = frozenset({"Always", "IfNotPresent", "Never"})
_MESSAGE_POLICIES = ("File", "FallbackToLogsOnError")
_SIDECARS_ONLY = "may not be set for init containers without restartPolicy=Always"
_NOT_EPHEMERAL = (
    "ports", "resources", "resizePolicy", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle",
    "restartPolicy",
)  # fmt: skip
AnyContainer = Container | EphemeralContainer


@dataclass(frozen=True)
class Surroundings:
    """What a container may refer to in its Pod: good volumes, resource claims, the seconds it has to end, and
    the Pod's restart policy. `in_pod`: the Pod is one, not a template. `host_users`: it has no user namespace of its
    own."""

    volumes: Mapping[str, Volume]
    claims: Collection[str]
    grace: int
    restart_policy: str
    in_pod: bool
    host_users: bool = True


def validate_containers(containers: list[Container], around: Surroundings, path: Path) -> list[FieldError]:
    if not containers:
        return [required(path)]
    found: list[FieldError] = []
    names: set[str] = set()
    for index, container in enumerate(containers):
        at = path[index]
        found += _validate_common(container, around, at)
        if container.name in names:
            found.append(duplicate(at["name"], container.name))
        names.add(container.name)
        found += _validate_running(container, around, at)
        found += validate_restart_policy(container, at)
    return found + _validate_host_ports_unique(containers, path)


def validate_init_containers(
    containers: list[Container], others: Iterable[Container], around: Surroundings, path: Path
) -> list[FieldError]:
    found: list[FieldError] = []
    names = {container.name for container in others}
    for index, container in enumerate(containers):
        at = path[index]
        found += _validate_common(container, around, at)
        found += validate_restart_policy(container, at)
        if container.name in names:
            found.append(duplicate(at["name"], container.name))
        elif container.name:
            names.add(container.name)
        found += _validate_host_ports_unique([container], path)  # init containers run one after the other
        if container.restartPolicy == "Always":
            found += _validate_running(container, around, at)
            continue
        for name in ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe"):
            if getattr(container, name) is not None:
                found.append(forbidden(at[name], _SIDECARS_ONLY))
    return found


def validate_ephemeral_containers(
    containers: list[EphemeralContainer], others: Iterable[Container], around: Surroundings, path: Path
) -> list[FieldError]:
    found: list[FieldError] = []
    others = list(others)
    names = {container.name for container in others}
    targets = set(names)
    for index, container in enumerate(containers):
        at = path[index]
        found += _validate_common(container, around, at)
        if container.name in names:
            found.append(duplicate(at["name"], container.name))
        names.add(container.name)
        if container.targetContainerName and container.targetContainerName not in targets:
            found.append(not_found_value(at["targetContainerName"], container.targetContainerName))
        for name in _NOT_EPHEMERAL:
            if getattr(container, name) != getattr(EphemeralContainer(), name):
                found.append(forbidden(at[name], "cannot be set for an Ephemeral Container"))
        for number, mount in enumerate(container.volumeMounts):
            for name in ("subPath", "subPathExpr"):
                if getattr(mount, name):
                    where = at["volumeMounts"][number][name]
                    found.append(forbidden(where, "cannot be set for an Ephemeral Container"))
    return found


def _validate_common(container: AnyContainer, around: Surroundings, path: Path) -> list[FieldError]:
    return [
        *(validate_dns_label(container.name, path["name"]) if container.name else [required(path["name"])]),
        *_validate_image(container.image, path["image"], around.in_pod),
        *_validate_choice(container.terminationMessagePolicy, _MESSAGE_POLICIES, path["terminationMessagePolicy"]),
        *_validate_ports(container.ports, path["ports"]),
        *validate_env(container.env, path["env"]),
        *validate_env_from(container.envFrom, path["envFrom"]),
        *validate_mounts(container, around.volumes, path["volumeMounts"]),
        *validate_devices(container, around.volumes, path["volumeDevices"]),
        *_validate_choice(container.imagePullPolicy, _PULL_POLICIES, path["imagePullPolicy"]),
        *validate_requirements(container.resources, around.claims, path["resources"]),
        *validate_resize_policy(container.resizePolicy, around.restart_policy, path["resizePolicy"]),
        *validate_container_security(
            container.securityContext, path["securityContext"], host_users=around.host_users
        ),
    ]


def _validate_running(container: Container, around: Surroundings, path: Path) -> list[FieldError]:
    """What only a container that keeps running may have."""
    return [
        *validate_lifecycle(container.lifecycle, around.grace, path["lifecycle"]),
        *validate_liveness(container.livenessProbe, around.grace, path["livenessProbe"]),
        *validate_readiness(container.readinessProbe, around.grace, path["readinessProbe"]),
        *validate_liveness(container.startupProbe, around.grace, path["startupProbe"]),
    ]


def _validate_image(image: str, path: Path, in_pod: bool) -> list[FieldError]:
    """Old templates with blanks around an image are let through; no Pod can be made of them."""
    if not image:
        return [required(path)]
    if not in_pod or image == image.strip():
        return []
    return [invalid_value(path, image, "must not have leading or trailing whitespace")]


def _validate_choice(value: str, known: Collection[str], path: Path) -> list[FieldError]:
    if not value:
        return [required(path)]
    return [] if value in known else [not_supported(path, value, known)]


def _validate_ports(ports: list[ContainerPort], path: Path) -> list[FieldError]:
    found: list[FieldError] = []
    names: set[str] = set()
    for index, port in enumerate(ports):
        at = path[index]
        if port.name:
            wrong = is_valid_port_name(port.name)
            found += [invalid_value(at["name"], port.name, why) for why in wrong]
            if not wrong and port.name in names:
                found.append(duplicate(at["name"], port.name))
            names.add(port.name)
        if port.containerPort:
            found += validate_port_number(port.containerPort, at["containerPort"])
        else:
            found.append(required(at["containerPort"]))
        if port.hostPort:
            found += validate_port_number(port.hostPort, at["hostPort"])
        found += validate_protocol(port.protocol, at["protocol"])
    return found


def _validate_host_ports_unique(containers: Iterable[Container], path: Path) -> list[FieldError]:
    found: list[FieldError] = []
    taken: set[str] = set()
    for index, container in enumerate(containers):
        for number, port in enumerate(container.ports):
            if not port.hostPort:
                continue
            place = f"{port.protocol}/{port.hostIP}/{port.hostPort}"
            if place in taken:
                found.append(duplicate(path[index]["ports"][number]["hostPort"], place))
            taken.add(place)
    return found
