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
    key: Annotated[str, wire(1)] = always("")
    value: Annotated[str, wire(2)] = ""
    effect: Annotated[TaintEffect, wire(3)] = always("")
    timeAdded: Annotated[Time | None, wire(4)] = None


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
    providerID: Annotated[str, wire(3)] = ""
    unschedulable: Annotated[bool, wire(4, "No new pods come here.")] = False
    taints: Annotated[list[Taint], wire(5, "Keeps pods away that do not tolerate them.", list_type="atomic")] = []
    configSource: Annotated[NodeConfigSource | None, wire(6)] = None
    externalID: Annotated[str, wire(2)] = ""


class NodeCondition(APIModel):
    type: Annotated[NodeConditionType, wire(1)] = always("")
    status: Annotated[ConditionStatus, wire(2)] = always("")
    lastHeartbeatTime: Annotated[Time | None, wire(3)] = always(None)
    lastTransitionTime: Annotated[Time | None, wire(4)] = always(None)
    reason: Annotated[str, wire(5)] = ""
    message: Annotated[str, wire(6)] = ""


class NodeAddress(APIModel):
    type: Annotated[NodeAddressType, wire(1)] = always("")
    address: Annotated[str, wire(2)] = always("")


class DaemonEndpoint(APIModel):
    Port: Annotated[Int32, wire(1)] = always(0)


class NodeDaemonEndpoints(APIModel):
    kubeletEndpoint: Annotated[DaemonEndpoint, wire(1)] = always(DaemonEndpoint)


class NodeSwapStatus(APIModel):
    capacity: Annotated[Int64 | None, wire(1)] = None


class NodeSystemInfo(APIModel):
    machineID: Annotated[str, wire(1)] = always("")
    systemUUID: Annotated[str, wire(2)] = always("")
    bootID: Annotated[str, wire(3)] = always("")
    kernelVersion: Annotated[str, wire(4)] = always("")
    osImage: Annotated[str, wire(5)] = always("")
    containerRuntimeVersion: Annotated[str, wire(6)] = always("")
    kubeletVersion: Annotated[str, wire(7)] = always("")
    kubeProxyVersion: Annotated[str, wire(8)] = always("")
    operatingSystem: Annotated[str, wire(9)] = always("")
    architecture: Annotated[str, wire(10)] = always("")
    swap: Annotated[NodeSwapStatus | None, wire(11)] = None


class ContainerImage(APIModel):
    names: Annotated[list[str], wire(1, list_type="atomic")] = []
    sizeBytes: Annotated[Int64, wire(2)] = 0


class AttachedVolume(APIModel):
    name: Annotated[UniqueVolumeName, wire(1)] = always("")
    devicePath: Annotated[str, wire(2)] = always("")


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
    phase: Annotated[NodePhase, wire(3)] = ""
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
    daemonEndpoints: Annotated[NodeDaemonEndpoints, wire(6)] = always(NodeDaemonEndpoints)
    nodeInfo: Annotated[NodeSystemInfo, wire(7)] = always(NodeSystemInfo)
    images: Annotated[list[ContainerImage], wire(8, list_type="atomic")] = []
    volumesInUse: Annotated[list[UniqueVolumeName], wire(9, list_type="atomic")] = []
    volumesAttached: Annotated[list[AttachedVolume], wire(10, list_type="atomic")] = []
    config: Annotated[NodeConfigStatus | None, wire(11)] = None
    runtimeHandlers: Annotated[list[NodeRuntimeHandler], wire(12, list_type="atomic")] = []
    features: Annotated[NodeFeatures | None, wire(13)] = None
    declaredFeatures: Annotated[list[str], wire(14, list_type="atomic")] = []


class Node(Object):
    """A machine that runs pods."""

    spec: Annotated[NodeSpec, wire(2)] = always(NodeSpec)
    status: Annotated[NodeStatus, wire(3)] = always(NodeStatus)
