"""Which of the nodes that would do is best: each rule gives 0 to 100, times its weight.

Called by `controllers.scheduler.schedule`. Pure. Source: k8s.io/kubernetes/pkg/scheduler/framework/plugins, with the
default weights of kube-scheduler's configuration.

| rule | weight | prefers |
|---|---|---|
| TaintToleration | 3 | fewer PreferNoSchedule taints that are not tolerated |
| NodeAffinity | 2 | preferred node affinity |
| PodTopologySpread | 2 | fewer pods of the same owner, on the node and in its zone; ScheduleAnyway constraints |
| InterPodAffinity | 2 | preferred pod affinity, against preferred anti-affinity |
| NodeResourcesFit | 1 | more free CPU and memory |
| NodeResourcesBalancedAllocation | 1 | CPU and memory used alike |
| ImageLocality | 1 | the images are there already |
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence

from controllers.ownership import controller_of
from controllers.scheduler import topology
from controllers.scheduler.matching import term_matches, untolerated
from controllers.scheduler.node_info import HOSTNAME, ZONE, NodeInfo, requests_of
from kube.api.core_v1 import Pod

MAX = 100.0
DEFAULT_REQUESTS = {"cpu": 100, "memory": 200 << 20}
"""What a pod that asks for nothing is taken to use, or a hundred of them would count as none."""
_MIN_IMAGE, _MAX_IMAGE = 23 << 20, 1000 << 20


class Scorer:
    """Scores the feasible nodes for one pod; `infos` are all nodes, where other pods are."""

    def __init__(
        self,
        pod: Pod,
        feasible: Sequence[NodeInfo],
        infos: Sequence[NodeInfo],
        namespace_labels: topology.NamespaceLabels,
    ):
        self.pod, self.feasible, self.infos = pod, feasible, infos
        self.namespace_labels = namespace_labels
        self._wanted = {k: max(v, requests_of(pod)[k]) for k, v in DEFAULT_REQUESTS.items()}

    def scores(self) -> dict[str, float]:
        """Node name -> the weighted sum."""
        if len(self.feasible) == 1:
            return {self.feasible[0].name: 0.0}
        total = dict.fromkeys((info.name for info in self.feasible), 0.0)
        for weight, rule in (
            (3, self._taints),
            (2, self._node_affinity),
            (2, self._spread),
            (2, self._pod_affinity),
            (1, self._least_allocated),
            (1, self._balanced),
            (1, self._images),
        ):
            for name, score in rule().items():
                total[name] += weight * score
        return {name: round(score, 6) for name, score in total.items()}

    # ---- the rules ----

    def _taints(self) -> dict[str, float]:
        def intolerable(info: NodeInfo) -> float:
            taints = info.node.spec.taints
            return sum(untolerated(self.pod, [t], ("PreferNoSchedule",)) is not None for t in taints)

        return self._normalized(intolerable, reverse=True)

    def _node_affinity(self) -> dict[str, float]:
        affinity = self.pod.spec.affinity.nodeAffinity if self.pod.spec.affinity else None
        terms = affinity.preferredDuringSchedulingIgnoredDuringExecution if affinity else []
        if not terms:
            return {}
        return self._normalized(lambda info: sum(t.weight for t in terms if term_matches(t.preference, info.node)))

    def _spread(self) -> dict[str, float]:
        """The pod's own ScheduleAnyway constraints, else the cluster's default: by host and by zone."""
        if self.pod.spec.topologySpreadConstraints:
            counted = [(s.key, s.counts) for s in topology.spreads(self.pod, self.infos, "ScheduleAnyway")]
        else:
            counted = self._siblings()
        if not counted:
            return {}

        def crowd(info: NodeInfo) -> float:
            here = [(key, counts) for key, counts in counted if key in info.labels]
            return sum(counts[info.labels[key]] * math.log(len(counts) + 2) for key, counts in here)

        return self._normalized(crowd, reverse=True)

    def _siblings(self) -> list[tuple[str, Counter[str]]]:
        owner = controller_of(self.pod)
        if owner is None:
            return []
        hosts, zones = Counter(), Counter()
        for info in self.infos:
            hosts[info.labels.get(HOSTNAME, info.name)] += info.owned[owner.uid]
            if ZONE in info.labels:
                zones[info.labels[ZONE]] += info.owned[owner.uid]
        return [(HOSTNAME, hosts), *([(ZONE, zones)] if len(zones) > 1 else [])]

    def _pod_affinity(self) -> dict[str, float]:
        weights: Counter[tuple[str, str]] = Counter()
        affinity = self.pod.spec.affinity
        for sign, rules in (
            (1, affinity.podAffinity if affinity else None),
            (-1, affinity.podAntiAffinity if affinity else None),
        ):
            for term in rules.preferredDuringSchedulingIgnoredDuringExecution if rules else ():
                self._weigh(weights, term.podAffinityTerm, sign * term.weight)
        if not weights:
            return {}
        return self._normalized(lambda info: sum(w for (k, v), w in weights.items() if info.labels.get(k) == v))

    def _weigh(self, weights: Counter, term: topology.PodAffinityTerm, weight: int) -> None:
        for info in self.infos:
            value = info.labels.get(term.topologyKey)
            if value is None:
                continue
            for other in info.pods.values():
                if topology.term_matches_pod(term, self.pod, other, self.namespace_labels):
                    weights[term.topologyKey, value] += weight

    def _least_allocated(self) -> dict[str, float]:
        return {info.name: MAX * (1 - sum(self._used(info)) / 2) for info in self.feasible}

    def _balanced(self) -> dict[str, float]:
        def balance(info: NodeInfo) -> float:
            cpu, memory = self._used(info)
            return MAX * (1 - abs(cpu - memory) / 2)

        return {info.name: balance(info) for info in self.feasible}

    def _used(self, info: NodeInfo) -> tuple[float, float]:
        """The parts of CPU and memory that would be taken with this pod."""

        def part(name: str) -> float:
            capacity = info.allocatable[name]
            taken = max(info.requested[name], len(info.pods) * DEFAULT_REQUESTS[name]) + self._wanted[name]
            return min(1.0, taken / capacity) if capacity else 1.0

        return part("cpu"), part("memory")

    def _images(self) -> dict[str, float]:
        wanted = {c.image for c in self.pod.spec.containers}

        def score(info: NodeInfo) -> float:
            size = sum(i.sizeBytes for i in info.node.status.images if not wanted.isdisjoint(i.names))
            limit = _MAX_IMAGE * len(wanted)
            return MAX * (min(max(size, _MIN_IMAGE), limit) - _MIN_IMAGE) / (limit - _MIN_IMAGE)

        return {info.name: score(info) for info in self.feasible}

    def _normalized(self, measure: Callable[[NodeInfo], float], *, reverse: bool = False) -> dict[str, float]:
        """Scales what is measured to 0..100; reversed, the least is best. All alike: nobody is preferred."""
        found = {info.name: float(measure(info)) for info in self.feasible}
        low, high = min(found.values()), max(found.values())
        if low == high:
            return {}
        if reverse:
            return {name: MAX * (high - value) / (high - low) for name, value in found.items()}
        return {name: MAX * (value - low) / (high - low) for name, value in found.items()}
