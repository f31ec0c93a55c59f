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
    maxUnavailable: Annotated[IntOrString | None, wire(1)] = None
    maxSurge: Annotated[IntOrString | None, wire(2)] = None


class DaemonSetUpdateStrategy(APIModel):
    type: Annotated[DaemonSetUpdateStrategyType, wire(1)] = ""
    rollingUpdate: Annotated[RollingUpdateDaemonSet | None, wire(2)] = None


class DaemonSetSpec(APIModel):
    selector: Annotated[LabelSelector | None, wire(1, required=True)] = always(None)
    template: Annotated[PodTemplateSpec, wire(2, "What the pods look like.", required=True)] = always(PodTemplateSpec)
    updateStrategy: Annotated[DaemonSetUpdateStrategy, wire(3)] = always(DaemonSetUpdateStrategy)
    minReadySeconds: Annotated[Int32, wire(4)] = 0
    revisionHistoryLimit: Annotated[Int32 | None, wire(6)] = None


class DaemonSetCondition(APIModel):
    type: Annotated[DaemonSetConditionType, wire(1)] = always("")
    status: Annotated[ConditionStatus, wire(2)] = always("")
    lastTransitionTime: Annotated[Time | None, wire(3)] = always(None)
    reason: Annotated[str, wire(4)] = ""
    message: Annotated[str, wire(5)] = ""


class DaemonSetStatus(APIModel):
    currentNumberScheduled: Annotated[Int32, wire(1)] = always(0)
    numberMisscheduled: Annotated[Int32, wire(2)] = always(0)
    desiredNumberScheduled: Annotated[Int32, wire(3)] = always(0)
    numberReady: Annotated[Int32, wire(4)] = always(0)
    observedGeneration: Annotated[Int64, wire(5)] = 0
    updatedNumberScheduled: Annotated[Int32, wire(6)] = 0
    numberAvailable: Annotated[Int32, wire(7)] = 0
    numberUnavailable: Annotated[Int32, wire(8)] = 0
    collisionCount: Annotated[Int32 | None, wire(9)] = None
    conditions: Annotated[
        list[DaemonSetCondition],
        wire(10, patch_strategy="merge", merge_key="type", list_type="map", list_map_keys=("type",)),
    ] = []


class DaemonSet(Object):
    """Keeps one pod running on every node that fits."""

    spec: Annotated[DaemonSetSpec, wire(2)] = always(DaemonSetSpec)
    status: Annotated[DaemonSetStatus, wire(3)] = always(DaemonSetStatus)


class RollingUpdateDeployment(APIModel):
    maxUnavailable: Annotated[
        IntOrString | None, wire(1, "How many pods may be missing meanwhile, as a number or a percentage.")
    ] = None
    maxSurge: Annotated[
        IntOrString | None, wire(2, "How many pods may run beyond the wanted number, as a number or a percentage.")
    ] = None


class DeploymentStrategy(APIModel):
    type: Annotated[DeploymentStrategyType, wire(1, "RollingUpdate or Recreate.")] = ""
    rollingUpdate: Annotated[RollingUpdateDeployment | None, wire(2, "The pace of a rolling update.")] = None


class DeploymentSpec(APIModel):
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
    type: Annotated[DeploymentConditionType, wire(1)] = always("")
    status: Annotated[ConditionStatus, wire(2)] = always("")
    lastUpdateTime: Annotated[Time | None, wire(6)] = always(None)
    lastTransitionTime: Annotated[Time | None, wire(7)] = always(None)
    reason: Annotated[str, wire(4)] = ""
    message: Annotated[str, wire(5)] = ""


class DeploymentStatus(APIModel):
    observedGeneration: Annotated[Int64, wire(1, "The generation that the controller has seen.")] = 0
    replicas: Annotated[Int32, wire(2, "Pods there are.")] = 0
    updatedReplicas: Annotated[Int32, wire(3, "Pods made from the present template.")] = 0
    readyReplicas: Annotated[Int32, wire(7, "Pods that are ready.")] = 0
    availableReplicas: Annotated[Int32, wire(4, "Pods that have been ready for minReadySeconds.")] = 0
    unavailableReplicas: Annotated[Int32, wire(5, "Pods that are still missing.")] = 0
    terminatingReplicas: Annotated[Int32 | None, wire(9)] = None
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
    collisionCount: Annotated[Int32 | None, wire(8)] = None


class Deployment(Object):
    """Keeps a number of like pods running, and rolls out changes of their template."""

    spec: Annotated[DeploymentSpec, wire(2, "What shall run.")] = always(DeploymentSpec)
    status: Annotated[DeploymentStatus, wire(3, "What runs.")] = always(DeploymentStatus)


class ReplicaSetSpec(APIModel):
    replicas: Annotated[Int32 | None, wire(1, "How many pods; 1 unless said.")] = None
    minReadySeconds: Annotated[Int32, wire(4)] = 0
    selector: Annotated[LabelSelector | None, wire(2, "Which pods belong to it.", required=True)] = always(None)
    template: Annotated[PodTemplateSpec, wire(3, "What the pods look like.")] = always(PodTemplateSpec)


