"""What Kubernetes warns of in a Pod or a pod template: things that work, or are ignored, and are probably mistakes.

Called by the strategies of Pods and of everything with a pod template. Pure. Source: kubernetes
pkg/api/pod/warnings.go.
"""

from __future__ import annotations

from collections.abc import Iterator

from apiserver.registry.core.pods.annotations import (
    APP_ARMOR,
    SECCOMP,
    SECCOMP_POD,
    AnyContainer,
    containers_of,
)
from apiserver.registry.core.pods.port_warnings import warn_of_ports
from apiserver.registry.validation.addresses import warn_of_ip
from kube.api.core_v1 import PodSpec
from kube.apimachinery import quantity
from kube.apimachinery.errors import Path, quoted
from kube.apimachinery.meta_v1 import ObjectMeta
from kube.apimachinery.validation import is_dns1123_label

REQUIRED, PREFERRED = (
    f"{how}DuringSchedulingIgnoredDuringExecution" for how in ("required", "preferred")
)
_BYTES = ("memory", "ephemeral-storage")
_MATCHES_NOTHING = "a null labelSelector results in matching no pod"
_SECCOMP_FIELD = 'non-functional in v1.27+; use the "seccompProfile" field instead'
_SYSCTLS_FIELD = 'non-functional in v1.11+; use the "sysctls" field instead'
_ANNOTATIONS = {
    "scheduler.alpha.kubernetes.io/critical-pod": 'non-functional in v1.16+; use the "priorityClassName" field instead',
    "security.alpha.kubernetes.io/sysctls": _SYSCTLS_FIELD,
    "security.alpha.kubernetes.io/unsafe-sysctls": _SYSCTLS_FIELD,
}
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
    at, annotations = path["spec"], path["metadata"]["annotations"]
    return [
        *_of_node_labels(spec, at),
        *(f"{annotations.key(key)}: {what}" for key, what in _ANNOTATIONS.items() if key in meta.annotations),
        *_of_volumes(spec, at["volumes"]),
        *_of_token_paths(spec, at["volumes"]),
        *_of_host_aliases(spec, at["hostAliases"]),
        *_of_pull_secrets(spec, at["imagePullSecrets"]),
        *_of_fractions(spec.overhead, at["overhead"]),
        *_of_profile(meta, spec, annotations),
        *_of_containers(meta, spec, at, annotations),
        *warn_of_ports(spec, at),
        *_of_grace(spec, at["terminationGracePeriodSeconds"]),
        *_of_pod_terms(spec, at["affinity"]),
        *_of_addresses(spec, at),
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
    yield from _of_node_terms(spec, path["affinity"]["nodeAffinity"])
    for index, constraint in enumerate(spec.topologySpreadConstraints):
        at = path["topologySpreadConstraints"][index]
        if constraint.topologyKey in _NODE_LABELS:
            yield f"{at['topologyKey']}: {constraint.topologyKey} is {_deprecated_label(constraint.topologyKey)}"
        if constraint.labelSelector is None:
            yield f"{at['labelSelector']}: {_MATCHES_NOTHING}"


def _of_node_terms(spec: PodSpec, path: Path) -> Iterator[str]:
    affinity = spec.affinity.nodeAffinity if spec.affinity is not None else None
    if affinity is None:
        return
    needed, terms = affinity.requiredDuringSchedulingIgnoredDuringExecution, []
    if needed is not None:
        at = path[REQUIRED]["nodeSelectorTerms"]
        terms += [(term, at[index]) for index, term in enumerate(needed.nodeSelectorTerms)]
    for index, weighted in enumerate(affinity.preferredDuringSchedulingIgnoredDuringExecution):
        terms.append((weighted.preference, path[PREFERRED][index]["preference"]))
    for term, at in terms:
        for index, expression in enumerate(term.matchExpressions):
            if expression.key in _NODE_LABELS:
                place = at["matchExpressions"][index]["key"]
                yield f"{place}: {expression.key} is {_deprecated_label(expression.key)}"


def _of_pod_terms(spec: PodSpec, path: Path) -> Iterator[str]:
    for kind in ("podAffinity", "podAntiAffinity"):
        part = getattr(spec.affinity, kind, None)
        if part is None:
            continue
        terms = [
            *((term, path[kind][REQUIRED][i]) for i, term in enumerate(getattr(part, REQUIRED))),
            *((w.podAffinityTerm, path[kind][PREFERRED][i]["podAffinityTerm"])
              for i, w in enumerate(getattr(part, PREFERRED))),
        ]  # fmt: skip
        for term, at in terms:
            if term.labelSelector is None:
                yield f"{at['labelSelector']}: {_MATCHES_NOTHING}"


def _deprecated_label(key: str) -> str:
    return f'deprecated since v{_SINCE.get(key, "1.17")}; use "{_NODE_LABELS[key]}" instead'


def _of_profile(meta: ObjectMeta, spec: PodSpec, path: Path) -> Iterator[str]:
    context = spec.securityContext
    if SECCOMP_POD in meta.annotations and (context is None or context.seccompProfile is None):
        yield f"{path.key(SECCOMP_POD)}: {_SECCOMP_FIELD}"


def _of_profiles(meta: ObjectMeta, spec: PodSpec, container: AnyContainer, path: Path) -> Iterator[str]:
    context, own = spec.securityContext, container.securityContext
    key = SECCOMP + container.name
    if key in meta.annotations and (own is None or own.seccompProfile is None):
        yield f"{path.key(key)}: {_SECCOMP_FIELD}"
    key = APP_ARMOR + container.name
    has_field = any(c is not None and c.appArmorProfile is not None for c in (context, own))
    if key in meta.annotations and not has_field:
        yield f'{path.key(key)}: deprecated since v1.30; use the "appArmorProfile" field instead'


def _of_volumes(spec: PodSpec, path: Path) -> Iterator[str]:
    for index, volume in enumerate(spec.volumes):
        for name, what in _VOLUMES.items():
            if getattr(volume, name) is not None:
                yield f"{path[index]['storageOS' if name == 'storageos' else name]}: {what}"


def _of_token_paths(spec: PodSpec, path: Path) -> Iterator[str]:
    """Files of other sources where a service account's token will be."""
    projected = [(index, v.projected) for index, v in enumerate(spec.volumes) if v.projected is not None]
    taken = {s.serviceAccountToken.path for _, p in projected for s in p.sources if s.serviceAccountToken is not None}
    for index, volume in projected:
        for source in volume.sources:
            for kind, shown in (("configMap", "configMap"), ("secret", "secrets"), ("downwardAPI", "downwardAPI")):
                one = getattr(source, kind)
                for number, item in enumerate(one.items if one is not None else ()):
                    if item.path in taken:
                        at = path[index]["projected"]["sources"][shown][number]
                        yield f"{at}: has duplicated path with ServiceAccountToken {quoted(item.path)}"


def _of_addresses(spec: PodSpec, path: Path) -> Iterator[str]:
    servers = spec.dnsConfig.nameservers if spec.dnsConfig is not None else ()
    for index, server in enumerate(servers):
        yield from warn_of_ip(server, path["dnsConfig"]["nameservers"][index])
    for index, alias in enumerate(spec.hostAliases):
        yield from warn_of_ip(alias.ip, path["hostAliases"][index]["ip"])


def _of_host_aliases(spec: PodSpec, path: Path) -> Iterator[str]:
    seen: set[str] = set()
    for index, alias in enumerate(spec.hostAliases):
        if alias.ip in seen:
            yield f"{path[index]['ip']}: duplicate ip {quoted(alias.ip)}"
        seen.add(alias.ip)


def _of_pull_secrets(spec: PodSpec, path: Path) -> Iterator[str]:
    seen: set[str] = set()
    for index, secret in enumerate(spec.imagePullSecrets):
        if secret.name in seen:
            yield f"{path[index]['name']}: duplicate name {quoted(secret.name)}"
        seen.add(secret.name)
    for index, secret in enumerate(spec.imagePullSecrets):
        if not secret.name:
            yield f'{path[index]["name"]}: invalid empty name ""'


def _of_containers(meta: ObjectMeta, spec: PodSpec, path: Path, annotations: Path) -> Iterator[str]:
    for container, at in containers_of(spec, path):
        if meta.annotations:
            yield from _of_profiles(meta, spec, container, annotations)
        for resource in _BYTES:
            for name in ("limits", "requests"):
                amounts = getattr(container.resources, name)
                if resource in amounts and quantity.parse(amounts[resource]).amount.denominator != 1:
                    yield from _of_fractions({resource: amounts[resource]}, at["resources"][name])
        if len(container.env) > 1:
            yield from _of_variables(container, at["env"])


def _of_fractions(amounts: dict[str, str], path: Path) -> Iterator[str]:
    for resource in _BYTES:
        text = amounts.get(resource)
        if text is not None and quantity.parse(text).amount.denominator != 1:
            yield f"{path.key(resource)}: fractional byte value {quoted(text)} is invalid, must be an integer"


def _of_variables(container: AnyContainer, path: Path) -> Iterator[str]:
    """A variable may build on an earlier one of its name; anything else hides that."""
    seen: set[str] = set()
    for index, variable in enumerate(container.env):
        itself = f"$({variable.name})"
        builds = variable.valueFrom is None and itself in variable.value and variable.value != itself
        if variable.name in seen and not builds:
            yield (f"{path[index]}: hides previous definition of {quoted(variable.name)}, "
                   "which may be dropped when using apply")  # fmt: skip
        seen.add(variable.name)


def _of_grace(spec: PodSpec, path: Path) -> Iterator[str]:
    if (spec.terminationGracePeriodSeconds or 0) < 0:
        yield f"{path}: must be >= 0; negative values are invalid and will be treated as 1"
