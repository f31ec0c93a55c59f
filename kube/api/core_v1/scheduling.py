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
    """A key, an operator and values to which a label or field is compared."""

    key: Annotated[str, wire(1, "The label's key.")] = always("")
    operator: Annotated[NodeSelectorOperator, wire(2, "In, NotIn, Exists, DoesNotExist, Gt or Lt.")] = always("")
    values: Annotated[list[str], wire(3, "The values to compare with.", list_type="atomic")] = []


class NodeSelectorTerm(APIModel):
    """Requirements of a node that must all hold; an empty term chooses none."""

    atomic = True

    matchExpressions: Annotated[
        list[NodeSelectorRequirement], wire(1, "What must hold of the node's labels, all of it.", list_type="atomic")
    ] = []
    matchFields: Annotated[
        list[NodeSelectorRequirement],
        wire(2, "What must hold of the node's fields, all of it: metadata.name.", list_type="atomic"),
    ] = []


class NodeSelector(APIModel):
    """Chooses nodes: one of the terms must hold."""

    atomic = True

    nodeSelectorTerms: Annotated[
        Slice[NodeSelectorTerm], wire(1, "Terms, of which one must hold.", list_type="atomic")
    ] = always(Nil)


class PreferredSchedulingTerm(APIModel):
    """Nodes that are preferred, and by how much."""

    weight: Annotated[Int32, wire(1, "How much it counts, 1 to 100.")] = always(0)
    preference: Annotated[NodeSelectorTerm, wire(2, "The nodes.", required=True)] = always(NodeSelectorTerm)


class NodeAffinity(APIModel):
    """Which nodes a pod needs or prefers."""

    requiredDuringSchedulingIgnoredDuringExecution: Annotated[NodeSelector | None, wire(1, "Nodes that will do.")] = (
        None
    )
    preferredDuringSchedulingIgnoredDuringExecution: Annotated[
        list[PreferredSchedulingTerm], wire(2, "Nodes that are preferred, with weights.", list_type="atomic")
    ] = []


class PodAffinityTerm(APIModel):
    """Other pods, and what counts as the same place."""

    labelSelector: Annotated[LabelSelector | None, wire(1, "Which pods.")] = None
    namespaces: Annotated[list[str], wire(2, "In which namespaces; the pod's own by default.", list_type="atomic")] = []
    topologyKey: Annotated[str, wire(3, "The node label that says what near means.")] = always("")
    namespaceSelector: Annotated[LabelSelector | None, wire(4, "In which namespaces, by their labels.")] = None
    matchLabelKeys: Annotated[
        list[str], wire(5, "Labels whose values must be those of the pod itself.", list_type="atomic")
    ] = []
    mismatchLabelKeys: Annotated[
        list[str], wire(6, "Labels whose values must not be those of the pod itself.", list_type="atomic")
    ] = []


class WeightedPodAffinityTerm(APIModel):
    """Other pods that are preferred near or far, and by how much."""

    weight: Annotated[Int32, wire(1, "How much it counts, 1 to 100.")] = always(0)
    podAffinityTerm: Annotated[PodAffinityTerm, wire(2, "The pods.", required=True)] = always(PodAffinityTerm)


class PodAffinity(APIModel):
    """Which pods a pod needs or prefers near it."""

    requiredDuringSchedulingIgnoredDuringExecution: Annotated[
        list[PodAffinityTerm], wire(1, "Must be near these.", list_type="atomic")
    ] = []
    preferredDuringSchedulingIgnoredDuringExecution: Annotated[
        list[WeightedPodAffinityTerm], wire(2, "Had better be near these.", list_type="atomic")
    ] = []


class PodAntiAffinity(APIModel):
    """Which pods a pod wants, or prefers, not to have near it."""

    requiredDuringSchedulingIgnoredDuringExecution: Annotated[
        list[PodAffinityTerm], wire(1, "Must not be near these.", list_type="atomic")
    ] = []
    preferredDuringSchedulingIgnoredDuringExecution: Annotated[
        list[WeightedPodAffinityTerm], wire(2, "Had better not be near these.", list_type="atomic")
    ] = []


class Affinity(APIModel):
    """Which nodes a pod wants, and which pods it wants near or far."""

    nodeAffinity: Annotated[NodeAffinity | None, wire(1, "Which nodes, by their labels.")] = None
    podAffinity: Annotated[PodAffinity | None, wire(2, "Near which pods.")] = None
    podAntiAffinity: Annotated[PodAntiAffinity | None, wire(3, "Away from which pods.")] = None


class Toleration(APIModel):
    """Lets a pod onto nodes with matching taints."""

    key: Annotated[str, wire(1, "The taint's key; every key without it.")] = ""
    operator: Annotated[TolerationOperator, wire(2, "Equal, or Exists for whatever value.")] = ""
    value: Annotated[str, wire(3, "The taint's value.")] = ""
    effect: Annotated[TaintEffect, wire(4, "The taint's effect; every effect without it.")] = ""
    tolerationSeconds: Annotated[
        Int64 | None, wire(5, "For how long a NoExecute taint is tolerated; for ever without it.")
    ] = None


class TopologySpreadConstraint(APIModel):
    """How evenly pods are spread over nodes, zones or the like."""

    maxSkew: Annotated[Int32, wire(1, "By how many pods two places may differ.")] = always(0)
    topologyKey: Annotated[str, wire(2, "The node label whose values are the places.")] = always("")
    whenUnsatisfiable: Annotated[UnsatisfiableConstraintAction, wire(3, "DoNotSchedule or ScheduleAnyway.")] = always(
        ""
    )
    labelSelector: Annotated[LabelSelector | None, wire(4, "Which pods are counted.")] = None
    minDomains: Annotated[Int32 | None, wire(5, "How many places there must be at least.")] = None
    nodeAffinityPolicy: Annotated[
        NodeInclusionPolicy | None, wire(6, "Whether nodes that do not fit by affinity count: Honor or Ignore.")
    ] = None
    nodeTaintsPolicy: Annotated[
        NodeInclusionPolicy | None, wire(7, "Whether nodes with taints that are not tolerated count: Honor or Ignore.")
    ] = None
    matchLabelKeys: Annotated[
        list[str], wire(8, "Labels whose values must be those of the pod itself.", list_type="atomic")
    ] = []


class PodSchedulingGate(APIModel):
    """Holds a pod back from scheduling until it is removed."""

    name: Annotated[str, wire(1, "The gate's name.")] = always("")


class PodSchedulingGroup(APIModel):
    """The group of pods that is scheduled together."""

    podGroupName: Annotated[str | None, wire(1, "The name of the PodGroup, in the pod's namespace.")] = None
