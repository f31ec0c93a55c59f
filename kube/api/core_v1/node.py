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
    key: Annotated[str, wire(1, "The key, a label's key.")] = always("")
    value: Annotated[str, wire(2, "The value that goes with the key.")] = ""
    effect: Annotated[
        TaintEffect, wire(3, "NoSchedule, PreferNoSchedule, or NoExecute, which also drives running pods away.")
    ] = always("")
    timeAdded: Annotated[
        Time | None, wire(4, "When a NoExecute taint was added: tolerationSeconds count from here.")
    ] = None


class ConfigMapNodeConfigSource(APIModel):
    namespace: Annotated[str, wire(1)] = always("")
    name: Annotated[str, wire(2)] = always("")
    uid: Annotated[str, wire(3)] = ""
    resourceVersion: Annotated[str, wire(4)] = ""
    kubeletConfigKey: Annotated[str, wire(5)] = always("")


class NodeConfigSource(APIModel):
    configMap: Annotated[ConfigMapNodeConfigSource | None, wire(2)] = None


class NodeSpec(APIModel):
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
    type: Annotated[NodeConditionType, wire(1, "What the condition is about.")] = always("")
    status: Annotated[ConditionStatus, wire(2, "True, False or Unknown.")] = always("")
    lastHeartbeatTime: Annotated[Time | None, wire(3, "When the kubelet last said so.")] = always(None)
    lastTransitionTime: Annotated[Time | None, wire(4, "When the status last changed.")] = always(None)
    reason: Annotated[str, wire(5, "Why, in one word.")] = ""
    message: Annotated[str, wire(6, "Why, for people to read.")] = ""


class NodeAddress(APIModel):
    type: Annotated[NodeAddressType, wire(1, "Hostname, InternalIP, ExternalIP, InternalDNS or ExternalDNS.")] = always(
        ""
    )
    address: Annotated[str, wire(2, "The address.")] = always("")


class DaemonEndpoint(APIModel):
    Port: Annotated[Int32, wire(1, "The port number.")] = always(0)


class NodeDaemonEndpoints(APIModel):
    kubeletEndpoint: Annotated[DaemonEndpoint, wire(1, "Where the kubelet serves logs, exec and port forwarding.")] = (
        always(DaemonEndpoint)
    )


class NodeSwapStatus(APIModel):
    capacity: Annotated[Int64 | None, wire(1, "How much swap there is, in bytes.")] = None


class NodeSystemInfo(APIModel):
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
    names: Annotated[list[str], wire(1, "Names by which the image is known.", list_type="atomic")] = []
    sizeBytes: Annotated[Int64, wire(2, "The size of the image.")] = 0


class AttachedVolume(APIModel):
    name: Annotated[UniqueVolumeName, wire(1, "The name of the volume.")] = always("")
    devicePath: Annotated[str, wire(2, "The device under which the volume is found.")] = always("")


class NodeConfigStatus(APIModel):
    assigned: Annotated[NodeConfigSource | None, wire(1)] = None
    active: Annotated[NodeConfigSource | None, wire(2)] = None
    lastKnownGood: Annotated[NodeConfigSource | None, wire(3)] = None
    error: Annotated[str, wire(4)] = ""


class NodeRuntimeHandlerFeatures(APIModel):
    recursiveReadOnlyMounts: Annotated[bool | None, wire(1)] = None
    userNamespaces: Annotated[bool | None, wire(2)] = None


class NodeRuntimeHandler(APIModel):
    name: Annotated[str, wire(1)] = ""
    features: Annotated[NodeRuntimeHandlerFeatures | None, wire(2)] = None


class NodeFeatures(APIModel):
    supplementalGroupsPolicy: Annotated[bool | None, wire(1)] = None


class NodeStatus(APIModel):
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
