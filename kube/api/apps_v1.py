"""apps/v1: Deployment, ReplicaSet, StatefulSet, DaemonSet and ControllerRevision.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.api.core_v1.enums import ConditionStatus
from kube.api.core_v1.persistent_volume_claim import PersistentVolumeClaim
from kube.api.core_v1.pod import PodTemplateSpec
from kube.apimachinery.meta_v1 import LabelSelector, Object
from kube.apimachinery.types import APIModel, GoType, Int32, Int64, IntOrString, RawJSON, Time, always, wire

DaemonSetConditionType = Annotated[str, GoType("v1.DaemonSetConditionType")]
DaemonSetUpdateStrategyType = Annotated[str, GoType("v1.DaemonSetUpdateStrategyType")]
DeploymentConditionType = Annotated[str, GoType("v1.DeploymentConditionType")]
DeploymentStrategyType = Annotated[str, GoType("v1.DeploymentStrategyType")]
PersistentVolumeClaimRetentionPolicyType = Annotated[str, GoType("v1.PersistentVolumeClaimRetentionPolicyType")]
PodManagementPolicyType = Annotated[str, GoType("v1.PodManagementPolicyType")]
ReplicaSetConditionType = Annotated[str, GoType("v1.ReplicaSetConditionType")]
StatefulSetConditionType = Annotated[str, GoType("v1.StatefulSetConditionType")]
StatefulSetUpdateStrategyType = Annotated[str, GoType("v1.StatefulSetUpdateStrategyType")]


class ControllerRevision(Object):
    """A remembered template of a StatefulSet or DaemonSet."""

    data: Annotated[RawJSON, wire(2, "The remembered state.", required=False)] = always(None)
    revision: Annotated[Int64, wire(3, "Its place in the history.")] = always(0)


class RollingUpdateDaemonSet(APIModel):
    """How many pods are replaced at a time."""

    maxUnavailable: Annotated[
        IntOrString | None, wire(1, "How many nodes may be without a pod, as a number or a percentage.")
    ] = None
    maxSurge: Annotated[IntOrString | None, wire(2, "How many nodes may have the old and the new pod at once.")] = None


class DaemonSetUpdateStrategy(APIModel):
    """How a DaemonSet replaces its pods by new ones."""

    type: Annotated[DaemonSetUpdateStrategyType, wire(1, "RollingUpdate or OnDelete.")] = ""
    rollingUpdate: Annotated[RollingUpdateDaemonSet | None, wire(2, "How far a rolling update may go at a time.")] = (
        None
    )


class DaemonSetSpec(APIModel):
    """Which pods a DaemonSet keeps on the nodes, and how it replaces them."""

    selector: Annotated[
        LabelSelector | None,
        wire(1, "Which pods belong to it; must match the template's labels and cannot be changed.", required=True),
    ] = always(None)
    template: Annotated[PodTemplateSpec, wire(2, "What the pods look like.", required=True)] = always(PodTemplateSpec)
    updateStrategy: Annotated[DaemonSetUpdateStrategy, wire(3, "How pods are replaced when the template changes.")] = (
        always(DaemonSetUpdateStrategy)
    )
    minReadySeconds: Annotated[Int32, wire(4, "For how long a pod must be ready to count as available.")] = 0
    revisionHistoryLimit: Annotated[Int32 | None, wire(6, "How many old revisions are kept to go back to.")] = None


class DaemonSetCondition(APIModel):
    """One aspect of a DaemonSet's current state."""

    type: Annotated[DaemonSetConditionType, wire(1, "What the condition is about.")] = always("")
    status: Annotated[ConditionStatus, wire(2, "True, False or Unknown.")] = always("")
    lastTransitionTime: Annotated[Time | None, wire(3, "When the status last changed.")] = always(None)
    reason: Annotated[str, wire(4, "Why, in one word.")] = ""
    message: Annotated[str, wire(5, "Why, for people to read.")] = ""


