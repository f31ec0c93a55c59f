"""What is wrong with a Pod, or with a pod template: the one list of all that Kubernetes checks, in its order.

Called by the Pod strategy and by the strategies of everything that has a pod template. It calls a module for each part.
Updates are with `updates`, statuses with `status`. Source: kubernetes pkg/apis/core/validation, ValidatePodSpec,
ValidatePodCreate, ValidatePodTemplateSpec.
"""

from __future__ import annotations

from apiserver.registry.core.pods.annotations import validate_pod_annotations, validate_profiles_agree
from apiserver.registry.core.pods.claims import validate_resource_claims
from apiserver.registry.core.pods.containers import (
    Surroundings,
    validate_containers,
    validate_ephemeral_containers,
    validate_init_containers,
)
from apiserver.registry.core.pods.network import validate_dns_config, validate_host_aliases
from apiserver.registry.core.pods.os import validate_os
from apiserver.registry.core.pods.resources import validate_overhead, validate_pod_resources
from apiserver.registry.core.pods.scheduling import (
    validate_affinity,
    validate_readiness_gates,
    validate_scheduling_gates,
    validate_tolerations,
    validate_topology_spread,
)
from apiserver.registry.core.pods.security import validate_host_ports, validate_host_users, validate_pod_security
from apiserver.registry.core.pods.volumes import validate_volumes
from apiserver.registry.core.pods.windows import validate_host_processes
from apiserver.registry.validation.names import validate_dns_label, validate_dns_subdomain, validate_node_name
from kube.api.core_v1 import LocalObjectReference, Pod, PodSpec, PodTemplateSpec
from kube.apimachinery.errors import FieldError, Path, forbidden, invalid_value, not_supported, required, too_long
from kube.apimachinery.validation import is_in_range, validate_annotations, validate_labels

SPEC = Path("spec")
RESTART_POLICIES = ("Always", "OnFailure", "Never")
DNS_POLICIES = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_INT32_MAX = 2**31 - 1
_LONGEST_HOSTNAME = 64
"""Linux's limit."""


def validate_pod(pod: Pod) -> list[FieldError]:
    """A new Pod; its metadata has been looked at already."""
    found = validate_pod_annotations(pod.metadata, pod.spec, Path("metadata")["annotations"])
    found += validate_pod_spec(pod.spec, SPEC, in_pod=True, name=pod.metadata.name)
    found += validate_token_volumes(pod.spec)
    if pod.spec.ephemeralContainers:
        found.append(forbidden(SPEC["ephemeralContainers"], "cannot be set on create"))
    if pod.spec.nodeName and pod.spec.schedulingGates:
        why = "cannot be set until all schedulingGates have been cleared"
        found.append(forbidden(SPEC["nodeName"], why))
    return found + validate_profiles_agree(pod.metadata, pod.spec, SPEC)


def validate_token_volumes(spec: PodSpec) -> list[FieldError]:
    """A token is a service account's."""
    if spec.serviceAccountName:
        return []
    return [
        forbidden(
            SPEC["volumes"][number]["projected"]["sources"][index]["serviceAccountToken"],
            "must not be specified when serviceAccountName is not set",
        )
        for number, volume in enumerate(spec.volumes)
        for index, source in enumerate(volume.projected.sources if volume.projected is not None else ())
        if source.serviceAccountToken is not None
    ]


def validate_pod_template(template: PodTemplateSpec, path: Path) -> list[FieldError]:
    found = validate_labels(template.metadata.labels, path["labels"])
    found += validate_annotations(template.metadata.annotations, path["annotations"])
    found += validate_pod_annotations(template.metadata, template.spec, path["annotations"])
    found += validate_pod_spec(template.spec, path["spec"], in_pod=False)
    if template.spec.ephemeralContainers:
        why = "ephemeral containers not allowed in pod template"
        found.append(forbidden(path["spec"]["ephemeralContainers"], why))
    return found


