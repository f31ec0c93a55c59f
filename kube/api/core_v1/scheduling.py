"""Where a pod may run: affinity, tolerations, spreading.

Used by whoever handles these kinds. Types only: `kube.apimachinery.types` says how to read them, the API server's
registry has their defaults and validation. Source: the Kubernetes API reference.
"""

from typing import Annotated

from kube.api.core_v1.enums import (
    NodeInclusionPolicy,
    NodeSelectorOperator,
    TaintEffect,
    TolerationOperator,
    UnsatisfiableConstraintAction,
)
from kube.apimachinery.meta_v1 import LabelSelector
from kube.apimachinery.types import APIModel, Int32, Int64, Nil, Slice, always, wire


class NodeSelectorRequirement(APIModel):
    key: Annotated[str, wire(1)] = always("")
    operator: Annotated[NodeSelectorOperator, wire(2)] = always("")
    values: Annotated[list[str], wire(3, list_type="atomic")] = []


class NodeSelectorTerm(APIModel):
    atomic = True

    matchExpressions: Annotated[list[NodeSelectorRequirement], wire(1, list_type="atomic")] = []
    matchFields: Annotated[list[NodeSelectorRequirement], wire(2, list_type="atomic")] = []


class NodeSelector(APIModel):
    atomic = True

    nodeSelectorTerms: Annotated[Slice[NodeSelectorTerm], wire(1, list_type="atomic")] = always(Nil)


class PreferredSchedulingTerm(APIModel):
    weight: Annotated[Int32, wire(1)] = always(0)
    preference: Annotated[NodeSelectorTerm, wire(2, required=True)] = always(NodeSelectorTerm)


class NodeAffinity(APIModel):
    requiredDuringSchedulingIgnoredDuringExecution: Annotated[NodeSelector | None, wire(1)] = None
    preferredDuringSchedulingIgnoredDuringExecution: Annotated[
        list[PreferredSchedulingTerm], wire(2, list_type="atomic")
    ] = []


class PodAffinityTerm(APIModel):
    labelSelector: Annotated[LabelSelector | None, wire(1)] = None
    namespaces: Annotated[list[str], wire(2, list_type="atomic")] = []
    topologyKey: Annotated[str, wire(3)] = always("")
    namespaceSelector: Annotated[LabelSelector | None, wire(4)] = None
    matchLabelKeys: Annotated[list[str], wire(5, list_type="atomic")] = []
    mismatchLabelKeys: Annotated[list[str], wire(6, list_type="atomic")] = []


class WeightedPodAffinityTerm(APIModel):
    weight: Annotated[Int32, wire(1)] = always(0)
    podAffinityTerm: Annotated[PodAffinityTerm, wire(2, required=True)] = always(PodAffinityTerm)


class PodAffinity(APIModel):
    requiredDuringSchedulingIgnoredDuringExecution: Annotated[list[PodAffinityTerm], wire(1, list_type="atomic")] = []
    preferredDuringSchedulingIgnoredDuringExecution: Annotated[
        list[WeightedPodAffinityTerm], wire(2, list_type="atomic")
    ] = []


class PodAntiAffinity(APIModel):
    requiredDuringSchedulingIgnoredDuringExecution: Annotated[list[PodAffinityTerm], wire(1, list_type="atomic")] = []
    preferredDuringSchedulingIgnoredDuringExecution: Annotated[
        list[WeightedPodAffinityTerm], wire(2, list_type="atomic")
    ] = []


class Affinity(APIModel):
    nodeAffinity: Annotated[NodeAffinity | None, wire(1)] = None
    podAffinity: Annotated[PodAffinity | None, wire(2)] = None
    podAntiAffinity: Annotated[PodAntiAffinity | None, wire(3)] = None


class Toleration(APIModel):
    key: Annotated[str, wire(1)] = ""
    operator: Annotated[TolerationOperator, wire(2)] = ""
    value: Annotated[str, wire(3)] = ""
    effect: Annotated[TaintEffect, wire(4)] = ""
    tolerationSeconds: Annotated[Int64 | None, wire(5)] = None


class TopologySpreadConstraint(APIModel):
    maxSkew: Annotated[Int32, wire(1)] = always(0)
    topologyKey: Annotated[str, wire(2)] = always("")
    whenUnsatisfiable: Annotated[UnsatisfiableConstraintAction, wire(3)] = always("")
    labelSelector: Annotated[LabelSelector | None, wire(4)] = None
    minDomains: Annotated[Int32 | None, wire(5)] = None
    nodeAffinityPolicy: Annotated[NodeInclusionPolicy | None, wire(6)] = None
    nodeTaintsPolicy: Annotated[NodeInclusionPolicy | None, wire(7)] = None
    matchLabelKeys: Annotated[list[str], wire(8, list_type="atomic")] = []


class PodSchedulingGate(APIModel):
    name: Annotated[str, wire(1)] = always("")


class PodSchedulingGroup(APIModel):
    podGroupName: Annotated[str | None, wire(1)] = None