class ReplicaSetCondition(APIModel):
    type: Annotated[ReplicaSetConditionType, wire(1)] = always("")
    status: Annotated[ConditionStatus, wire(2)] = always("")
    lastTransitionTime: Annotated[Time | None, wire(3)] = always(None)
    reason: Annotated[str, wire(4)] = ""
    message: Annotated[str, wire(5)] = ""


class ReplicaSetStatus(APIModel):
    replicas: Annotated[Int32, wire(1)] = always(0)
    fullyLabeledReplicas: Annotated[Int32, wire(2)] = 0
    readyReplicas: Annotated[Int32, wire(4)] = 0
    availableReplicas: Annotated[Int32, wire(5)] = 0
    terminatingReplicas: Annotated[Int32 | None, wire(7)] = None
    observedGeneration: Annotated[Int64, wire(3)] = 0
    conditions: Annotated[
        list[ReplicaSetCondition],
        wire(6, patch_strategy="merge", merge_key="type", list_type="map", list_map_keys=("type",)),
    ] = []


class ReplicaSet(Object):
    """Keeps a number of like pods running."""

    spec: Annotated[ReplicaSetSpec, wire(2)] = always(ReplicaSetSpec)
    status: Annotated[ReplicaSetStatus, wire(3)] = always(ReplicaSetStatus)


class RollingUpdateStatefulSetStrategy(APIModel):
    partition: Annotated[Int32 | None, wire(1)] = None
    maxUnavailable: Annotated[IntOrString | None, wire(2)] = None


class StatefulSetUpdateStrategy(APIModel):
    type: Annotated[StatefulSetUpdateStrategyType, wire(1)] = ""
    rollingUpdate: Annotated[RollingUpdateStatefulSetStrategy | None, wire(2)] = None


class StatefulSetPersistentVolumeClaimRetentionPolicy(APIModel):
    whenDeleted: Annotated[PersistentVolumeClaimRetentionPolicyType, wire(1)] = ""
    whenScaled: Annotated[PersistentVolumeClaimRetentionPolicyType, wire(2)] = ""


class StatefulSetOrdinals(APIModel):
    start: Annotated[Int32, wire(1)] = 0


class StatefulSetSpec(APIModel):
    replicas: Annotated[Int32 | None, wire(1, "How many pods; 1 unless said.")] = None
    selector: Annotated[LabelSelector | None, wire(2, required=True)] = always(None)
    template: Annotated[PodTemplateSpec, wire(3, required=True)] = always(PodTemplateSpec)
    volumeClaimTemplates: Annotated[list[PersistentVolumeClaim], wire(4, list_type="atomic")] = []
    serviceName: Annotated[
        str, wire(5, "The headless Service that gives the pods their DNS names.", required=False)
    ] = always("")
    podManagementPolicy: Annotated[PodManagementPolicyType, wire(6, "OrderedReady or Parallel.")] = ""
    updateStrategy: Annotated[StatefulSetUpdateStrategy, wire(7)] = always(StatefulSetUpdateStrategy)
    revisionHistoryLimit: Annotated[Int32 | None, wire(8)] = None
    minReadySeconds: Annotated[Int32, wire(9)] = 0
    persistentVolumeClaimRetentionPolicy: Annotated[
        StatefulSetPersistentVolumeClaimRetentionPolicy | None, wire(10)
    ] = None
    ordinals: Annotated[StatefulSetOrdinals | None, wire(11)] = None


class StatefulSetCondition(APIModel):
    type: Annotated[StatefulSetConditionType, wire(1)] = always("")
    status: Annotated[ConditionStatus, wire(2)] = always("")
    lastTransitionTime: Annotated[Time | None, wire(3)] = always(None)
    reason: Annotated[str, wire(4)] = ""
    message: Annotated[str, wire(5)] = ""


class StatefulSetStatus(APIModel):
    observedGeneration: Annotated[Int64, wire(1)] = 0
    replicas: Annotated[Int32, wire(2)] = always(0)
    readyReplicas: Annotated[Int32, wire(3)] = 0
    currentReplicas: Annotated[Int32, wire(4)] = 0
    updatedReplicas: Annotated[Int32, wire(5)] = 0
    currentRevision: Annotated[str, wire(6)] = ""
    updateRevision: Annotated[str, wire(7)] = ""
    collisionCount: Annotated[Int32 | None, wire(9)] = None
    conditions: Annotated[
        list[StatefulSetCondition],
        wire(10, patch_strategy="merge", merge_key="type", list_type="map", list_map_keys=("type",)),
    ] = []
    availableReplicas: Annotated[Int32, wire(11, required=False)] = always(0)


class StatefulSet(Object):
    """Keeps pods running that have names, an order and storage of their own."""

    spec: Annotated[StatefulSetSpec, wire(2)] = always(StatefulSetSpec)
    status: Annotated[StatefulSetStatus, wire(3)] = always(StatefulSetStatus)
