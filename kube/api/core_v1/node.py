"""Node.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.api.core_v1.enums import (
    ConditionStatus,
    NodeAddressType,
    NodeConditionType,
    NodePhase,
    TaintEffect,
    UniqueVolumeName,
)
from kube.apimachinery.meta_v1 import Object
from kube.apimachinery.types import APIModel, Int32, Int64, Quantity, Time, always, wire


class Taint(APIModel):
    """Keeps pods away from a node unless they tolerate it."""

    key: Annotated[str, wire(1, "The key, a label's key.")] = always("")
    value: Annotated[str, wire(2, "The value that goes with the key.")] = ""
    effect: Annotated[
        TaintEffect, wire(3, "NoSchedule, PreferNoSchedule, or NoExecute, which also drives running pods away.")
    ] = always("")
    timeAdded: Annotated[
        Time | None, wire(4, "When a NoExecute taint was added: tolerationSeconds count from here.")
    ] = None


class ConfigMapNodeConfigSource(APIModel):
    """A ConfigMap that holds a kubelet's configuration; not used any more."""

    namespace: Annotated[str, wire(1, "The namespace of the ConfigMap.")] = always("")
    name: Annotated[str, wire(2, "The name of the ConfigMap.")] = always("")
    uid: Annotated[str, wire(3, "The UID of the ConfigMap; only in the status of a node.")] = ""
    resourceVersion: Annotated[str, wire(4, "The resourceVersion of the ConfigMap; only in the status of a node.")] = ""
    kubeletConfigKey: Annotated[str, wire(5, "The key of the ConfigMap under which the configuration stands.")] = (
        always("")
    )


class NodeConfigSource(APIModel):
    """Where a kubelet took its configuration from; not used any more."""

    configMap: Annotated[ConfigMapNodeConfigSource | None, wire(2, "The ConfigMap with the configuration.")] = None


class NodeSpec(APIModel):
    """What the cluster wants of a node."""

    podCIDR: Annotated[str, wire(1, "The range of its pods' addresses.")] = ""
    podCIDRs: Annotated[
        list[str],
        wire(7, "The ranges of its pods' addresses, one for each IP family.", patch_strategy="merge", list_type="set"),
    ] = []
    providerID: Annotated[str, wire(3, "What the cloud calls the machine.")] = ""
    unschedulable: Annotated[bool, wire(4, "No new pods come here.")] = False
    taints: Annotated[list[Taint], wire(5, "Keeps pods away that do not tolerate them.", list_type="atomic")] = []
    configSource: Annotated[NodeConfigSource | None, wire(6, "Not used any more.")] = None
    externalID: Annotated[str, wire(2, "Not used any more.")] = ""


class NodeCondition(APIModel):
    """One aspect of a node's current state."""

    type: Annotated[NodeConditionType, wire(1, "What the condition is about.")] = always("")
    status: Annotated[ConditionStatus, wire(2, "True, False or Unknown.")] = always("")
    lastHeartbeatTime: Annotated[Time | None, wire(3, "When the kubelet last said so.")] = always(None)
    lastTransitionTime: Annotated[Time | None, wire(4, "When the status last changed.")] = always(None)
    reason: Annotated[str, wire(5, "Why, in one word.")] = ""
    message: Annotated[str, wire(6, "Why, for people to read.")] = ""


class NodeAddress(APIModel):
    """One address of a node."""

    type: Annotated[NodeAddressType, wire(1, "Hostname, InternalIP, ExternalIP, InternalDNS or ExternalDNS.")] = always(
        ""
    )
    address: Annotated[str, wire(2, "The address.")] = always("")


class DaemonEndpoint(APIModel):
    """The port of one daemon."""

    Port: Annotated[Int32, wire(1, "The port number.")] = always(0)


class NodeDaemonEndpoints(APIModel):
    """Where the daemons of a node listen."""

    kubeletEndpoint: Annotated[DaemonEndpoint, wire(1, "Where the kubelet serves logs, exec and port forwarding.")] = (
        always(DaemonEndpoint)
    )


class NodeSwapStatus(APIModel):
    """The swap space of a machine."""

    capacity: Annotated[Int64 | None, wire(1, "How much swap there is, in bytes.")] = None


class NodeSystemInfo(APIModel):
    """The machine, its kernel and the versions of what runs there."""

    machineID: Annotated[str, wire(1, "The machine's id, from /etc/machine-id.")] = always("")
    systemUUID: Annotated[str, wire(2, "The id that the firmware gives the machine.")] = always("")
    bootID: Annotated[str, wire(3, "The id of this run of the kernel; a reboot changes it.")] = always("")
    kernelVersion: Annotated[str, wire(4, "The kernel's version, as uname -r says it.")] = always("")
    osImage: Annotated[str, wire(5, "The name of the operating system, from /etc/os-release.")] = always("")
    containerRuntimeVersion: Annotated[str, wire(6, "The container runtime and its version.")] = always("")
    kubeletVersion: Annotated[str, wire(7, "The kubelet's version.")] = always("")
    kubeProxyVersion: Annotated[str, wire(8, "Not used any more.")] = always("")
    operatingSystem: Annotated[str, wire(9, "The operating system: linux.")] = always("")
    architecture: Annotated[str, wire(10, "The processor's architecture, such as amd64.")] = always("")
    swap: Annotated[NodeSwapStatus | None, wire(11, "The machine's swap space.")] = None


