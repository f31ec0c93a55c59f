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
    """One aspect of a pod's current state."""

    type: Annotated[PodConditionType, wire(1, "What the condition is about.")] = always("")
    observedGeneration: Annotated[Int64, wire(7, "The generation of the spec that this condition is about.")] = 0
    status: Annotated[ConditionStatus, wire(2, "True, False or Unknown.")] = always("")
    lastProbeTime: Annotated[Time | None, wire(3, "When it was last looked at.")] = always(None)
    lastTransitionTime: Annotated[Time | None, wire(4, "When the status last changed.")] = always(None)
    reason: Annotated[str, wire(5, "Why, in one word.")] = ""
    message: Annotated[str, wire(6, "Why, for people to read.")] = ""


class HostIP(APIModel):
    """One address of the node."""

    ip: Annotated[str, wire(1, "The address.")] = always("")


class PodIP(APIModel):
    """One address of the pod."""

    ip: Annotated[str, wire(1, "The address.")] = always("")


class ContainerStateWaiting(APIModel):
    """A container that does not run yet."""

    reason: Annotated[str, wire(1, "Why, in one word, such as ImagePullBackOff.")] = ""
    message: Annotated[str, wire(2, "Why, for people to read.")] = ""


class ContainerStateRunning(APIModel):
    """A container that runs."""

    startedAt: Annotated[Time | None, wire(1, "Since when.")] = always(None)


class ContainerStateTerminated(APIModel):
    """A container that has ended."""

    exitCode: Annotated[Int32, wire(1, "The exit code.")] = always(0)
    signal: Annotated[Int32, wire(2, "The signal that ended it.")] = 0
    reason: Annotated[str, wire(3, "Why, in one word, such as Completed or OOMKilled.")] = ""
    message: Annotated[str, wire(4, "What it said at its end.")] = ""
    startedAt: Annotated[Time | None, wire(5, "When it was started.")] = always(None)
    finishedAt: Annotated[Time | None, wire(6, "When it ended.")] = always(None)
    containerID: Annotated[str, wire(7, "What the runtime called the container.")] = ""


class ContainerState(APIModel):
    """What a container is doing: exactly one field is given, and without any it waits."""

    waiting: Annotated[ContainerStateWaiting | None, wire(1, "It waits, for an image say.")] = None
    running: Annotated[ContainerStateRunning | None, wire(2, "It runs.")] = None
    terminated: Annotated[ContainerStateTerminated | None, wire(3, "It has ended.")] = None


class ImageVolumeStatus(APIModel):
    """An image that is mounted as a volume."""

    imageRef: Annotated[str, wire(1, "The digest of the image.")] = always("")


class VolumeStatus(APIModel):
    """More about a mounted volume, by its kind."""

    image: Annotated[ImageVolumeStatus | None, wire(1, "The image, for a volume that is one.")] = None


class VolumeMountStatus(APIModel):
    """A volume that a container has mounted."""

    name: Annotated[str, wire(1, "The name of the volume.")] = always("")
    mountPath: Annotated[str, wire(2, "The path at which it is mounted.")] = always("")
    readOnly: Annotated[bool, wire(3, "Whether it is mounted for reading only.")] = False
    recursiveReadOnly: Annotated[
        RecursiveReadOnlyMode | None, wire(4, "Whether that holds for the mounts below it too: Disabled or Enabled.")
    ] = None
    volumeStatus: Annotated[VolumeStatus | None, wire(5, "More about the volume.")] = None


class LinuxContainerUser(APIModel):
    """The user and the groups of a container's first process on Linux."""

    uid: Annotated[Int64, wire(1, "The number of the user.")] = always(0)
    gid: Annotated[Int64, wire(2, "The number of the user's first group.")] = always(0)
    supplementalGroups: Annotated[
        list[Int64], wire(3, "The numbers of the user's further groups.", list_type="atomic")
    ] = []


class ContainerUser(APIModel):
    """The user of a container's first process."""

    linux: Annotated[LinuxContainerUser | None, wire(1, "The user on Linux.")] = None


class ResourceHealth(APIModel):
    """The health of one device."""

    resourceID: Annotated[str, wire(1, "The ID of the device.")] = always("")
    health: Annotated[ResourceHealthStatus, wire(2, "Healthy, Unhealthy or Unknown.")] = ""
    message: Annotated[str, wire(6, "Why, for people to read.")] = ""


class ResourceStatus(APIModel):
    """The health of the devices of one resource."""

    name: Annotated[ResourceName, wire(1, "The resource, or claim:NAME/REQUEST for one of a resource claim.")] = always(
        ""
    )
    resources: Annotated[
        list[ResourceHealth], wire(2, "The health of each device.", list_type="map", list_map_keys=("resourceID",))
    ] = []


