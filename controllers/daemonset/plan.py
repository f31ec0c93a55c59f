"""Which nodes need a daemon pod, which pods are too many, what an update takes down, and the status.

Called by `controllers.daemonset.controller`. Pure. Source: k8s.io/kubernetes/pkg/controller/daemon
(daemon_controller.go, update.go); kubernetes.io/docs/concepts/workloads/controllers/daemonset/.

| the node | should run | may keep |
|---|---|---|
| does not match the node selector or affinity | no | no |
| has a NoSchedule taint that is not tolerated | no | yes |
| has a NoExecute taint that is not tolerated | no | no |
| else | yes | yes |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from controllers import pods as podutil
from controllers.history import HASH_LABEL
from controllers.ownership import controller_reference
from controllers.scheduler.matching import node_matches, untolerated
from kube.api.apps_v1 import DaemonSet, DaemonSetStatus
from kube.api.core_v1 import (
    Affinity,
    Node,
    NodeAffinity,
    NodeSelector,
    NodeSelectorRequirement,
    NodeSelectorTerm,
    Pod,
    PodTemplateSpec,
    Toleration,
)
from kube.apimachinery.intstr import scaled_value
from kube.apimachinery.meta_v1 import ObjectMeta

BURST = 250
_TOLERATED = (
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
)


@dataclass(frozen=True)
class DaemonPlan:
    """Nodes that get a pod, pods that go."""

    create: tuple[str, ...] = ()
    delete: tuple[Pod, ...] = ()

    def __str__(self) -> str:
        parts = [f"create on {name}" for name in self.create]
        return ", ".join(parts + [f"delete {p.metadata.name}" for p in self.delete])


def target_node(pod: Pod) -> str:
    """Where the pod runs, or is bound to run: from its affinity while it waits for the scheduler."""
    if pod.spec.nodeName:
        return pod.spec.nodeName
    affinity = pod.spec.affinity.nodeAffinity if pod.spec.affinity else None
    required = affinity.requiredDuringSchedulingIgnoredDuringExecution if affinity else None
    for term in required.nodeSelectorTerms if required else ():
        for field in term.matchFields:
            if field.key == "metadata.name" and field.operator == "In" and field.values:
                return field.values[0]
    return ""


def should_run(ds: DaemonSet, node: Node) -> tuple[bool, bool]:
    """(a pod should be there, a pod that is there may stay)."""
    pod = Pod(spec=with_tolerations(ds.spec.template).spec)
    if pod.spec.nodeName not in ("", node.metadata.name) or not node_matches(pod, node):
        return False, False
    if untolerated(pod, node.spec.taints, ("NoExecute",)):
        return False, False
    return untolerated(pod, node.spec.taints, ("NoSchedule",)) is None, True


def with_tolerations(template: PodTemplateSpec) -> PodTemplateSpec:
    """A daemon stays on a node that is in trouble: that is where it is needed."""
    spec = template.spec
    tolerations = list(spec.tolerations)
    pairs = [*_TOLERATED, *([("node.kubernetes.io/network-unavailable", "NoSchedule")] if spec.hostNetwork else [])]
    for key, effect in pairs:
        wanted = Toleration(key=key, operator="Exists", effect=effect)
        if wanted not in tolerations:
            tolerations.append(wanted)
    return template.model_copy(update={"spec": spec.model_copy(update={"tolerations": tolerations})})


def by_node(pods: Sequence[Pod]) -> dict[str, list[Pod]]:
    found: dict[str, list[Pod]] = {}
    for pod in pods:
        if node := target_node(pod):
            found.setdefault(node, []).append(pod)
    return found


def plan(ds: DaemonSet, nodes: Sequence[Node], pods: Sequence[Pod], revision: str, now: datetime) -> DaemonPlan:
    """First the right number on each node; only when that is so, the update. `revision`: the newest one's hash."""
    placed = by_node(pods)
    create, delete = _manage(ds, nodes, placed)
    names = {n.metadata.name for n in nodes}
    delete += [p for name, found in placed.items() if name not in names for p in found if _alive(p)]
    if not create and not delete and ds.spec.updateStrategy.type != "OnDelete":
        create, delete = _update(ds, nodes, placed, revision, now)
    return DaemonPlan(tuple(create[:BURST]), tuple(delete[:BURST]))


def _alive(pod: Pod) -> bool:
    return pod.metadata.deletionTimestamp is None


def _manage(ds: DaemonSet, nodes: Sequence[Node], placed: Mapping[str, list[Pod]]) -> tuple[list[str], list[Pod]]:
    create: list[str] = []
    delete: list[Pod] = []
    surge = max_surge(ds, nodes)
    for node in nodes:
        name = node.metadata.name
        here = placed.get(name, [])
        wanted, may_stay = should_run(ds, node)
        if wanted and not here:
            create.append(name)
        elif may_stay:
            delete += _too_many(here, surge)
        else:
            delete += [p for p in here if _alive(p)]
    return create, delete


def _too_many(here: Sequence[Pod], surge: int) -> list[Pod]:
    """Pods that have ended, and all but the oldest (with surge, an update may hold two)."""
    ended = [p for p in here if podutil.is_terminal(p) and _alive(p)]
    running = sorted(
        (p for p in here if not podutil.is_terminal(p) and _alive(p)),
        key=lambda p: (p.metadata.creationTimestamp or "", p.metadata.name),
    )
    return ended + (running[1:] if not surge else running[2:])


