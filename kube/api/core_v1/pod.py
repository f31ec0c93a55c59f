"""Pod, its spec and its template.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.api.core_v1.container import Container, EphemeralContainer, ResourceRequirements
from kube.api.core_v1.enums import DNSPolicy, OSName, PodConditionType, PreemptionPolicy, RestartPolicy
from kube.api.core_v1.pod_status import PodStatus
from kube.api.core_v1.references import LocalObjectReference, ObjectReference
from kube.api.core_v1.scheduling import (
    Affinity,
    PodSchedulingGate,
    PodSchedulingGroup,
    Toleration,
    TopologySpreadConstraint,
)
from kube.api.core_v1.security import PodSecurityContext
from kube.api.core_v1.volumes import Volume
from kube.apimachinery.meta_v1 import Object, ObjectMeta
from kube.apimachinery.types import APIModel, Int32, Int64, Nil, Quantity, Slice, always, wire


class HostAlias(APIModel):
    ip: Annotated[str, wire(1)] = always("")
    hostnames: Annotated[list[str], wire(2, list_type="atomic")] = []


class PodDNSConfigOption(APIModel):
    name: Annotated[str, wire(1)] = ""
    value: Annotated[str | None, wire(2)] = None


class PodDNSConfig(APIModel):
    nameservers: Annotated[list[str], wire(1, list_type="atomic")] = []
    searches: Annotated[list[str], wire(2, list_type="atomic")] = []
    options: Annotated[list[PodDNSConfigOption], wire(3, list_type="atomic")] = []


class PodReadinessGate(APIModel):
    conditionType: Annotated[PodConditionType, wire(1)] = always("")


class PodOS(APIModel):
    name: Annotated[OSName, wire(1)] = always("")


class PodResourceClaim(APIModel):
    name: Annotated[str, wire(1)] = always("")
    resourceClaimName: Annotated[str | None, wire(3)] = None
    resourceClaimTemplateName: Annotated[str | None, wire(4)] = None


class PodSpec(APIModel):
    """What a pod runs, and how."""

    volumes: Annotated[
        list[Volume],
        wire(
            1,
            "Storage that its containers can mount.",
            patch_strategy="merge,retainKeys",
            merge_key="name",
            list_type="map",
            list_map_keys=("name",),
        ),
    ] = []
    initContainers: Annotated[
        list[Container],
        wire(
            20,
            "Containers that run to their end, one after another, before the others start.",
            patch_strategy="merge",
            merge_key="name",
            list_type="map",
            list_map_keys=("name",),
        ),
    ] = []
    containers: Annotated[
        Slice[Container],
        wire(2, "The containers.", patch_strategy="merge", merge_key="name", list_type="map", list_map_keys=("name",)),
    ] = always(Nil)
    ephemeralContainers: Annotated[
        list[EphemeralContainer],
        wire(34, patch_strategy="merge", merge_key="name", list_type="map", list_map_keys=("name",)),
    ] = []
    restartPolicy: Annotated[RestartPolicy, wire(3, "Always, OnFailure or Never.")] = ""
    terminationGracePeriodSeconds: Annotated[Int64 | None, wire(4, "Time to stop before it is killed.")] = None
    activeDeadlineSeconds: Annotated[Int64 | None, wire(5, "How long it may run.")] = None
    dnsPolicy: Annotated[DNSPolicy, wire(6, "ClusterFirst, ClusterFirstWithHostNet, Default or None.")] = ""
    nodeSelector: Annotated[dict[str, str], wire(7, "Labels that its node must have.", map_type="atomic")] = {}
    serviceAccountName: Annotated[str, wire(8, "Whom its processes speak for at the API.")] = ""
    serviceAccount: Annotated[str, wire(9)] = ""
    automountServiceAccountToken: Annotated[bool | None, wire(21)] = None
    nodeName: Annotated[str, wire(10, "The node it is bound to; set by the scheduler.")] = ""
    hostNetwork: Annotated[bool, wire(11, "Uses the node's network instead of its own.")] = False
    hostPID: Annotated[bool, wire(12)] = False
    hostIPC: Annotated[bool, wire(13)] = False
    shareProcessNamespace: Annotated[bool | None, wire(27)] = None
    securityContext: Annotated[PodSecurityContext | None, wire(14)] = None
    imagePullSecrets: Annotated[
        list[LocalObjectReference],
        wire(15, patch_strategy="merge", merge_key="name", list_type="map", list_map_keys=("name",)),
    ] = []
    hostname: Annotated[str, wire(16, "Its hostname.")] = ""
    subdomain: Annotated[str, wire(17, "With a headless Service of that name, gives it a DNS name.")] = ""
    affinity: Annotated[Affinity | None, wire(18, "Preferences and requirements on the node.")] = None
    schedulerName: Annotated[str, wire(19, "Which scheduler binds it.")] = ""
    tolerations: Annotated[list[Toleration], wire(22, "Taints that it bears.", list_type="atomic")] = []
    hostAliases: Annotated[
        list[HostAlias],
        wire(
            23,
            "Lines for its /etc/hosts.",
            patch_strategy="merge",
            merge_key="ip",
            list_type="map",
            list_map_keys=("ip",),
        ),
    ] = []
    priorityClassName: Annotated[str, wire(24)] = ""
    priority: Annotated[Int32 | None, wire(25)] = None
    dnsConfig: Annotated[PodDNSConfig | None, wire(26, "What is added to its resolv.conf.")] = None
    readinessGates: Annotated[
        list[PodReadinessGate],
        wire(28, "Conditions, set by others, without which it is not ready.", list_type="atomic"),
    ] = []
    runtimeClassName: Annotated[str | None, wire(29)] = None
    enableServiceLinks: Annotated[bool | None, wire(30)] = None
    preemptionPolicy: Annotated[PreemptionPolicy | None, wire(31)] = None
    overhead: Annotated[dict[str, Quantity], wire(32)] = {}
    topologySpreadConstraints: Annotated[
        list[TopologySpreadConstraint],
        wire(
            33,
            "How its kind is spread over nodes and zones.",
            patch_strategy="merge",
            merge_key="topologyKey",
            list_type="map",
            list_map_keys=("topologyKey", "whenUnsatisfiable"),
        ),
    ] = []
    setHostnameAsFQDN: Annotated[bool | None, wire(35)] = None
    os: Annotated[PodOS | None, wire(36)] = None
    hostUsers: Annotated[bool | None, wire(37)] = None
    schedulingGates: Annotated[
        list[PodSchedulingGate],
        wire(38, patch_strategy="merge", merge_key="name", list_type="map", list_map_keys=("name",)),
    ] = []
    resourceClaims: Annotated[
        list[PodResourceClaim],
        wire(39, patch_strategy="merge,retainKeys", merge_key="name", list_type="map", list_map_keys=("name",)),
    ] = []
    resources: Annotated[ResourceRequirements | None, wire(40)] = None
    hostnameOverride: Annotated[str | None, wire(41)] = None
    schedulingGroup: Annotated[PodSchedulingGroup | None, wire(43)] = None


class Pod(Object):
    """Containers that run together on one node and share its network address."""

    spec: Annotated[PodSpec, wire(2, "What shall run.")] = always(PodSpec)
    status: Annotated[PodStatus, wire(3, "What runs.")] = always(PodStatus)


class PodTemplateSpec(APIModel):
    """What pods that are made from a template look like."""

    metadata: Annotated[ObjectMeta, wire(1, "Labels and annotations of the pods.")] = always(ObjectMeta)
    spec: Annotated[PodSpec, wire(2, "The pods' spec.")] = always(PodSpec)


class PodTemplate(Object):
    """A pod's description to be kept and copied; nothing runs it."""

    template: Annotated[PodTemplateSpec, wire(2, "What a pod made from it looks like.")] = always(PodTemplateSpec)


class Binding(Object):
    """Binds a pod to a node."""

    target: Annotated[ObjectReference, wire(2, required=True)] = always(ObjectReference)