class DaemonSetStatus(APIModel):
    """How a DaemonSet fares."""

    currentNumberScheduled: Annotated[Int32, wire(1, "Nodes that run a pod of it and should.")] = always(0)
    numberMisscheduled: Annotated[Int32, wire(2, "Nodes that run a pod of it and should not.")] = always(0)
    desiredNumberScheduled: Annotated[Int32, wire(3, "Nodes that should run a pod of it.")] = always(0)
    numberReady: Annotated[Int32, wire(4, "Nodes that should run a pod of it and have one that is ready.")] = always(0)
    observedGeneration: Annotated[Int64, wire(5, "The generation of the spec that this status is about.")] = 0
    updatedNumberScheduled: Annotated[Int32, wire(6, "Nodes that run a pod of the present template.")] = 0
    numberAvailable: Annotated[Int32, wire(7, "Nodes that should run a pod of it and have one that is available.")] = 0
    numberUnavailable: Annotated[
        Int32, wire(8, "Nodes that should run a pod of it and have none that is available.")
    ] = 0
    collisionCount: Annotated[
        Int32 | None, wire(9, "How often the name of a revision was taken; part of the next name.")
    ] = None
    conditions: Annotated[
        list[DaemonSetCondition],
        wire(
            10,
            "What is so at the moment.",
            patch_strategy="merge",
            merge_key="type",
            list_type="map",
            list_map_keys=("type",),
        ),
    ] = []


class DaemonSet(Object):
    """Keeps one pod running on every node that fits."""

    spec: Annotated[DaemonSetSpec, wire(2, "What shall run on each node.")] = always(DaemonSetSpec)
    status: Annotated[DaemonSetStatus, wire(3, "What runs.")] = always(DaemonSetStatus)


class RollingUpdateDeployment(APIModel):
    """How many pods may be missing, and how many too many, during a rollout."""

    maxUnavailable: Annotated[
        IntOrString | None, wire(1, "How many pods may be missing meanwhile, as a number or a percentage.")
    ] = None
    maxSurge: Annotated[
        IntOrString | None, wire(2, "How many pods may run beyond the wanted number, as a number or a percentage.")
    ] = None


class DeploymentStrategy(APIModel):
    """How a Deployment replaces old pods by new ones."""

    type: Annotated[DeploymentStrategyType, wire(1, "RollingUpdate or Recreate.")] = ""
    rollingUpdate: Annotated[RollingUpdateDeployment | None, wire(2, "The pace of a rolling update.")] = None


class DeploymentSpec(APIModel):
    """Which pods a Deployment keeps running, how many, and how it rolls out changes."""

    replicas: Annotated[Int32 | None, wire(1, "How many pods; 1 unless said.")] = None
    selector: Annotated[
        LabelSelector | None,
        wire(2, "Which pods belong to it; must match the template's labels and cannot be changed.", required=True),
    ] = always(None)
    template: Annotated[PodTemplateSpec, wire(3, "What the pods look like.", required=True)] = always(PodTemplateSpec)
    strategy: Annotated[DeploymentStrategy, wire(4, "How new pods replace old ones.", patch_strategy="retainKeys")] = (
        always(DeploymentStrategy)
    )
    minReadySeconds: Annotated[Int32, wire(5, "A pod counts as available once it has been ready so long.")] = 0
    revisionHistoryLimit: Annotated[Int32 | None, wire(6, "How many old ReplicaSets are kept for a rollback.")] = None
    paused: Annotated[bool, wire(7, "A paused Deployment rolls nothing out.")] = False
    progressDeadlineSeconds: Annotated[
        Int32 | None, wire(9, "Without progress for so long, the rollout is reported as failed.")
    ] = None


class DeploymentCondition(APIModel):
    """One aspect of a Deployment's current state."""

    type: Annotated[DeploymentConditionType, wire(1, "What the condition is about.")] = always("")
    status: Annotated[ConditionStatus, wire(2, "True, False or Unknown.")] = always("")
    lastUpdateTime: Annotated[Time | None, wire(6, "When the condition was last written.")] = always(None)
    lastTransitionTime: Annotated[Time | None, wire(7, "When the status last changed.")] = always(None)
    reason: Annotated[str, wire(4, "Why, in one word.")] = ""
    message: Annotated[str, wire(5, "Why, for people to read.")] = ""


