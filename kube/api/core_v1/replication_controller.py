"""ReplicationController, the elder of ReplicaSet.

The API server lists none and takes none: clients that ask for all that may run pods are content with an empty list.
Types only: `kube.apimachinery.types` says how to read them. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.api.core_v1.enums import ConditionStatus
from kube.api.core_v1.pod import PodTemplateSpec
from kube.apimachinery.meta_v1 import Object
from kube.apimachinery.types import APIModel, GoType, Int32, Int64, Time, always, wire

ReplicationControllerConditionType = Annotated[str, GoType("v1.ReplicationControllerConditionType")]


class ReplicationControllerSpec(APIModel):
    """Which pods a ReplicationController keeps running, and how many."""

    replicas: Annotated[Int32 | None, wire(1, "How many pods; 1 unless said.")] = None
    minReadySeconds: Annotated[Int32, wire(4, "For how long a pod must be ready to count as available.")] = 0
    selector: Annotated[
        dict[str, str], wire(2, "Which pods belong to it; the template's labels unless said.", map_type="atomic")
    ] = {}
    template: Annotated[PodTemplateSpec | None, wire(3, "What the pods look like.")] = None


class ReplicationControllerCondition(APIModel):
    """One aspect of a ReplicationController's current state."""

    type: Annotated[ReplicationControllerConditionType, wire(1, "What the condition is about.")] = always("")
    status: Annotated[ConditionStatus, wire(2, "True, False or Unknown.")] = always("")
    lastTransitionTime: Annotated[Time | None, wire(3, "When the status last changed.")] = always(None)
    reason: Annotated[str, wire(4, "Why, in one word.")] = ""
    message: Annotated[str, wire(5, "Why, for people to read.")] = ""


class ReplicationControllerStatus(APIModel):
    """How a ReplicationController fares."""

    replicas: Annotated[Int32, wire(1, "Pods that it has.")] = always(0)
    fullyLabeledReplicas: Annotated[Int32, wire(2, "Pods with all labels of the template.")] = 0
    readyReplicas: Annotated[Int32, wire(4, "Pods that are ready.")] = 0
    availableReplicas: Annotated[Int32, wire(5, "Pods that have been ready for minReadySeconds.")] = 0
    observedGeneration: Annotated[Int64, wire(3, "The generation of the spec that this status is about.")] = 0
    conditions: Annotated[
        list[ReplicationControllerCondition],
        wire(
            6, "What is so at the moment.", patch_strategy="merge", merge_key="type",
            list_type="map", list_map_keys=("type",),
        ),
    ] = []  # fmt: skip


class ReplicationController(Object):
    """Keeps a number of like pods running; ReplicaSets and Deployments have replaced it."""

    spec: Annotated[ReplicationControllerSpec, wire(2, "What shall run.")] = always(ReplicationControllerSpec)
    status: Annotated[ReplicationControllerStatus, wire(3, "What runs.")] = always(ReplicationControllerStatus)
