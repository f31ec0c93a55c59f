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
    """Enough to find the owner of an object, in the same namespace or cluster scoped."""

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
    """The fields that one manager has written, in one API version and through one subresource."""

    manager: Annotated[str, wire(1, "Who wrote these fields.")] = ""
    operation: Annotated[ManagedFieldsOperationType, wire(2, "Apply or Update.")] = ""
    apiVersion: Annotated[str, wire(3, "The version in which the fields are named.")] = ""
    time: Annotated[Time | None, wire(4, "When the entry last changed.")] = None
    fieldsType: Annotated[str, wire(6, "FieldsV1.")] = ""
    fieldsV1: Annotated[RawJSON, wire(7, "The set of fields, as a tree.", by_value=False)] = None
    subresource: Annotated[str, wire(8, "The subresource written through, if any.")] = ""


class ObjectMeta(APIModel):
    """What every persistent object carries: its names, its versions, its labels, and who looks after it."""

    name: Annotated[str, wire(1, "Unique within its kind and namespace; cannot be changed.")] = ""
    generateName: Annotated[str, wire(2, "A prefix from which the server makes a unique name.")] = ""
    namespace: Annotated[str, wire(3, "The namespace, empty for cluster-scoped kinds.")] = ""
    selfLink: Annotated[str, wire(4, "No longer filled in.")] = ""
    uid: Annotated[UID, wire(5, "Unique over space and time; set by the server.")] = ""
    resourceVersion: Annotated[str, wire(6, "The revision of the last change; opaque to clients.")] = ""
    generation: Annotated[Int64, wire(7, "Counts the changes of the desired state.")] = 0
    creationTimestamp: Annotated[
        Time | None, wire(8, "When the object was created; set by the server.", by_value=True)
    ] = None
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
    """What every list carries: the revision it shows, and where its next page begins."""

    selfLink: Annotated[str, wire(1, "No longer filled in.")] = ""
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


class PartialObjectMetadata(Object):
    """Any object without the rest: what clients get who only look at metadata."""


class LabelSelectorRequirement(APIModel):
    """A key, an operator and values to which a label is compared."""

    key: Annotated[str, wire(1, "The label key.")] = always("")
    operator: Annotated[LabelSelectorOperator, wire(2, "In, NotIn, Exists or DoesNotExist.")] = always("")
    values: Annotated[list[str], wire(3, "The values to compare with.", list_type="atomic")] = []


class FieldSelectorRequirement(APIModel):
    """A key, an operator and values to which a field is compared."""

    key: Annotated[str, wire(1, "The field.")] = always("")
    operator: Annotated[LabelSelectorOperator, wire(2, "In, NotIn, Exists or DoesNotExist.")] = always("")
    values: Annotated[list[str], wire(3, "The values to compare with.", list_type="atomic")] = []


class LabelSelector(APIModel):
    """Chooses objects by their labels; an empty selector chooses all, an absent one none."""

    atomic = True

    matchLabels: Annotated[dict[str, str], wire(1, "Labels that must all be equal.")] = {}
    matchExpressions: Annotated[
        list[LabelSelectorRequirement], wire(2, "Requirements that must all hold.", list_type="atomic")
    ] = []


class Condition(APIModel):
    """One aspect of an object's current state."""

    type: Annotated[str, wire(1, "What the condition is about.")] = always("")
    status: Annotated[ConditionStatus, wire(2, "True, False or Unknown.")] = always("")
    observedGeneration: Annotated[Int64, wire(3, "The generation it was seen for.")] = 0
    lastTransitionTime: Annotated[Time | None, wire(4, "When the status last changed.", required=True)] = always(None)
    reason: Annotated[str, wire(5, "One word in CamelCase.")] = always("")
    message: Annotated[str, wire(6, "A sentence for people.")] = always("")


class Preconditions(APIModel):
    """What must hold for an object before it is changed or deleted."""

    uid: Annotated[UID | None, wire(1, "The UID that the object must have.")] = None
    resourceVersion: Annotated[str | None, wire(2, "The resourceVersion that the object must have.")] = None


class DeleteOptions(TypeMeta):
    """How an object is deleted, and what becomes of those that depend on it."""

    gracePeriodSeconds: Annotated[
        Int64 | None, wire(1, "Seconds for a graceful end; 0 is at once, and without it the kind's default applies.")
    ] = None
    preconditions: Annotated[
        Preconditions | None, wire(2, "What must hold before the object is deleted; else the answer is 409 Conflict.")
    ] = None
    orphanDependents: Annotated[
        bool | None, wire(3, "Deprecated in favour of propagationPolicy: whether dependents are left alone.")
    ] = None
    propagationPolicy: Annotated[
        str | None, wire(4, "What becomes of dependents: Orphan, Background or Foreground.")
    ] = None
    dryRun: Annotated[list[str], wire(5, "All: everything is checked and nothing is deleted.", list_type="atomic")] = []
    ignoreStoreReadErrorWithClusterBreakingPotential: Annotated[
        bool | None,
        wire(6, "Deletes an object even if it cannot be read; unsafe, without preconditions or finalizers."),
    ] = None


class StatusCause(APIModel):
    """One of the reasons for a failure."""

    reason: Annotated[str, wire(1, "The cause, in one word that programs understand.")] = ""
    message: Annotated[str, wire(2, "The cause, for people to read.")] = ""
    field: Annotated[str, wire(3, "The path of the field that caused it, such as items[0].name; may name several.")] = (
        ""
    )


class StatusDetails(APIModel):
    """More about a failure: which object, why in detail, and when to try again."""

    name: Annotated[str, wire(1, "The name of the object that the answer is about.")] = ""
    group: Annotated[str, wire(2, "The API group of that object's kind.")] = ""
    kind: Annotated[str, wire(3, "The kind of that object, or its resource in the plural.")] = ""
    uid: Annotated[UID, wire(6, "The UID of that object.")] = ""
    causes: Annotated[list[StatusCause], wire(4, "Each single cause of the failure.", list_type="atomic")] = []
    retryAfterSeconds: Annotated[Int32, wire(5, "Seconds to wait before the request is tried again.")] = 0


class Status(TypeMeta):
    """The body of every error, and of some successes."""

    kind: str = always("Status")
    apiVersion: str = always("v1")
    metadata: Annotated[ListMeta, wire(1, "Standard list metadata.")] = always(ListMeta)
    status: Annotated[str, wire(2, "Success or Failure.")] = ""
    message: Annotated[str, wire(3, "What happened, for people to read.")] = ""
    reason: Annotated[str, wire(4, "Why it failed, in one word that programs understand.")] = ""
    details: Annotated[StatusDetails | None, wire(5, "More about the reason, as far as it has any.")] = None
    code: Annotated[Int32, wire(6, "The HTTP status of the answer.")] = 0


EventType = Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"]

__all__ = [
    "Condition", "DeleteOptions", "EventType", "FieldSelectorRequirement", "LabelSelector",
    "LabelSelectorRequirement", "ListMeta",
    "ManagedFieldsEntry", "MicroTime", "Object", "ObjectMeta", "OwnerReference", "PartialObjectMetadata",
    "Preconditions", "Status", "StatusCause", "StatusDetails", "TypeMeta",
]  # fmt: skip

Json = dict[str, Any]