class DeploymentStatus(APIModel):
    """How a Deployment fares."""

    observedGeneration: Annotated[Int64, wire(1, "The generation that the controller has seen.")] = 0
    replicas: Annotated[Int32, wire(2, "Pods there are.")] = 0
    updatedReplicas: Annotated[Int32, wire(3, "Pods made from the present template.")] = 0
    readyReplicas: Annotated[Int32, wire(7, "Pods that are ready.")] = 0
    availableReplicas: Annotated[Int32, wire(4, "Pods that have been ready for minReadySeconds.")] = 0
    unavailableReplicas: Annotated[Int32, wire(5, "Pods that are still missing.")] = 0
    terminatingReplicas: Annotated[Int32 | None, wire(9, "Pods that are on their way out.")] = None
    conditions: Annotated[
        list[DeploymentCondition],
        wire(
            6,
            "Available, Progressing, ReplicaFailure.",
            patch_strategy="merge",
            merge_key="type",
            list_type="map",
            list_map_keys=("type",),
        ),
    ] = []
    collisionCount: Annotated[
        Int32 | None, wire(8, "How often the name of a ReplicaSet was taken; part of the next name.")
    ] = None


class Deployment(Object):
    """Keeps a number of like pods running, and rolls out changes of their template."""

    spec: Annotated[DeploymentSpec, wire(2, "What shall run.")] = always(DeploymentSpec)
    status: Annotated[DeploymentStatus, wire(3, "What runs.")] = always(DeploymentStatus)


class ReplicaSetSpec(APIModel):
    """Which pods a ReplicaSet keeps running, and how many."""

    replicas: Annotated[Int32 | None, wire(1, "How many pods; 1 unless said.")] = None
    minReadySeconds: Annotated[Int32, wire(4, "For how long a pod must be ready to count as available.")] = 0
    selector: Annotated[LabelSelector | None, wire(2, "Which pods belong to it.", required=True)] = always(None)
    template: Annotated[PodTemplateSpec, wire(3, "What the pods look like.")] = always(PodTemplateSpec)


class ReplicaSetCondition(APIModel):
    """One aspect of a ReplicaSet's current state."""

    type: Annotated[ReplicaSetConditionType, wire(1, "What the condition is about.")] = always("")
    status: Annotated[ConditionStatus, wire(2, "True, False or Unknown.")] = always("")
    lastTransitionTime: Annotated[Time | None, wire(3, "When the status last changed.")] = always(None)
    reason: Annotated[str, wire(4, "Why, in one word.")] = ""
    message: Annotated[str, wire(5, "Why, for people to read.")] = ""


class ReplicaSetStatus(APIModel):
    """How a ReplicaSet fares."""

    replicas: Annotated[Int32, wire(1, "Pods that it has.")] = always(0)
    fullyLabeledReplicas: Annotated[Int32, wire(2, "Pods with all labels of the template.")] = 0
    readyReplicas: Annotated[Int32, wire(4, "Pods that are ready.")] = 0
    availableReplicas: Annotated[Int32, wire(5, "Pods that have been ready for minReadySeconds.")] = 0
    terminatingReplicas: Annotated[Int32 | None, wire(7, "Pods that are on their way out.")] = None
    observedGeneration: Annotated[Int64, wire(3, "The generation of the spec that this status is about.")] = 0
    conditions: Annotated[
        list[ReplicaSetCondition],
        wire(
            6,
            "What is so at the moment.",
            patch_strategy="merge",
            merge_key="type",
            list_type="map",
            list_map_keys=("type",),
        ),
    ] = []


class ReplicaSet(Object):
    """Keeps a number of like pods running."""

    spec: Annotated[ReplicaSetSpec, wire(2, "How many pods, and which.")] = always(ReplicaSetSpec)
    status: Annotated[ReplicaSetStatus, wire(3, "How many there are.")] = always(ReplicaSetStatus)


class RollingUpdateStatefulSetStrategy(APIModel):
    """Which pods are replaced, and how many at a time."""

    partition: Annotated[Int32 | None, wire(1, "Pods with a smaller number keep the old template.")] = None
    maxUnavailable: Annotated[
        IntOrString | None, wire(2, "How many pods may be unavailable, as a number or a percentage.")
    ] = None


class StatefulSetUpdateStrategy(APIModel):
    """How a StatefulSet replaces its pods by new ones."""

    type: Annotated[StatefulSetUpdateStrategyType, wire(1, "RollingUpdate or OnDelete.")] = ""
    rollingUpdate: Annotated[RollingUpdateStatefulSetStrategy | None, wire(2, "How far a rolling update goes.")] = None


