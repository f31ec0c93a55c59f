"""What a node's silence means: its conditions, its taints, and what becomes of its pods.

Called by `controllers.node_lifecycle.controller`. Pure. Source: k8s.io/kubernetes/pkg/controller/nodelifecycle;
kubernetes.io/docs/concepts/architecture/nodes/#node-controller.

| Ready | taint `node.kubernetes.io/` | effects |
|---|---|---|
| True | none | |
| False | not-ready | NoSchedule, NoExecute |
| Unknown, or never reported | unreachable | NoSchedule, NoExecute |

`NoExecute` is added at a rate, and withheld where too much is wrong at once (`eviction_rate`): then it is the network
that is broken, not so many nodes that died.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from datetime import datetime

from kube.api.core_v1 import Node, NodeCondition, Taint
from kube.apimachinery import times

NOT_READY = "node.kubernetes.io/not-ready"
UNREACHABLE = "node.kubernetes.io/unreachable"
UNSCHEDULABLE = "node.kubernetes.io/unschedulable"
_PRESSURE = {
    "MemoryPressure": "node.kubernetes.io/memory-pressure",
    "DiskPressure": "node.kubernetes.io/disk-pressure",
    "PIDPressure": "node.kubernetes.io/pid-pressure",
    "NetworkUnavailable": "node.kubernetes.io/network-unavailable",
}
_REPORTED = ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure")
MANAGED_TAINTS = frozenset({NOT_READY, UNREACHABLE, UNSCHEDULABLE, *_PRESSURE.values()})


NORMAL_RATE, SECONDARY_RATE = 0.1, 0.01
"""Nodes a second: --node-eviction-rate, --secondary-node-eviction-rate."""
UNHEALTHY_ZONE, LARGE_CLUSTER = 0.55, 50
"""--unhealthy-zone-threshold, --large-cluster-size-threshold."""
REGION_LABEL, ZONE_LABEL = "topology.kubernetes.io/region", "topology.kubernetes.io/zone"


def zone_of(node: Node) -> tuple[str, str]:
    """(region, zone); nodes without labels are a zone of their own."""
    labels = node.metadata.labels
    return labels.get(REGION_LABEL, ""), labels.get(ZONE_LABEL, "")


def zone_state(well: int, ailing: int) -> str:
    """Of so many nodes of a zone."""
    if not well and ailing:
        return "FullDisruption"
    if ailing > 2 and ailing / (well + ailing) >= UNHEALTHY_ZONE:
        return "PartialDisruption"
    return "Normal"


def eviction_rate(zones: Mapping[Hashable, tuple[int, int]], zone: Hashable) -> float:
    """How many nodes a second get NoExecute in a zone. `zones`: (well, ailing) nodes of each.

    | the zone | the others | rate |
    |---|---|---|
    | Normal | any | 0.1 |
    | PartialDisruption, more than 50 nodes | any | 0.01 |
    | PartialDisruption, no more than that | any | 0 |
    | FullDisruption | one is not | 0.1 |
    | FullDisruption | all are | 0 |
    """
    states = {name: zone_state(*counts) for name, counts in zones.items()}
    if set(states.values()) <= {"FullDisruption"}:
        return 0.0
    if states.get(zone) != "PartialDisruption":
        return NORMAL_RATE
    return SECONDARY_RATE if sum(zones[zone]) > LARGE_CLUSTER else 0.0


def condition(node: Node, type: str) -> NodeCondition | None:
    return next((c for c in node.status.conditions if c.type == type), None)


def ready_status(node: Node) -> str:
    """True, False or Unknown; Unknown when it never reported."""
    found = condition(node, "Ready")
    return found.status if found else "Unknown"


def silent_conditions(node: Node, now: datetime) -> list[NodeCondition]:
    """The node's conditions when its kubelet has not been heard of for too long: all that it reported is Unknown."""
    stamp = times.format_time(now)
    by_type = {c.type: c for c in node.status.conditions}
    for type_ in _REPORTED:
        by_type[type_] = _unknown(type_, by_type.get(type_), node.metadata.creationTimestamp, stamp)
    return list(by_type.values())


def _unknown(type_: str, old: NodeCondition | None, created: str | None, stamp: str) -> NodeCondition:
    if old is None:
        return NodeCondition(
            type=type_,
            status="Unknown",
            reason="NodeStatusNeverUpdated",
            message="Kubelet never posted node status.",
            lastHeartbeatTime=created,
            lastTransitionTime=stamp,
        )
    if old.status == "Unknown":
        return old
    return old.model_copy(
        update={
            "status": "Unknown",
            "reason": "NodeStatusUnknown",
            "message": "Kubelet stopped posting node status.",
            "lastTransitionTime": stamp,
        }
    )


def wanted_taints(node: Node, *, may_evict: bool) -> set[tuple[str, str]]:
    """(key, effect) of the taints that this controller manages and the node should have."""
    status = ready_status(node)
    wanted: set[tuple[str, str]] = set()
    if status != "True":
        key = NOT_READY if status == "False" else UNREACHABLE
        wanted.add((key, "NoSchedule"))
        if may_evict or (key, "NoExecute") in _present(node):
            wanted.add((key, "NoExecute"))
    for type_, key in _PRESSURE.items():
        found = condition(node, type_)
        if found is not None and found.status == "True":
            wanted.add((key, "NoSchedule"))
    if node.spec.unschedulable:
        wanted.add((UNSCHEDULABLE, "NoSchedule"))
    return wanted


def with_taints(node: Node, wanted: Iterable[tuple[str, str]], now: datetime) -> list[Taint] | None:
    """The node's taints with ours as wanted and everybody else's as they are; None when nothing changes."""
    wanted, present = set(wanted), _present(node)
    if wanted == present:
        return None
    kept = [t for t in node.spec.taints if t.key not in MANAGED_TAINTS or (t.key, t.effect) in wanted]
    stamp = times.format_time(now)
    added = [
        Taint(key=key, effect=effect, timeAdded=stamp if effect == "NoExecute" else None)
        for key, effect in sorted(wanted - present)
    ]
    return kept + added


def _present(node: Node) -> set[tuple[str, str]]:
    return {(t.key, t.effect) for t in node.spec.taints if t.key in MANAGED_TAINTS}