def validate_pod_spec(spec: PodSpec, path: Path, *, in_pod: bool, name: str = "") -> list[FieldError]:
    """`in_pod`: of a Pod itself, not of a template; `name` is the Pod's."""
    volumes, found = validate_volumes(spec.volumes, path["volumes"], name)
    found += validate_resource_claims(spec.resourceClaims, path["resourceClaims"])
    claims = {claim.name for claim in spec.resourceClaims}
    around = Surroundings(
        volumes, claims, spec.terminationGracePeriodSeconds or 0, spec.restartPolicy, in_pod,
        host_users=spec.hostUsers is not False,
    )  # fmt: skip
    both = [*spec.containers, *spec.initContainers]
    found += validate_containers(spec.containers, around, path["containers"])
    found += validate_init_containers(spec.initContainers, spec.containers, around, path["initContainers"])
    found += validate_ephemeral_containers(spec.ephemeralContainers, both, around, path["ephemeralContainers"])
    if spec.resources is not None:
        found += validate_pod_resources(spec, path["resources"])
    found += validate_host_ports(spec, path, in_pod=in_pod)
    found += _validate_choices(spec, path)
    found += validate_labels(spec.nodeSelector, path["nodeSelector"])
    found += validate_pod_security(spec, path["securityContext"])
    found += _validate_pull_secrets(spec.imagePullSecrets, path["imagePullSecrets"])
    found += validate_affinity(spec.affinity, path["affinity"])
    found += validate_dns_config(spec, path["dnsConfig"])
    found += validate_readiness_gates(spec.readinessGates, path["readinessGates"])
    found += validate_scheduling_gates(spec.schedulingGates, path["schedulingGates"])
    found += validate_topology_spread(spec.topologySpreadConstraints, path["topologySpreadConstraints"])
    found += validate_host_processes(spec, path)
    found += validate_host_users(spec, path)
    found += _validate_names(spec, path)
    found += validate_tolerations(spec.tolerations, path["tolerations"])
    found += validate_host_aliases(spec.hostAliases, path["hostAliases"])
    found += _validate_classes(spec, path)
    found += validate_overhead(spec.overhead, path["overhead"])
    return found + validate_os(spec, path)


def _validate_choices(spec: PodSpec, path: Path) -> list[FieldError]:
    found = []
    for name, known in (("restartPolicy", RESTART_POLICIES), ("dnsPolicy", DNS_POLICIES)):
        value = getattr(spec, name)
        if not value:
            found.append(required(path[name]))
        elif value not in known:
            found.append(not_supported(path[name], value, known))
    return found


def _validate_pull_secrets(secrets: list[LocalObjectReference], path: Path) -> list[FieldError]:
    return [required(path[index]["name"]) for index, secret in enumerate(secrets) if not secret.name]


def _validate_names(spec: PodSpec, path: Path) -> list[FieldError]:
    found: list[FieldError] = []
    if spec.serviceAccountName:
        found += validate_dns_subdomain(spec.serviceAccountName, path["serviceAccountName"])
    if spec.nodeName:
        found += validate_node_name(spec.nodeName, path["nodeName"])
    if spec.activeDeadlineSeconds is not None:
        at, seconds = path["activeDeadlineSeconds"], spec.activeDeadlineSeconds
        found += [invalid_value(at, seconds, why) for why in is_in_range(seconds, 1, _INT32_MAX)]
    if spec.hostname:
        found += validate_dns_label(spec.hostname, path["hostname"])
    if spec.subdomain:
        found += validate_dns_label(spec.subdomain, path["subdomain"])
    if spec.hostnameOverride:
        found += _validate_override(spec, path["hostnameOverride"])
    return found


def _validate_override(spec: PodSpec, path: Path) -> list[FieldError]:
    """Any name that the kernel takes, where the Pod has a host name of its own."""
    name = spec.hostnameOverride or ""
    found = validate_dns_subdomain(name, path)
    if len(name) > _LONGEST_HOSTNAME:
        found.append(too_long(path, _LONGEST_HOSTNAME))
    if spec.hostNetwork:
        found.append(forbidden(path, "may not be set when hostNetwork is true"))
    if spec.setHostnameAsFQDN:
        found.append(forbidden(path, "may not be set when setHostnameAsFQDN is true"))
    return found


def _validate_classes(spec: PodSpec, path: Path) -> list[FieldError]:
    found: list[FieldError] = []
    if spec.priorityClassName:
        found += validate_dns_subdomain(spec.priorityClassName, path["priorityClassName"])
    if spec.runtimeClassName is not None:
        found += validate_dns_subdomain(spec.runtimeClassName, path["runtimeClassName"])
    known = ("PreemptLowerPriority", "Never")
    if spec.preemptionPolicy is not None and spec.preemptionPolicy not in known:
        found.append(not_supported(path["preemptionPolicy"], spec.preemptionPolicy, known))
    return found