class ContainerImage(APIModel):
    """An image that a node has already."""

    names: Annotated[list[str], wire(1, "Names by which the image is known.", list_type="atomic")] = []
    sizeBytes: Annotated[Int64, wire(2, "The size of the image.")] = 0


class AttachedVolume(APIModel):
    """A volume that is attached to a node."""

    name: Annotated[UniqueVolumeName, wire(1, "The name of the volume.")] = always("")
    devicePath: Annotated[str, wire(2, "The device under which the volume is found.")] = always("")


class NodeConfigStatus(APIModel):
    """What became of a kubelet's configuration; not used any more."""

    assigned: Annotated[NodeConfigSource | None, wire(1, "The configuration that the node shall use.")] = None
    active: Annotated[NodeConfigSource | None, wire(2, "The configuration that the node uses.")] = None
    lastKnownGood: Annotated[
        NodeConfigSource | None, wire(3, "The configuration that the node returns to when the assigned one fails.")
    ] = None
    error: Annotated[str, wire(4, "What is wrong with the assigned configuration.")] = ""


class NodeRuntimeHandlerFeatures(APIModel):
    """What one runtime handler can do."""

    recursiveReadOnlyMounts: Annotated[
        bool | None, wire(1, "Whether mounts can be made read-only together with those below them.")
    ] = None
    userNamespaces: Annotated[bool | None, wire(2, "Whether pods can have user namespaces of their own.")] = None


class NodeRuntimeHandler(APIModel):
    """One way in which a node's runtime can run pods."""

    name: Annotated[str, wire(1, "The name of the handler; empty for the default one.")] = ""
    features: Annotated[NodeRuntimeHandlerFeatures | None, wire(2, "What the handler can do.")] = None


class NodeFeatures(APIModel):
    """What a node's runtime can do, whatever the handler."""

    supplementalGroupsPolicy: Annotated[
        bool | None, wire(1, "Whether the runtime honours supplementalGroupsPolicy and reports a container's user.")
    ] = None


class NodeStatus(APIModel):
    """What a node's kubelet says of it."""

    capacity: Annotated[dict[str, Quantity], wire(1, "What it has.")] = {}
    allocatable: Annotated[dict[str, Quantity], wire(2, "What pods may use of it.")] = {}
    phase: Annotated[NodePhase, wire(3, "Not used any more; conditions say it.")] = ""
    conditions: Annotated[
        list[NodeCondition],
        wire(
            4,
            "Whether it is ready.",
            patch_strategy="merge",
            merge_key="type",
            list_type="map",
            list_map_keys=("type",),
        ),
    ] = []
    addresses: Annotated[
        list[NodeAddress],
        wire(
            5, "How it is reached.", patch_strategy="merge", merge_key="type", list_type="map", list_map_keys=("type",)
        ),
    ] = []
    daemonEndpoints: Annotated[NodeDaemonEndpoints, wire(6, "Where the node's daemons listen.")] = always(
        NodeDaemonEndpoints
    )
    nodeInfo: Annotated[NodeSystemInfo, wire(7, "The machine, its kernel and the versions of what runs there.")] = (
        always(NodeSystemInfo)
    )
    images: Annotated[list[ContainerImage], wire(8, "The images that the node has already.", list_type="atomic")] = []
    volumesInUse: Annotated[
        list[UniqueVolumeName], wire(9, "Attachable volumes that pods of the node use.", list_type="atomic")
    ] = []
    volumesAttached: Annotated[
        list[AttachedVolume], wire(10, "Volumes that are attached to the node.", list_type="atomic")
    ] = []
    config: Annotated[NodeConfigStatus | None, wire(11, "Not used any more.")] = None
    runtimeHandlers: Annotated[
        list[NodeRuntimeHandler], wire(12, "What the node's container runtime offers.", list_type="atomic")
    ] = []
    features: Annotated[NodeFeatures | None, wire(13, "What the node's runtime can do.")] = None
    declaredFeatures: Annotated[
        list[str], wire(14, "Names of features that the kubelet declares.", list_type="atomic")
    ] = []


class Node(Object):
    """A machine that runs pods."""

    spec: Annotated[NodeSpec, wire(2, "What the cluster wants of the node.")] = always(NodeSpec)
    status: Annotated[NodeStatus, wire(3, "What the node's kubelet says of it.")] = always(NodeStatus)
