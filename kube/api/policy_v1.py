"""policy/v1: PodDisruptionBudget and Eviction.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.apimachinery.meta_v1 import Condition, DeleteOptions, LabelSelector, Object
from kube.apimachinery.types import APIModel, GoType, Int32, Int64, IntOrString, Time, always, wire

UnhealthyPodEvictionPolicyType = Annotated[str, GoType("v1.UnhealthyPodEvictionPolicyType")]


class Eviction(Object):
    """Asks for a pod to go, as far as budgets allow."""

    deleteOptions: Annotated[DeleteOptions | None, wire(2, "How the pod is deleted.")] = None


class PodDisruptionBudgetSpec(APIModel):
    """Which pods a budget is about, and how many of them may be missing."""

    minAvailable: Annotated[IntOrString | None, wire(1, "How many must be left, as a number or a percentage.")] = None
    selector: Annotated[LabelSelector | None, wire(2, "Which pods.", patch_strategy="replace")] = None
    maxUnavailable: Annotated[IntOrString | None, wire(3, "How many may be missing, as a number or a percentage.")] = (
        None
    )
    unhealthyPodEvictionPolicy: Annotated[
        UnhealthyPodEvictionPolicyType | None,
        wire(4, "When pods that are not ready may go: IfHealthyBudget or AlwaysAllow."),
    ] = None


class PodDisruptionBudgetStatus(APIModel):
    """How many pods of a budget may be missing now."""

    observedGeneration: Annotated[Int64, wire(1, "The generation of the spec that this status is about.")] = 0
    disruptedPods: Annotated[
        dict[str, Time | None], wire(2, "Pods whose eviction was allowed and that are not gone yet.")
    ] = {}
    disruptionsAllowed: Annotated[Int32, wire(3, "How many pods may be evicted now.", required=False)] = always(0)
    currentHealthy: Annotated[Int32, wire(4, "Pods that are healthy.", required=False)] = always(0)
    desiredHealthy: Annotated[Int32, wire(5, "Pods that must be healthy.", required=False)] = always(0)
    expectedPods: Annotated[Int32, wire(6, "Pods that there should be.", required=False)] = always(0)
    conditions: Annotated[
        list[Condition],
        wire(
            7,
            "What is so at the moment.",
            patch_strategy="merge",
            merge_key="type",
            list_type="map",
            list_map_keys=("type",),
        ),
    ] = []


class PodDisruptionBudget(Object):
    """How many pods of a set may be evicted at once."""

    spec: Annotated[PodDisruptionBudgetSpec, wire(2, "Which pods, and how many of them may be missing.")] = always(
        PodDisruptionBudgetSpec
    )
    status: Annotated[PodDisruptionBudgetStatus, wire(3, "How many may be missing now.")] = always(
        PodDisruptionBudgetStatus
    )
