"""One decision: of all nodes, those on which the pod can run, and of these the best.

Called by `controllers.scheduler.controller`. Pure: chance breaks ties and is an argument. It leaves out preemption,
since there are no priority classes, and volumes. Source: k8s.io/kubernetes/pkg/scheduler (schedule_one.go,
framework/plugins); the texts are those that kube-scheduler writes into the FailedScheduling event.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from controllers.scheduler import topology
from controllers.scheduler.matching import named_nodes, node_matches, untolerated
from controllers.scheduler.node_info import HostPort, NodeInfo, host_ports, requests_of
from controllers.scheduler.scores import Scorer
from kube.api.core_v1 import Pod, Taint

UNSCHEDULABLE = "node(s) were unschedulable"
NODE_NAME = "node(s) didn't match the requested node name"
NODE_AFFINITY = "node(s) didn't match Pod's node affinity/selector"
NOT_NAMED = "node(s) didn't satisfy plugin(s) [NodeAffinity]"
PORTS = "node(s) didn't have free ports for the requested pod ports"
TOO_MANY_PODS = "Too many pods"
_UNSCHEDULABLE_TAINT = Taint(key="node.kubernetes.io/unschedulable", effect="NoSchedule")


@dataclass(frozen=True)
class Placement:
    """The node, and how many others could have been it."""

    node: str
    feasible: int


@dataclass(frozen=True)
class Unschedulable:
    """No node will do. The message is what `kubectl describe pod` shows."""

    message: str


@dataclass(frozen=True)
class Rejection:
    """Why one node will not do. `final`: evicting other pods could not help."""

    reasons: tuple[str, ...]
    final: bool


def schedule(
    pod: Pod,
    infos: Sequence[NodeInfo],
    chance: random.Random,
    namespace_labels: topology.NamespaceLabels = lambda _name: {},
) -> Placement | Unschedulable:
    """Filters, then scores, then picks one of the best."""
    if not infos:
        return Unschedulable("no nodes available to schedule pods")
    if named_nodes(pod) == frozenset():
        return Unschedulable(_conflict(len(infos)))
    check = _filters(pod, infos, namespace_labels)
    feasible, rejected = [], []
    for info in infos:
        found = check(info)
        if found is None:
            feasible.append(info)
        else:
            rejected.append(found)
    if not feasible:
        return Unschedulable(_message(rejected, len(infos)))
    scores = Scorer(pod, feasible, infos, namespace_labels).scores()
    best = max(scores.values())
    return Placement(chance.choice([name for name, score in scores.items() if score == best]), len(feasible))


def _filters(
    pod: Pod, infos: Sequence[NodeInfo], namespace_labels: topology.NamespaceLabels
) -> Callable[[NodeInfo], Rejection | None]:
    """What is the same for every node is counted once, here. The first filter that rejects a node gives the reason."""
    wanted, ports = requests_of(pod), list(host_ports(pod))
    spreads = topology.spreads(pod, infos, "DoNotSchedule")
    rules = topology.pod_rules(pod, infos, namespace_labels)
    named = named_nodes(pod)

    def check(info: NodeInfo) -> Rejection | None:
        if named is not None and info.name not in named:
            return Rejection((NOT_NAMED,), final=True)
        if reason := _node_itself(pod, info):
            return Rejection((reason,), final=True)
        if ports and _ports_conflict(ports, info):
            return Rejection((PORTS,), final=False)
        if reasons := _resources(wanted, info):
            return Rejection(reasons, final=any(wanted[name] > info.allocatable[name] for name in wanted))
        for spread in spreads:
            if reason := spread.rejects(info):
                return Rejection((reason,), final=reason == topology.SPREAD_LABEL)
        if reason := rules.rejects(info):
            return Rejection((reason,), final=reason == topology.AFFINITY)
        return None

    return check


def _node_itself(pod: Pod, info: NodeInfo) -> str | None:
    node = info.node
    if node.spec.unschedulable and untolerated(pod, [_UNSCHEDULABLE_TAINT], ("NoSchedule",)):
        return UNSCHEDULABLE
    if pod.spec.nodeName and pod.spec.nodeName != info.name:
        return NODE_NAME
    taint = untolerated(pod, node.spec.taints, ("NoSchedule", "NoExecute"))
    if taint is not None:
        return f"node(s) had untolerated taint {{{taint.key}: {taint.value}}}"
    return None if node_matches(pod, node) else NODE_AFFINITY


def _ports_conflict(wanted: Sequence[HostPort], info: NodeInfo) -> bool:
    """The same port and protocol, on the same address or where one of the two takes all addresses."""
    for address, protocol, port in wanted:
        for taken_address, taken_protocol, taken_port in info.ports:
            if (protocol, port) == (taken_protocol, taken_port) and (
                address == taken_address or "0.0.0.0" in (address, taken_address)
            ):
                return True
    return False


def _resources(wanted: Counter[str], info: NodeInfo) -> tuple[str, ...]:
    reasons = []
    if len(info.pods) + 1 > info.allocatable.get("pods", 110):
        reasons.append(TOO_MANY_PODS)
    for name, request in wanted.items():
        if request > 0 and request > info.allocatable[name] - info.requested[name]:
            reasons.append(f"Insufficient {name}")
    return tuple(reasons)


def _message(rejected: Sequence[Rejection], total: int) -> str:
    """`0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable. preemption: ...`"""
    reasons = Counter(reason for rejection in rejected for reason in rejection.reasons)
    preemption = Counter(
        "Preemption is not helpful for scheduling" if r.final else "No preemption victims found for incoming pod"
        for r in rejected
    )
    head = f"0/{total} nodes are available"
    return f"{head}: {_histogram(reasons)}. preemption: {head}: {_histogram(preemption)}."


def _conflict(total: int) -> str:
    head = f"0/{total} nodes are available"
    return f"{head}: pod affinity terms conflict. preemption: {head}: {total} Preemption is not helpful for scheduling."


def _histogram(reasons: Counter[str]) -> str:
    return ", ".join(sorted(f"{count} {reason}" for reason, count in reasons.items()))
