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

    deleteOptions: Annotated[DeleteOptions | None, wire(2)] = None


class PodDisruptionBudgetSpec(APIModel):
    minAvailable: Annotated[IntOrString | None, wire(1)] = None
    selector: Annotated[LabelSelector | None, wire(2, patch_strategy="replace")] = None
    maxUnavailable: Annotated[IntOrString | None, wire(3)] = None
    unhealthyPodEvictionPolicy: Annotated[UnhealthyPodEvictionPolicyType | None, wire(4)] = None


class PodDisruptionBudgetStatus(APIModel):
    observedGeneration: Annotated[Int64, wire(1)] = 0
    disruptedPods: Annotated[dict[str, Time | None], wire(2)] = {}
    disruptionsAllowed: Annotated[Int32, wire(3, required=False)] = always(0)
    currentHealthy: Annotated[Int32, wire(4, required=False)] = always(0)
    desiredHealthy: Annotated[Int32, wire(5, required=False)] = always(0)
    expectedPods: Annotated[Int32, wire(6, required=False)] = always(0)
    conditions: Annotated[
        list[Condition], wire(7, patch_strategy="merge", merge_key="type", list_type="map", list_map_keys=("type",))
    ] = []


class PodDisruptionBudget(Object):
    """How many pods of a set may be evicted at once."""

    spec: Annotated[PodDisruptionBudgetSpec, wire(2)] = always(PodDisruptionBudgetSpec)
    status: Annotated[PodDisruptionBudgetStatus, wire(3)] = always(PodDisruptionBudgetStatus)