class ContainerStatus(APIModel):
    """How one container fares."""

    name: Annotated[str, wire(1, "The container's name.")] = always("")
    state: Annotated[ContainerState, wire(2, "What it is doing now.")] = always(ContainerState)
    lastState: Annotated[ContainerState, wire(3, "How it ended the last time.")] = always(ContainerState)
    ready: Annotated[bool, wire(4, "Whether its readiness probe is content.")] = always(False)
    restartCount: Annotated[Int32, wire(5, "How often it was restarted.")] = always(0)
    image: Annotated[str, wire(6, "The image it runs.")] = always("")
    imageID: Annotated[str, wire(7, "What exactly that image is.")] = always("")
    containerID: Annotated[str, wire(8, "What the runtime calls the container.")] = ""
    started: Annotated[bool | None, wire(9, "Whether it has started, and its startup probe is content.")] = None
    allocatedResources: Annotated[dict[str, Quantity], wire(10, "What the node has set aside for it.")] = {}
    resources: Annotated[ResourceRequirements | None, wire(11, "The resources that are in force for it.")] = None
    volumeMounts: Annotated[
        list[VolumeMountStatus],
        wire(
            12,
            "The volumes that it has mounted.",
            patch_strategy="merge",
            merge_key="mountPath",
            list_type="map",
            list_map_keys=("mountPath",),
        ),
    ] = []
    user: Annotated[ContainerUser | None, wire(13, "The user its first process runs as.")] = None
    allocatedResourcesStatus: Annotated[
        list[ResourceStatus],
        wire(
            14,
            "The health of the devices that the container was given.",
            patch_strategy="merge",
            merge_key="name",
            list_type="map",
            list_map_keys=("name",),
        ),
    ] = []
    stopSignal: Annotated[Signal | None, wire(15, "The signal that ends it.")] = None


class PodResourceClaimStatus(APIModel):
    """The claim that was made for an entry of spec.resourceClaims."""

    name: Annotated[str, wire(1, "The name of the entry.")] = always("")
    resourceClaimName: Annotated[str | None, wire(2, "The name of the ResourceClaim; absent when none was needed.")] = (
        None
    )


class ContainerExtendedResourceRequest(APIModel):
    """An extended resource of a container, and the request that stands for it."""

    containerName: Annotated[str, wire(1, "The name of the container.")] = always("")
    resourceName: Annotated[str, wire(2, "The name of the extended resource.")] = always("")
    requestName: Annotated[str, wire(3, "The name of the request in the claim.")] = always("")


class PodExtendedResourceClaimStatus(APIModel):
    """The claim that stands for the pod's extended resources."""

    requestMappings: Annotated[
        Slice[ContainerExtendedResourceRequest],
        wire(1, "Which request of the claim stands for which resource of which container.", list_type="atomic"),
    ] = always(Nil)
    resourceClaimName: Annotated[str, wire(2, "The name of the ResourceClaim.")] = always("")


class NodeAllocatableResourceClaimStatus(APIModel):
    """The node's own resources that one claim uses up."""

    resourceClaimName: Annotated[str, wire(1, "The name of the ResourceClaim.")] = always("")
    containers: Annotated[list[str], wire(2, "The names of the containers that use the claim.", list_type="set")] = []
    resources: Annotated[dict[str, Quantity], wire(3, "How much of each resource of the node the claim uses.")] = (
        always({})
    )


class PodStatus(APIModel):
    """How a pod fares, as its kubelet reports it."""

    observedGeneration: Annotated[Int64, wire(17, "The generation of the spec that this status is about.")] = 0
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
    nominatedNodeName: Annotated[str, wire(11, "The node where room is being made for the pod.")] = ""
    hostIP: Annotated[str, wire(5, "The node's address.")] = ""
    hostIPs: Annotated[
        list[HostIP],
        wire(
            16, "Addresses of the node, one of each family.", patch_strategy="merge", merge_key="ip", list_type="atomic"
        ),
    ] = []
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
    initContainerStatuses: Annotated[
        list[ContainerStatus], wire(10, "The state of each init container.", list_type="atomic")
    ] = []
    containerStatuses: Annotated[list[ContainerStatus], wire(8, "How each container fares.", list_type="atomic")] = []
    qosClass: Annotated[PodQOSClass, wire(9, "Guaranteed, Burstable or BestEffort.")] = ""
    ephemeralContainerStatuses: Annotated[
        list[ContainerStatus], wire(13, "The state of each ephemeral container.", list_type="atomic")
    ] = []
    resize: Annotated[PodResizeStatus, wire(14, "Not used any more; conditions say it.")] = ""
    resourceClaimStatuses: Annotated[
        list[PodResourceClaimStatus],
        wire(
            15,
            "The claims that were made for the pod from templates.",
            patch_strategy="merge,retainKeys",
            merge_key="name",
            list_type="map",
            list_map_keys=("name",),
        ),
    ] = []
    extendedResourceClaimStatus: Annotated[
        PodExtendedResourceClaimStatus | None, wire(18, "The claim that stands for the pod's extended resources.")
    ] = None
    allocatedResources: Annotated[dict[str, Quantity], wire(19, "What the node has set aside for the pod.")] = {}
    resources: Annotated[ResourceRequirements | None, wire(20, "The resources that are in force for the pod.")] = None
    nodeAllocatableResourceClaimStatuses: Annotated[
        list[NodeAllocatableResourceClaimStatus],
        wire(21, "The node's own resources that the pod's claims use up.", list_type="atomic"),
    ] = []
