"""Rules about other pods: topology spread constraints, pod affinity and anti-affinity.

Called by `controllers.scheduler.filters` and `scores`. Pure. Each rule is counted once for a pod (`Spread`,
`PodRules`), then asked for every node. Source: k8s.io/kubernetes/pkg/scheduler/framework/plugins
(podtopologyspread, interpodaffinity); kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from controllers.scheduler.matching import node_matches, untolerated
from controllers.scheduler.node_info import NodeInfo
from kube.api.core_v1 import Pod, PodAffinityTerm, TopologySpreadConstraint
from kube.apimachinery.labels import from_label_selector
from kube.apimachinery.meta_v1 import LabelSelector

SPREAD = "node(s) didn't match pod topology spread constraints"
SPREAD_LABEL = "node(s) didn't match pod topology spread constraints (missing required label)"
AFFINITY = "node(s) didn't match pod affinity rules"
ANTI_AFFINITY = "node(s) didn't match pod anti-affinity rules"
EXISTING_ANTI_AFFINITY = "node(s) didn't satisfy existing pods anti-affinity rules"

NamespaceLabels = Callable[[str], dict[str, str]]


@dataclass(frozen=True)
class Spread:
    """One constraint, counted: how many matching pods each domain (value of the topology key) has."""

    key: str
    max_skew: int
    counts: Counter[str]
    least: int
    matches_self: int
    matches: Callable[[Pod], bool] = field(compare=False)

    def rejects(self, info: NodeInfo) -> str | None:
        if self.key not in info.labels:
            return SPREAD_LABEL
        here = self.counts[info.labels[self.key]]
        return SPREAD if here + self.matches_self - self.least > self.max_skew else None


def spreads(pod: Pod, infos: Sequence[NodeInfo], when_unsatisfiable: str) -> list[Spread]:
    """The pod's constraints of one kind (DoNotSchedule or ScheduleAnyway), counted over the nodes that count."""
    wanted = [c for c in pod.spec.topologySpreadConstraints if c.whenUnsatisfiable == when_unsatisfiable]
    keys = {c.topologyKey for c in wanted}
    return [_count(pod, c, [i for i in infos if keys <= i.labels.keys() and _counts(pod, c, i)]) for c in wanted]


def _counts(pod: Pod, constraint: TopologySpreadConstraint, info: NodeInfo) -> bool:
    """Whether the node takes part in the count (`nodeAffinityPolicy`, `nodeTaintsPolicy`)."""
    if (constraint.nodeAffinityPolicy or "Honor") == "Honor" and not node_matches(pod, info.node):
        return False
    honors_taints = (constraint.nodeTaintsPolicy or "Ignore") == "Honor"
    return not (honors_taints and untolerated(pod, info.node.spec.taints, ("NoSchedule", "NoExecute")))


def _count(pod: Pod, constraint: TopologySpreadConstraint, infos: Sequence[NodeInfo]) -> Spread:
    selector = constraint.labelSelector.deep_copy() if constraint.labelSelector else None
    if selector is not None:
        for key in constraint.matchLabelKeys:
            if key in pod.metadata.labels:
                selector.matchLabels = {**selector.matchLabels, key: pod.metadata.labels[key]}
    matcher = from_label_selector(selector)

    def matches(other: Pod) -> bool:
        same = other.metadata.namespace == pod.metadata.namespace and other.metadata.deletionTimestamp is None
        return same and matcher.matches(other.metadata.labels)

    counts: Counter[str] = Counter()
    for info in infos:
        counts[info.labels[constraint.topologyKey]] += sum(matches(p) for p in info.pods.values())
    least = min(counts.values(), default=0)
    if constraint.minDomains and len(counts) < constraint.minDomains:
        least = 0
    return Spread(
        constraint.topologyKey, constraint.maxSkew, counts, least, int(matcher.matches(pod.metadata.labels)), matches
    )


# ---- pod affinity and anti-affinity ----


