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
    """A line of the pod's /etc/hosts."""

    ip: Annotated[str, wire(1, "The address.")] = always("")
    hostnames: Annotated[list[str], wire(2, "The names that /etc/hosts gives it.", list_type="atomic")] = []


class PodDNSConfigOption(APIModel):
    """An option of the pod's resolv.conf."""

    name: Annotated[str, wire(1, "The option's name, such as ndots.")] = ""
    value: Annotated[str | None, wire(2, "The option's value.")] = None


class PodDNSConfig(APIModel):
    """What is added to the pod's resolv.conf."""

    nameservers: Annotated[list[str], wire(1, "Addresses of further name servers.", list_type="atomic")] = []
    searches: Annotated[list[str], wire(2, "Further search domains.", list_type="atomic")] = []
    options: Annotated[list[PodDNSConfigOption], wire(3, "Further options of the resolver.", list_type="atomic")] = []


class PodReadinessGate(APIModel):
    """A condition that must be True before the pod counts as ready."""

    conditionType: Annotated[PodConditionType, wire(1, "The condition that must be True for the pod to be ready.")] = (
        always("")
    )


class PodOS(APIModel):
    """The operating system of a pod."""

    name: Annotated[OSName, wire(1, "linux or windows.")] = always("")


class PodResourceClaim(APIModel):
    """A resource claim that the pod's containers can use."""

    name: Annotated[str, wire(1, "The name by which containers refer to it.")] = always("")
    resourceClaimName: Annotated[str | None, wire(3, "A claim that exists.")] = None
    resourceClaimTemplateName: Annotated[str | None, wire(4, "A template from which a claim is made for this pod.")] = (
        None
    )


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
        wire(
            34,
            "Containers that were added to the running pod to look into it.",
            patch_strategy="merge",
            merge_key="name",
            list_type="map",
            list_map_keys=("name",),
        ),
    ] = []
    restartPolicy: Annotated[RestartPolicy, wire(3, "Always, OnFailure or Never.")] = ""
    terminationGracePeriodSeconds: Annotated[Int64 | None, wire(4, "Time to stop before it is killed.")] = None
    activeDeadlineSeconds: Annotated[Int64 | None, wire(5, "How long it may run.")] = None
    dnsPolicy: Annotated[DNSPolicy, wire(6, "ClusterFirst, ClusterFirstWithHostNet, Default or None.")] = ""
    nodeSelector: Annotated[dict[str, str], wire(7, "Labels that its node must have.", map_type="atomic")] = {}
    serviceAccountName: Annotated[str, wire(8, "Whom its processes speak for at the API.")] = ""
    serviceAccount: Annotated[str, wire(9, "The old name of serviceAccountName.")] = ""
    automountServiceAccountToken: Annotated[
        bool | None, wire(21, "Whether containers find a token of the service account mounted.")
    ] = None
    nodeName: Annotated[str, wire(10, "The node it is bound to; set by the scheduler.")] = ""
    hostNetwork: Annotated[bool, wire(11, "Uses the node's network instead of its own.")] = False
    hostPID: Annotated[bool, wire(12, "Whether the pod sees the processes of its node.")] = False
    hostIPC: Annotated[bool, wire(13, "Whether the pod shares the node's IPC namespace.")] = False
    shareProcessNamespace: Annotated[
        bool | None, wire(27, "Whether the pod's containers see each other's processes.")
    ] = None
    securityContext: Annotated[
        PodSecurityContext | None, wire(14, "Users, groups and kernel settings for the whole pod.")
    ] = None
    imagePullSecrets: Annotated[
        list[LocalObjectReference],
        wire(
            15,
            "Secrets with which images are pulled.",
            patch_strategy="merge",
            merge_key="name",
            list_type="map",
            list_map_keys=("name",),
        ),
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
    priorityClassName: Annotated[str, wire(24, "The class that says how urgent the pod is.")] = ""
    priority: Annotated[Int32 | None, wire(25, "The number behind the priority class; the server fills it in.")] = None
    dnsConfig: Annotated[PodDNSConfig | None, wire(26, "What is added to its resolv.conf.")] = None
    readinessGates: Annotated[
        list[PodReadinessGate],
        wire(28, "Conditions, set by others, without which it is not ready.", list_type="atomic"),
    ] = []
    runtimeClassName: Annotated[str | None, wire(29, "The container runtime to use, if not the usual one.")] = None
    enableServiceLinks: Annotated[
        bool | None, wire(30, "Whether the Services of the namespace appear as environment variables.")
    ] = None
    preemptionPolicy: Annotated[
        PreemptionPolicy | None,
        wire(31, "Whether the pod may push less urgent ones off a node: PreemptLowerPriority or Never."),
    ] = None
    overhead: Annotated[
        dict[str, Quantity],
        wire(32, "What running the pod costs besides its containers; comes from the runtime class."),
    ] = {}
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
    setHostnameAsFQDN: Annotated[
        bool | None, wire(35, "Whether the kernel's host name is the fully qualified one.")
    ] = None
    os: Annotated[PodOS | None, wire(36, "The operating system that the containers are made for.")] = None
    hostUsers: Annotated[bool | None, wire(37, "Whether the pod uses the node's user namespace.")] = None
    schedulingGates: Annotated[
        list[PodSchedulingGate],
        wire(
            38,
            "While any is left, the scheduler does not look at the pod.",
            patch_strategy="merge",
            merge_key="name",
            list_type="map",
            list_map_keys=("name",),
        ),
    ] = []
    resourceClaims: Annotated[
        list[PodResourceClaim],
        wire(
            39,
            "Devices that the pod asks for.",
            patch_strategy="merge,retainKeys",
            merge_key="name",
            list_type="map",
            list_map_keys=("name",),
        ),
    ] = []
    resources: Annotated[ResourceRequirements | None, wire(40, "Resources for all containers of the pod together.")] = (
        None
    )
    hostnameOverride: Annotated[
        str | None, wire(41, "The host name that the kernel shows, whatever the pod is called.")
    ] = None
    schedulingGroup: Annotated[PodSchedulingGroup | None, wire(43, "The group of pods that is scheduled together.")] = (
        None
    )


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

    target: Annotated[ObjectReference, wire(2, "The node, as a reference of kind Node.", required=True)] = always(
        ObjectReference
    )