def _update(
    ds: DaemonSet, nodes: Sequence[Node], placed: Mapping[str, list[Pod]], revision: str, now: datetime
) -> tuple[list[str], list[Pod]]:
    """(nodes that get a new pod beside their old one, pods to take down)."""
    on_nodes: list[tuple[str, list[Pod], list[Pod]]] = []
    for node in nodes:
        if should_run(ds, node)[0]:
            here = [p for p in placed.get(node.metadata.name, []) if not podutil.is_terminal(p) and _alive(p)]
            new = [p for p in here if hash_of(p) == revision]
            on_nodes.append((node.metadata.name, new, [p for p in here if hash_of(p) != revision]))

    def available(pods: Sequence[Pod]) -> bool:
        return any(podutil.is_available(p, ds.spec.minReadySeconds, now) for p in pods)

    surge = max_surge(ds, nodes)
    if surge:
        return _surge(on_nodes, available, surge)
    return [], _replace(on_nodes, available, max_unavailable(ds, nodes))


def _replace(
    on_nodes: Sequence[tuple[str, list[Pod], list[Pod]]], available: Callable[[Sequence[Pod]], bool], allowed: int
) -> list[Pod]:
    """Takes down as many outdated pods as may be unavailable; one that does not work costs nothing."""
    delete, candidates, unavailable = [], [], 0
    for _, new, old in on_nodes:
        if available([*new, *old]):
            candidates += old
        else:
            unavailable += 1
            delete += old
    return delete + candidates[: max(0, allowed - unavailable)]


def _surge(
    on_nodes: Sequence[tuple[str, list[Pod], list[Pod]]], available: Callable[[Sequence[Pod]], bool], most: int
) -> tuple[list[str], list[Pod]]:
    """Makes the new pod first, beside the old one, on so many nodes at a time; and beside any that does not work."""
    create, candidates, delete, surging = [], [], [], 0
    for name, new, old in on_nodes:
        if not new and not old:
            surging += 1
        elif old and not new:
            (candidates if available(old) else create).append(name)
        elif old and available(new):
            delete += old
        elif old:
            surging += 1
    return create + candidates[: max(0, most - surging)], delete


def hash_of(pod: Pod) -> str:
    return pod.metadata.labels.get(HASH_LABEL, "")


def _desired_count(ds: DaemonSet, nodes: Sequence[Node]) -> int:
    return sum(should_run(ds, node)[0] for node in nodes)


def max_surge(ds: DaemonSet, nodes: Sequence[Node]) -> int:
    rolling = ds.spec.updateStrategy.rollingUpdate
    if ds.spec.updateStrategy.type == "OnDelete" or rolling is None or not rolling.maxSurge:
        return 0
    return scaled_value(rolling.maxSurge, _desired_count(ds, nodes), round_up=True)


def max_unavailable(ds: DaemonSet, nodes: Sequence[Node]) -> int:
    rolling = ds.spec.updateStrategy.rollingUpdate
    given = rolling.maxUnavailable if rolling and rolling.maxUnavailable is not None else 1
    found = scaled_value(given, _desired_count(ds, nodes), round_up=True)
    return 1 if not found and not max_surge(ds, nodes) else found


def new_pod(ds: DaemonSet, node: str, revision: str) -> Pod:
    """A pod that only this node can take; the scheduler binds it."""
    template = with_tolerations(ds.spec.template)
    meta = template.metadata
    return Pod(
        metadata=ObjectMeta(
            generateName=ds.metadata.name + "-",
            namespace=ds.metadata.namespace,
            labels={**meta.labels, HASH_LABEL: revision, "pod-template-generation": str(ds.metadata.generation)},
            annotations=dict(meta.annotations),
            ownerReferences=[controller_reference(ds)],
        ),
        spec=template.spec.model_copy(update={"affinity": _pinned(template.spec.affinity, node)}),
    )


def _pinned(affinity: Affinity | None, node: str) -> Affinity:
    affinity = affinity.deep_copy() if affinity else Affinity()
    affinity.nodeAffinity = affinity.nodeAffinity or NodeAffinity()
    only = NodeSelectorRequirement(key="metadata.name", operator="In", values=[node])
    affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution = NodeSelector(
        nodeSelectorTerms=[NodeSelectorTerm(matchFields=[only])]
    )
    return affinity


def status_of(
    ds: DaemonSet, nodes: Sequence[Node], pods: Sequence[Pod], revision: str, collisions: int | None, now: datetime
) -> DaemonSetStatus:
    """Of each node the oldest pod counts, unless a newer one is ready."""
    placed = by_node([p for p in pods if _alive(p)])
    status = DaemonSetStatus(
        observedGeneration=ds.metadata.generation, collisionCount=collisions, conditions=ds.status.conditions
    )
    for node in nodes:
        here = placed.get(node.metadata.name, [])
        if not should_run(ds, node)[0]:
            status.numberMisscheduled += bool(here)
            continue
        status.desiredNumberScheduled += 1
        if not here:
            continue
        best = min(here, key=lambda p: (not podutil.is_ready(p), p.metadata.creationTimestamp or ""))
        status.currentNumberScheduled += 1
        status.numberReady += podutil.is_ready(best)
        status.numberAvailable += podutil.is_available(best, ds.spec.minReadySeconds, now)
        status.updatedNumberScheduled += any(hash_of(p) == revision for p in here)
    status.numberUnavailable = status.desiredNumberScheduled - status.numberAvailable
    return status