@dataclass
class PodRules:
    """The required rules about other pods, counted: (topology key, value) -> matching pods."""

    affinity: list[tuple[str, Counter[str]]] = field(default_factory=list)
    anti: list[tuple[str, Counter[str]]] = field(default_factory=list)
    existing_anti: set[tuple[str, str]] = field(default_factory=set)
    matches_itself: bool = False

    def rejects(self, info: NodeInfo) -> str | None:
        labels = info.labels
        if not self._affine(info):
            return AFFINITY
        if any(key in labels and counts[labels[key]] for key, counts in self.anti):
            return ANTI_AFFINITY
        if any(labels.get(key) == value for key, value in self.existing_anti):
            return EXISTING_ANTI_AFFINITY
        return None

    def _affine(self, info: NodeInfo) -> bool:
        if all(key in info.labels and counts[info.labels[key]] for key, counts in self.affinity):
            return True
        # The first of a group that wants to be together has nobody to be with: itself is enough.
        alone = not any(counts.total() for _, counts in self.affinity)
        return alone and self.matches_itself and all(key in info.labels for key, _ in self.affinity)


def pod_rules(pod: Pod, infos: Sequence[NodeInfo], namespace_labels: NamespaceLabels) -> PodRules:
    rules = PodRules(existing_anti=_existing_anti(pod, infos, namespace_labels))
    affinity = required_terms(pod, anti=False)
    for term in affinity:
        rules.affinity.append((term.topologyKey, _domains(pod, term, infos, namespace_labels)))
    rules.matches_itself = bool(affinity) and all(term_matches_pod(t, pod, pod, namespace_labels) for t in affinity)
    for term in required_terms(pod, anti=True):
        rules.anti.append((term.topologyKey, _domains(pod, term, infos, namespace_labels)))
    return rules


def required_terms(pod: Pod, *, anti: bool) -> Sequence[PodAffinityTerm]:
    affinity = pod.spec.affinity
    rules = (affinity.podAntiAffinity if anti else affinity.podAffinity) if affinity else None
    return rules.requiredDuringSchedulingIgnoredDuringExecution if rules else ()


def _domains(
    pod: Pod, term: PodAffinityTerm, infos: Iterable[NodeInfo], namespace_labels: NamespaceLabels
) -> Counter[str]:
    counts: Counter[str] = Counter()
    for info in infos:
        if term.topologyKey in info.labels:
            found = sum(term_matches_pod(term, pod, other, namespace_labels) for other in info.pods.values())
            if found:
                counts[info.labels[term.topologyKey]] += found
    return counts


def _existing_anti(pod: Pod, infos: Iterable[NodeInfo], namespace_labels: NamespaceLabels) -> set[tuple[str, str]]:
    forbidden = set()
    for info in infos:
        for other in info.with_anti_affinity.values():
            for term in required_terms(other, anti=True):
                value = info.labels.get(term.topologyKey)
                if value is not None and term_matches_pod(term, other, pod, namespace_labels):
                    forbidden.add((term.topologyKey, value))
    return forbidden


def term_matches_pod(term: PodAffinityTerm, owner: Pod, other: Pod, namespace_labels: NamespaceLabels) -> bool:
    """Whether `other` is one of the pods that the term of `owner` speaks of."""
    namespace = other.metadata.namespace
    if term.namespaces or term.namespaceSelector is not None:
        by_label = term.namespaceSelector is not None and from_label_selector(term.namespaceSelector).matches(
            namespace_labels(namespace)
        )
        if namespace not in term.namespaces and not by_label:
            return False
    elif namespace != owner.metadata.namespace:
        return False
    return from_label_selector(_with_label_keys(term, owner)).matches(other.metadata.labels)


def _with_label_keys(term: PodAffinityTerm, owner: Pod) -> LabelSelector | None:
    keys = [k for k in term.matchLabelKeys if k in owner.metadata.labels]
    if not keys or term.labelSelector is None:
        return term.labelSelector
    selector = term.labelSelector.model_copy()
    selector.matchLabels = {**selector.matchLabels, **{k: owner.metadata.labels[k] for k in keys}}
    return selector
