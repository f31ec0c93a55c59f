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
    limits: Annotated[dict[str, Quantity], wire(1)] = {}
    requests: Annotated[dict[str, Quantity], wire(2)] = {}


class PersistentVolumeClaimSpec(APIModel):
    accessModes: Annotated[list[PersistentVolumeAccessMode], wire(1, list_type="atomic")] = []
    selector: Annotated[LabelSelector | None, wire(4)] = None
    resources: Annotated[VolumeResourceRequirements, wire(2)] = always(VolumeResourceRequirements)
    volumeName: Annotated[str, wire(3)] = ""
    storageClassName: Annotated[str | None, wire(5)] = None
    volumeMode: Annotated[PersistentVolumeMode | None, wire(6)] = None
    dataSource: Annotated[TypedLocalObjectReference | None, wire(7)] = None
    dataSourceRef: Annotated[TypedObjectReference | None, wire(8)] = None
    volumeAttributesClassName: Annotated[str | None, wire(9)] = None


class PersistentVolumeClaimCondition(APIModel):
    type: Annotated[PersistentVolumeClaimConditionType, wire(1, "What the condition is about.")] = always("")
    status: Annotated[ConditionStatus, wire(2, "True, False or Unknown.")] = always("")
    lastProbeTime: Annotated[Time | None, wire(3)] = always(None)
    lastTransitionTime: Annotated[Time | None, wire(4, "When the status last changed.")] = always(None)
    reason: Annotated[str, wire(5, "Why, in one word.")] = ""
    message: Annotated[str, wire(6, "Why, for people to read.")] = ""


class ModifyVolumeStatus(APIModel):
    targetVolumeAttributesClassName: Annotated[str, wire(1)] = ""
    status: Annotated[str, wire(2)] = always("")


class PersistentVolumeClaimStatus(APIModel):
    phase: Annotated[PersistentVolumeClaimPhase, wire(1)] = ""
    accessModes: Annotated[list[PersistentVolumeAccessMode], wire(2, list_type="atomic")] = []
    capacity: Annotated[dict[str, Quantity], wire(3)] = {}
    conditions: Annotated[
        list[PersistentVolumeClaimCondition],
        wire(4, patch_strategy="merge", merge_key="type", list_type="map", list_map_keys=("type",)),
    ] = []
    allocatedResources: Annotated[dict[str, Quantity], wire(5)] = {}
    allocatedResourceStatuses: Annotated[dict[str, str], wire(7, map_type="granular")] = {}
    currentVolumeAttributesClassName: Annotated[str | None, wire(8)] = None
    modifyVolumeStatus: Annotated[ModifyVolumeStatus | None, wire(9)] = None


class PersistentVolumeClaim(Object):
    spec: Annotated[PersistentVolumeClaimSpec, wire(2)] = always(PersistentVolumeClaimSpec)
    status: Annotated[PersistentVolumeClaimStatus, wire(3)] = always(PersistentVolumeClaimStatus)


class PersistentVolumeClaimTemplate(APIModel):
    metadata: Annotated[ObjectMeta, wire(1)] = always(ObjectMeta)
    spec: Annotated[PersistentVolumeClaimSpec, wire(2, required=True)] = always(PersistentVolumeClaimSpec)
