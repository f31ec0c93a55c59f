"""PodStatus.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.api.core_v1.container import ResourceRequirements
from kube.api.core_v1.enums import (
    ConditionStatus,
    PodConditionType,
    PodPhase,
    PodQOSClass,
    PodResizeStatus,
    RecursiveReadOnlyMode,
    ResourceHealthStatus,
    ResourceName,
    Signal,
)
from kube.apimachinery.types import APIModel, Int32, Int64, Nil, Quantity, Slice, Time, always, wire


class PodCondition(APIModel):
    type: Annotated[PodConditionType, wire(1)] = always("")
    observedGeneration: Annotated[Int64, wire(7)] = 0
    status: Annotated[ConditionStatus, wire(2)] = always("")
    lastProbeTime: Annotated[Time | None, wire(3)] = always(None)
    lastTransitionTime: Annotated[Time | None, wire(4)] = always(None)
    reason: Annotated[str, wire(5)] = ""
    message: Annotated[str, wire(6)] = ""


class HostIP(APIModel):
    ip: Annotated[str, wire(1)] = always("")


class PodIP(APIModel):
    ip: Annotated[str, wire(1)] = always("")


class ContainerStateWaiting(APIModel):
    reason: Annotated[str, wire(1)] = ""
    message: Annotated[str, wire(2)] = ""


class ContainerStateRunning(APIModel):
    startedAt: Annotated[Time | None, wire(1)] = always(None)


class ContainerStateTerminated(APIModel):
    exitCode: Annotated[Int32, wire(1)] = always(0)
    signal: Annotated[Int32, wire(2)] = 0
    reason: Annotated[str, wire(3)] = ""
    message: Annotated[str, wire(4)] = ""
    startedAt: Annotated[Time | None, wire(5)] = always(None)
    finishedAt: Annotated[Time | None, wire(6)] = always(None)
    containerID: Annotated[str, wire(7)] = ""


class ContainerState(APIModel):
    waiting: Annotated[ContainerStateWaiting | None, wire(1)] = None
    running: Annotated[ContainerStateRunning | None, wire(2)] = None
    terminated: Annotated[ContainerStateTerminated | None, wire(3)] = None


class ImageVolumeStatus(APIModel):
    imageRef: Annotated[str, wire(1)] = always("")


class VolumeStatus(APIModel):
    image: Annotated[ImageVolumeStatus | None, wire(1)] = None


class VolumeMountStatus(APIModel):
    name: Annotated[str, wire(1)] = always("")
    mountPath: Annotated[str, wire(2)] = always("")
    readOnly: Annotated[bool, wire(3)] = False
    recursiveReadOnly: Annotated[RecursiveReadOnlyMode | None, wire(4)] = None
    volumeStatus: Annotated[VolumeStatus | None, wire(5)] = None


class LinuxContainerUser(APIModel):
    uid: Annotated[Int64, wire(1)] = always(0)
    gid: Annotated[Int64, wire(2)] = always(0)
    supplementalGroups: Annotated[list[Int64], wire(3, list_type="atomic")] = []


class ContainerUser(APIModel):
    linux: Annotated[LinuxContainerUser | None, wire(1)] = None


class ResourceHealth(APIModel):
    resourceID: Annotated[str, wire(1)] = always("")
    health: Annotated[ResourceHealthStatus, wire(2)] = ""
    message: Annotated[str, wire(6)] = ""


class ResourceStatus(APIModel):
    name: Annotated[ResourceName, wire(1)] = always("")
    resources: Annotated[list[ResourceHealth], wire(2, list_type="map", list_map_keys=("resourceID",))] = []


class ContainerStatus(APIModel):
    name: Annotated[str, wire(1)] = always("")
    state: Annotated[ContainerState, wire(2)] = always(ContainerState)
    lastState: Annotated[ContainerState, wire(3)] = always(ContainerState)
    ready: Annotated[bool, wire(4)] = always(False)
    restartCount: Annotated[Int32, wire(5)] = always(0)
    image: Annotated[str, wire(6)] = always("")
    imageID: Annotated[str, wire(7)] = always("")
    containerID: Annotated[str, wire(8)] = ""
    started: Annotated[bool | None, wire(9)] = None
    allocatedResources: Annotated[dict[str, Quantity], wire(10)] = {}
    resources: Annotated[ResourceRequirements | None, wire(11)] = None
    volumeMounts: Annotated[
        list[VolumeMountStatus],
        wire(12, patch_strategy="merge", merge_key="mountPath", list_type="map", list_map_keys=("mountPath",)),
    ] = []
    user: Annotated[ContainerUser | None, wire(13)] = None
    allocatedResourcesStatus: Annotated[
        list[ResourceStatus],
        wire(14, patch_strategy="merge", merge_key="name", list_type="map", list_map_keys=("name",)),
    ] = []
    stopSignal: Annotated[Signal | None, wire(15)] = None


class PodResourceClaimStatus(APIModel):
    name: Annotated[str, wire(1)] = always("")
    resourceClaimName: Annotated[str | None, wire(2)] = None


class ContainerExtendedResourceRequest(APIModel):
    containerName: Annotated[str, wire(1)] = always("")
    resourceName: Annotated[str, wire(2)] = always("")
    requestName: Annotated[str, wire(3)] = always("")


class PodExtendedResourceClaimStatus(APIModel):
    requestMappings: Annotated[Slice[ContainerExtendedResourceRequest], wire(1, list_type="atomic")] = always(Nil)
    resourceClaimName: Annotated[str, wire(2)] = always("")


class NodeAllocatableResourceClaimStatus(APIModel):
    resourceClaimName: Annotated[str, wire(1)] = always("")
    containers: Annotated[list[str], wire(2, list_type="set")] = []
    resources: Annotated[dict[str, Quantity], wire(3)] = always({})


class PodStatus(APIModel):
    observedGeneration: Annotated[Int64, wire(17)] = 0
    phase: Annotated[PodPhase, wire(1, "Pending, Running, Succeeded, Failed or Unknown.")] = ""
    conditions: Annotated[
        list[PodCondition],
        wire(
            2,
            "Whether it is scheduled, initialized, ready.",
            patch_strategy="merge",
            merge_key="type",
            list_type="map",
            list_map_keys=("type",),
        ),
    ] = []
    message: Annotated[str, wire(3, "Why it is so, for people.")] = ""
    reason: Annotated[str, wire(4, "Why it is so, in one word.")] = ""
    nominatedNodeName: Annotated[str, wire(11)] = ""
    hostIP: Annotated[str, wire(5, "The node's address.")] = ""
    hostIPs: Annotated[list[HostIP], wire(16, patch_strategy="merge", merge_key="ip", list_type="atomic")] = []
    podIP: Annotated[str, wire(6, "Its address.")] = ""
    podIPs: Annotated[
        list[PodIP],
        wire(
            12,
            "Its addresses, one for each IP family.",
            patch_strategy="merge",
            merge_key="ip",
            list_type="map",
            list_map_keys=("ip",),
        ),
    ] = []
    startTime: Annotated[Time | None, wire(7, "When the node took it over.")] = None
    initContainerStatuses: Annotated[list[ContainerStatus], wire(10, list_type="atomic")] = []
    containerStatuses: Annotated[list[ContainerStatus], wire(8, "How each container fares.", list_type="atomic")] = []
    qosClass: Annotated[PodQOSClass, wire(9, "Guaranteed, Burstable or BestEffort.")] = ""
    ephemeralContainerStatuses: Annotated[list[ContainerStatus], wire(13, list_type="atomic")] = []
    resize: Annotated[PodResizeStatus, wire(14)] = ""
    resourceClaimStatuses: Annotated[
        list[PodResourceClaimStatus],
        wire(15, patch_strategy="merge,retainKeys", merge_key="name", list_type="map", list_map_keys=("name",)),
    ] = []
    extendedResourceClaimStatus: Annotated[PodExtendedResourceClaimStatus | None, wire(18)] = None
    allocatedResources: Annotated[dict[str, Quantity], wire(19)] = {}
    resources: Annotated[ResourceRequirements | None, wire(20)] = None
    nodeAllocatableResourceClaimStatuses: Annotated[
        list[NodeAllocatableResourceClaimStatus], wire(21, list_type="atomic")
    ] = []
