"""PersistentVolumeClaim, which StatefulSets make from templates.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.api.core_v1.enums import (
    ConditionStatus,
    PersistentVolumeAccessMode,
    PersistentVolumeClaimConditionType,
    PersistentVolumeClaimPhase,
    PersistentVolumeMode,
)
from kube.api.core_v1.references import TypedLocalObjectReference, TypedObjectReference
from kube.apimachinery.meta_v1 import LabelSelector, Object, ObjectMeta
from kube.apimachinery.types import APIModel, Quantity, Time, always, wire


class VolumeResourceRequirements(APIModel):
    """How much storage a claim asks for."""

    limits: Annotated[dict[str, Quantity], wire(1, "The most that may be given.")] = {}
    requests: Annotated[dict[str, Quantity], wire(2, "The least that must be given.")] = {}


class PersistentVolumeClaimSpec(APIModel):
    """What storage a claim asks for."""

    accessModes: Annotated[
        list[PersistentVolumeAccessMode],
        wire(1, "How it is mounted: ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod.", list_type="atomic"),
    ] = []
    selector: Annotated[LabelSelector | None, wire(4, "Which volumes may be bound, by their labels.")] = None
    resources: Annotated[VolumeResourceRequirements, wire(2, "How much storage is asked for.")] = always(
        VolumeResourceRequirements
    )
    volumeName: Annotated[str, wire(3, "The volume that the claim is bound to.")] = ""
    storageClassName: Annotated[
        str | None, wire(5, "The StorageClass; the default one when absent, none when empty.")
    ] = None
    volumeMode: Annotated[PersistentVolumeMode | None, wire(6, "Filesystem, the default, or Block.")] = None
    dataSource: Annotated[
        TypedLocalObjectReference | None,
        wire(7, "A snapshot or claim of the namespace with which the volume is filled."),
    ] = None
    dataSourceRef: Annotated[
        TypedObjectReference | None, wire(8, "An object of any kind with which the volume is filled.")
    ] = None
    volumeAttributesClassName: Annotated[
        str | None, wire(9, "The VolumeAttributesClass; unlike the StorageClass it may be changed.")
    ] = None


class PersistentVolumeClaimCondition(APIModel):
    """One aspect of a claim's current state."""

    type: Annotated[PersistentVolumeClaimConditionType, wire(1, "What the condition is about.")] = always("")
    status: Annotated[ConditionStatus, wire(2, "True, False or Unknown.")] = always("")
    lastProbeTime: Annotated[Time | None, wire(3, "When it was last looked at.")] = always(None)
    lastTransitionTime: Annotated[Time | None, wire(4, "When the status last changed.")] = always(None)
    reason: Annotated[str, wire(5, "Why, in one word.")] = ""
    message: Annotated[str, wire(6, "Why, for people to read.")] = ""


class ModifyVolumeStatus(APIModel):
    """A change to another VolumeAttributesClass."""

    targetVolumeAttributesClassName: Annotated[
        str, wire(1, "The VolumeAttributesClass that the volume is to have.")
    ] = ""
    status: Annotated[str, wire(2, "Pending, InProgress or Infeasible.")] = always("")


class PersistentVolumeClaimStatus(APIModel):
    """What a claim got."""

    phase: Annotated[PersistentVolumeClaimPhase, wire(1, "Pending, Bound or Lost.")] = ""
    accessModes: Annotated[
        list[PersistentVolumeAccessMode], wire(2, "How the volume can be mounted.", list_type="atomic")
    ] = []
    capacity: Annotated[dict[str, Quantity], wire(3, "How much the volume holds.")] = {}
    conditions: Annotated[
        list[PersistentVolumeClaimCondition],
        wire(
            4,
            "What is so at the moment, such as a resize under way.",
            patch_strategy="merge",
            merge_key="type",
            list_type="map",
            list_map_keys=("type",),
        ),
    ] = []
    allocatedResources: Annotated[
        dict[str, Quantity], wire(5, "The storage that is reserved, which a resize may have raised already.")
    ] = {}
    allocatedResourceStatuses: Annotated[
        dict[str, str], wire(7, "How far the resize of each resource has come.", map_type="granular")
    ] = {}
    currentVolumeAttributesClassName: Annotated[str | None, wire(8, "The VolumeAttributesClass that is in force.")] = (
        None
    )
    modifyVolumeStatus: Annotated[
        ModifyVolumeStatus | None, wire(9, "The change to another VolumeAttributesClass, while it is under way.")
    ] = None


class PersistentVolumeClaim(Object):
    """Asks for storage, and is bound to a volume."""

    spec: Annotated[PersistentVolumeClaimSpec, wire(2, "What storage is asked for.")] = always(
        PersistentVolumeClaimSpec
    )
    status: Annotated[PersistentVolumeClaimStatus, wire(3, "What the claim got.")] = always(PersistentVolumeClaimStatus)


class PersistentVolumeClaimTemplate(APIModel):
    """What a claim that is made for a pod looks like."""

    metadata: Annotated[ObjectMeta, wire(1, "Labels and annotations of the claim; nothing else may be set.")] = always(
        ObjectMeta
    )
    spec: Annotated[PersistentVolumeClaimSpec, wire(2, "What the claim asks for.", required=True)] = always(
        PersistentVolumeClaimSpec
    )
