"""meta/v1: what every Kubernetes object carries, and the small types shared by all API groups.

Called by `kube.api.*` (every kind is an `Object`) and by everything that handles objects without knowing
their kind. Source: the API reference, "Common Definitions".
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from kube.apimachinery.types import UID, APIModel, GoType, Int32, Int64, MicroTime, RawJSON, Time, always, wire

ConditionStatus = Annotated[str, GoType("v1.ConditionStatus")]
LabelSelectorOperator = Annotated[str, GoType("v1.LabelSelectorOperator")]
ManagedFieldsOperationType = Annotated[str, GoType("v1.ManagedFieldsOperationType")]


class OwnerReference(APIModel):
    atomic = True

    apiVersion: Annotated[str, wire(5, "API version of the owner.")] = always("")
    kind: Annotated[str, wire(1, "Kind of the owner.")] = always("")
    name: Annotated[str, wire(3, "Name of the owner, in the same namespace or cluster scoped.")] = always("")
    uid: Annotated[UID, wire(4, "UID of the owner.")] = always("")
    controller: Annotated[bool | None, wire(6, "True for the one owner that manages this object.")] = None
    blockOwnerDeletion: Annotated[
        bool | None, wire(7, "Foreground deletion of the owner waits for this object when true.")
    ] = None


class ManagedFieldsEntry(APIModel):
    manager: Annotated[str, wire(1, "Who wrote these fields.")] = ""
    operation: Annotated[ManagedFieldsOperationType, wire(2, "Apply or Update.")] = ""
    apiVersion: Annotated[str, wire(3, "The version in which the fields are named.")] = ""
    time: Annotated[Time | None, wire(4, "When the entry last changed.")] = None
    fieldsType: Annotated[str, wire(6, "FieldsV1.")] = ""
    fieldsV1: Annotated[RawJSON, wire(7, "The set of fields, as a tree.")] = None
    subresource: Annotated[str, wire(8, "The subresource written through, if any.")] = ""


class ObjectMeta(APIModel):
    name: Annotated[str, wire(1, "Unique within its kind and namespace; cannot be changed.")] = ""
    generateName: Annotated[str, wire(2, "A prefix from which the server makes a unique name.")] = ""
    namespace: Annotated[str, wire(3, "The namespace, empty for cluster-scoped kinds.")] = ""
    selfLink: Annotated[str, wire(4, "No longer filled in.")] = ""
    uid: Annotated[UID, wire(5, "Unique over space and time; set by the server.")] = ""
    resourceVersion: Annotated[str, wire(6, "The revision of the last change; opaque to clients.")] = ""
    generation: Annotated[Int64, wire(7, "Counts the changes of the desired state.")] = 0
    creationTimestamp: Annotated[Time | None, wire(8, "When the object was created; set by the server.")] = None
    deletionTimestamp: Annotated[Time | None, wire(9, "When the object is to be gone; set by the server.")] = None
    deletionGracePeriodSeconds: Annotated[
        Int64 | None, wire(10, "Seconds for a graceful end; set with deletionTimestamp.")
    ] = None
    labels: Annotated[dict[str, str], wire(11, "Key and value pairs by which objects are selected.")] = {}
    annotations: Annotated[dict[str, str], wire(12, "Key and value pairs for tools; not selectable.")] = {}
    ownerReferences: Annotated[
        list[OwnerReference],
        wire(
            13,
            "The objects on which this one depends; when all are gone it is collected.",
            patch_strategy="merge",
            merge_key="uid",
            list_type="map",
            list_map_keys=("uid",),
        ),
    ] = []
    finalizers: Annotated[
        list[str],
        wire(14, "Who must act before the object may go.", patch_strategy="merge", list_type="set"),
    ] = []
    managedFields: Annotated[
        list[ManagedFieldsEntry], wire(17, "Who manages which fields (server-side apply).", list_type="atomic")
    ] = []


class ListMeta(APIModel):
    selfLink: Annotated[str, wire(1)] = ""
    resourceVersion: Annotated[str, wire(2, "The revision of this list.")] = ""
    continue_: Annotated[str, wire(3, "Token for the next page; empty at the end.")] = Field("", alias="continue")
    remainingItemCount: Annotated[Int64 | None, wire(4, "How many items follow, where known.")] = None


class TypeMeta(APIModel):
    """Kind and version come first on the wire, then metadata: the store relies on that order."""

    kind: str = ""
    apiVersion: str = ""


class Object(TypeMeta):
    """Any persistent object. Subclasses add `spec`, `status` or data of their own."""

    metadata: Annotated[ObjectMeta, wire(1, "Standard object metadata.")] = always(ObjectMeta)


class LabelSelectorRequirement(APIModel):
    key: Annotated[str, wire(1, "The label key.")] = always("")
    operator: Annotated[LabelSelectorOperator, wire(2, "In, NotIn, Exists or DoesNotExist.")] = always("")
    values: Annotated[list[str], wire(3, "The values to compare with.", list_type="atomic")] = []


class FieldSelectorRequirement(APIModel):
    key: Annotated[str, wire(1, "The field.")] = always("")
    operator: Annotated[LabelSelectorOperator, wire(2, "In, NotIn, Exists or DoesNotExist.")] = always("")
    values: Annotated[list[str], wire(3, "The values to compare with.", list_type="atomic")] = []


class LabelSelector(APIModel):
    atomic = True

    matchLabels: Annotated[dict[str, str], wire(1, "Labels that must all be equal.")] = {}
    matchExpressions: Annotated[
        list[LabelSelectorRequirement], wire(2, "Requirements that must all hold.", list_type="atomic")
    ] = []


class Condition(APIModel):
    type: Annotated[str, wire(1, "What the condition is about.")] = always("")
    status: Annotated[ConditionStatus, wire(2, "True, False or Unknown.")] = always("")
    observedGeneration: Annotated[Int64, wire(3, "The generation it was seen for.")] = 0
    lastTransitionTime: Annotated[Time | None, wire(4, "When the status last changed.", required=True)] = always(None)
    reason: Annotated[str, wire(5, "One word in CamelCase.")] = always("")
    message: Annotated[str, wire(6, "A sentence for people.")] = always("")


class Preconditions(APIModel):
    uid: Annotated[UID | None, wire(1)] = None
    resourceVersion: Annotated[str | None, wire(2)] = None


class DeleteOptions(TypeMeta):
    gracePeriodSeconds: Annotated[Int64 | None, wire(1)] = None
    preconditions: Annotated[Preconditions | None, wire(2)] = None
    orphanDependents: Annotated[bool | None, wire(3)] = None
    propagationPolicy: Annotated[str | None, wire(4)] = None
    dryRun: Annotated[list[str], wire(5, list_type="atomic")] = []
    ignoreStoreReadErrorWithClusterBreakingPotential: Annotated[bool | None, wire(6)] = None


class StatusCause(APIModel):
    reason: Annotated[str, wire(1)] = ""
    message: Annotated[str, wire(2)] = ""
    field: Annotated[str, wire(3)] = ""


class StatusDetails(APIModel):
    name: Annotated[str, wire(1)] = ""
    group: Annotated[str, wire(2)] = ""
    kind: Annotated[str, wire(3)] = ""
    uid: Annotated[UID, wire(6)] = ""
    causes: Annotated[list[StatusCause], wire(4, list_type="atomic")] = []
    retryAfterSeconds: Annotated[Int32, wire(5)] = 0


class Status(TypeMeta):
    """The body of every error, and of some successes."""

    kind: str = always("Status")
    apiVersion: str = always("v1")
    metadata: Annotated[ListMeta, wire(1)] = always(ListMeta)
    status: Annotated[str, wire(2)] = ""
    message: Annotated[str, wire(3)] = ""
    reason: Annotated[str, wire(4)] = ""
    details: Annotated[StatusDetails | None, wire(5)] = None
    code: Annotated[Int32, wire(6)] = 0


EventType = Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"]

__all__ = [
    "Condition", "DeleteOptions", "EventType", "FieldSelectorRequirement", "LabelSelector",
    "LabelSelectorRequirement", "ListMeta",
    "ManagedFieldsEntry", "MicroTime", "Object", "ObjectMeta", "OwnerReference", "Preconditions", "Status",
    "StatusCause", "StatusDetails", "TypeMeta",
]  # fmt: skip

Json = dict[str, Any]