class StatefulSetPersistentVolumeClaimRetentionPolicy(APIModel):
    """What becomes of claims when the set is deleted or made smaller."""

    whenDeleted: Annotated[
        PersistentVolumeClaimRetentionPolicyType, wire(1, "Retain or Delete, when the StatefulSet is deleted.")
    ] = ""
    whenScaled: Annotated[
        PersistentVolumeClaimRetentionPolicyType, wire(2, "Retain or Delete, when it is scaled down.")
    ] = ""


class StatefulSetOrdinals(APIModel):
    """The numbers of a StatefulSet's pods."""

    start: Annotated[Int32, wire(1, "The first pod's number.")] = 0


class StatefulSetSpec(APIModel):
    """Which pods a StatefulSet keeps running, how many, and with which claims."""

    replicas: Annotated[Int32 | None, wire(1, "How many pods; 1 unless said.")] = None
    selector: Annotated[
        LabelSelector | None,
        wire(2, "Which pods belong to it; must match the template's labels and cannot be changed.", required=True),
    ] = always(None)
    template: Annotated[PodTemplateSpec, wire(3, "What the pods look like.", required=True)] = always(PodTemplateSpec)
    volumeClaimTemplates: Annotated[
        list[PersistentVolumeClaim], wire(4, "Claims that each pod gets and keeps.", list_type="atomic")
    ] = []
    serviceName: Annotated[
        str, wire(5, "The headless Service that gives the pods their DNS names.", required=False)
    ] = always("")
    podManagementPolicy: Annotated[PodManagementPolicyType, wire(6, "OrderedReady or Parallel.")] = ""
    updateStrategy: Annotated[
        StatefulSetUpdateStrategy, wire(7, "How pods are replaced when the template changes.")
    ] = always(StatefulSetUpdateStrategy)
    revisionHistoryLimit: Annotated[Int32 | None, wire(8, "How many old revisions are kept to go back to.")] = None
    minReadySeconds: Annotated[Int32, wire(9, "For how long a pod must be ready to count as available.")] = 0
    persistentVolumeClaimRetentionPolicy: Annotated[
        StatefulSetPersistentVolumeClaimRetentionPolicy | None,
        wire(10, "What becomes of claims that no pod needs any more."),
    ] = None
    ordinals: Annotated[StatefulSetOrdinals | None, wire(11, "With which number the pods begin.")] = None


class StatefulSetCondition(APIModel):
    """One aspect of a StatefulSet's current state."""

    type: Annotated[StatefulSetConditionType, wire(1, "What the condition is about.")] = always("")
    status: Annotated[ConditionStatus, wire(2, "True, False or Unknown.")] = always("")
    lastTransitionTime: Annotated[Time | None, wire(3, "When the status last changed.")] = always(None)
    reason: Annotated[str, wire(4, "Why, in one word.")] = ""
    message: Annotated[str, wire(5, "Why, for people to read.")] = ""


class StatefulSetStatus(APIModel):
    """How a StatefulSet fares."""

    observedGeneration: Annotated[Int64, wire(1, "The generation of the spec that this status is about.")] = 0
    replicas: Annotated[Int32, wire(2, "Pods that it has.")] = always(0)
    readyReplicas: Annotated[Int32, wire(3, "Pods that are ready.")] = 0
    currentReplicas: Annotated[Int32, wire(4, "Pods of the revision that was in force before the update.")] = 0
    updatedReplicas: Annotated[Int32, wire(5, "Pods of the present revision.")] = 0
    currentRevision: Annotated[str, wire(6, "The revision that was in force before the update.")] = ""
    updateRevision: Annotated[str, wire(7, "The present revision.")] = ""
    collisionCount: Annotated[
        Int32 | None, wire(9, "How often the name of a revision was taken; part of the next name.")
    ] = None
    conditions: Annotated[
        list[StatefulSetCondition],
        wire(
            10,
            "What is so at the moment.",
            patch_strategy="merge",
            merge_key="type",
            list_type="map",
            list_map_keys=("type",),
        ),
    ] = []
    availableReplicas: Annotated[Int32, wire(11, "Pods that have been ready for minReadySeconds.", required=False)] = (
        always(0)
    )


class StatefulSet(Object):
    """Keeps pods running that have names, an order and storage of their own."""

    spec: Annotated[StatefulSetSpec, wire(2, "How many pods, and which.")] = always(StatefulSetSpec)
    status: Annotated[StatefulSetStatus, wire(3, "How many there are.")] = always(StatefulSetStatus)
