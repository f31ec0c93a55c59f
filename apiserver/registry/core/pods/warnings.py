"""What Kubernetes warns of in a Pod or a pod template: things that work, or are ignored, and are probably mistakes.

Called by the strategies of Pods and of everything with a pod template. Pure. Source: kubernetes
pkg/api/pod/warnings.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from kube.api.core_v1 import Container, PodSpec
from kube.apimachinery import quantity
from kube.apimachinery.errors import Path, quoted
from kube.apimachinery.meta_v1 import ObjectMeta
from kube.apimachinery.validation import is_dns1123_label

_SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP = "container.seccomp.security.alpha.kubernetes.io/"
_APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
_NODE_LABELS = {
    "beta.kubernetes.io/arch": "kubernetes.io/arch",
    "beta.kubernetes.io/os": "kubernetes.io/os",
    "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
    "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
}
_SINCE = {"beta.kubernetes.io/arch": "1.14", "beta.kubernetes.io/os": "1.14"}
_VOLUMES = {
    "gitRepo": "deprecated in v1.11, and disabled by default in v1.33+",
    "photonPersistentDisk": "deprecated in v1.11, non-functional in v1.16+",
    "scaleIO": "deprecated in v1.16, non-functional in v1.22+",
    "flocker": "deprecated in v1.22, non-functional in v1.25+",
    "storageos": "deprecated in v1.22, non-functional in v1.25+",
    "quobyte": "deprecated in v1.22, non-functional in v1.25+",
    "glusterfs": "deprecated in v1.25, non-functional in v1.26+",
    "cephfs": "deprecated in v1.28, non-functional in v1.31+",
    "rbd": "deprecated in v1.28, non-functional in v1.31+",
}


def warn_of_pod(meta: ObjectMeta, spec: PodSpec, path: Path) -> list[str]:
    """`path` is where the Pod or the template is: empty for a Pod."""
    at = path["spec"]
    return [
        *_of_node_labels(spec, at),
        *_of_annotations(meta, spec, path["metadata"]["annotations"]),
        *_of_volumes(spec, at["volumes"]),
        *_of_host_aliases(spec, at["hostAliases"]),
        *_of_pull_secrets(spec, at["imagePullSecrets"]),
        *_of_containers(spec, at),
        *_of_grace(spec, at["terminationGracePeriodSeconds"]),
    ]


def warn_of_name(name: str, used_in: str) -> list[str]:
    """A name that makes no good host name. `used_in`: `Pod names and hostnames`."""
    why = is_dns1123_label(name)
    if not why:
        return []
    text = "this is used in {}, which can result in surprising behavior; a DNS label is recommended: [{}]"
    return ["metadata.name: " + text.format(used_in, " ".join(why))]


def _of_node_labels(spec: PodSpec, path: Path) -> Iterator[str]:
    for key in sorted(spec.nodeSelector):
        if key in _NODE_LABELS:
            yield f"{path['nodeSelector'].key(key)}: {_deprecated_label(key)}"
    for index, constraint in enumerate(spec.topologySpreadConstraints):
        if constraint.topologyKey in _NODE_LABELS:
            at = path["topologySpreadConstraints"][index]["topologyKey"]
            yield f"{at}: {constraint.topologyKey} is {_deprecated_label(constraint.topologyKey)}"


def _deprecated_label(key: str) -> str:
    return f'deprecated since v{_SINCE.get(key, "1.17")}; use "{_NODE_LABELS[key]}" instead'


def _of_annotations(meta: ObjectMeta, spec: PodSpec, path: Path) -> Iterator[str]:
    if _SECCOMP_POD in meta.annotations:
        yield f'{path.key(_SECCOMP_POD)}: non-functional in v1.27+; use the "seccompProfile" field instead'
    pod_profile = spec.securityContext.appArmorProfile if spec.securityContext is not None else None
    for container in [*spec.containers, *spec.initContainers]:
        key = _SECCOMP + container.name
        if key in meta.annotations:
            yield f'{path.key(key)}: non-functional in v1.27+; use the "seccompProfile" field instead'
        key, own = _APP_ARMOR + container.name, container.securityContext
        if key in meta.annotations and pod_profile is None and (own is None or own.appArmorProfile is None):
            yield f'{path.key(key)}: deprecated since v1.30; use the "appArmorProfile" field instead'


def _of_volumes(spec: PodSpec, path: Path) -> Iterator[str]:
    for index, volume in enumerate(spec.volumes):
        for name, what in _VOLUMES.items():
            if getattr(volume, name) is not None:
                yield f"{path[index][name]}: {what}"


def _of_host_aliases(spec: PodSpec, path: Path) -> Iterator[str]:
    seen: set[str] = set()
    for index, alias in enumerate(spec.hostAliases):
        if alias.ip in seen:
            yield f"{path[index]['ip']}: duplicate ip {quoted(alias.ip)}"
        seen.add(alias.ip)


def _of_pull_secrets(spec: PodSpec, path: Path) -> Iterator[str]:
    seen: set[str] = set()
    for index, secret in enumerate(spec.imagePullSecrets):
        if not secret.name:
            yield f'{path[index]["name"]}: invalid empty name ""'
        elif secret.name in seen:
            yield f"{path[index]['name']}: duplicate name {quoted(secret.name)}"
        seen.add(secret.name)


def _of_containers(spec: PodSpec, path: Path) -> Iterator[str]:
    for name in ("containers", "initContainers"):
        for index, container in enumerate(getattr(spec, name)):
            yield from _of_fractions(container, path[name][index]["resources"])
            yield from _of_variables(container, path[name][index]["env"])
            yield from _of_ports(container, path[name][index]["ports"])


def _of_fractions(container: Container, path: Path) -> Iterator[str]:
    for name in ("limits", "requests"):
        for resource, text in sorted(getattr(container.resources, name).items()):
            if resource in ("memory", "ephemeral-storage") and quantity.parse(text).amount.denominator != 1:
                yield f"{path[name].key(resource)}: fractional byte value {quoted(text)} is invalid, must be an integer"


def _of_variables(container: Container, path: Path) -> Iterator[str]:
    seen: dict[str, str] = {}
    for index, variable in enumerate(container.env):
        if variable.name in seen and f"$({variable.name})" not in variable.value:
            yield (f"{path[index]}: hides previous definition of {quoted(variable.name)}, "
                   "which may be dropped when using apply")  # fmt: skip
        seen[variable.name] = variable.value


def _of_ports(container: Container, path: Path) -> Iterator[str]:
    seen: dict[tuple[int, str, int, str], Path] = {}
    for index, port in enumerate(container.ports):
        key = (port.containerPort, port.protocol, port.hostPort, port.hostIP)
        if key in seen:
            yield f"{path[index]}: duplicate port definition with {seen[key]}"
        seen.setdefault(key, path[index])


def _of_grace(spec: PodSpec, path: Path) -> Iterator[str]:
    if (spec.terminationGracePeriodSeconds or 0) < 0:
        yield f"{path}: must be >= 0; negative values are invalid and will be treated as 1"
