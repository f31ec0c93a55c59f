"""What a ReplicaSet needs: how many pods to create, which to delete, and what its status should say.

Called by `controllers.replicaset.controller`. Pure. Source: k8s.io/kubernetes/pkg/controller/replicaset
(manageReplicas, calculateStatus).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from controllers import pods as podutil
from controllers.ownership import controller_reference
from kube.api.apps_v1 import ReplicaSet, ReplicaSetCondition, ReplicaSetStatus
from kube.api.core_v1 import Pod
from kube.apimachinery import times
from kube.apimachinery.labels import is_subset
from kube.apimachinery.meta_v1 import ObjectMeta

BURST = 500
"""At most so many pods are created or deleted in one sync."""


@dataclass(frozen=True)
class PodPlan:
    """Create so many pods from the template; delete these."""

    create: int = 0
    delete: tuple[Pod, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.create or self.delete)

    def __str__(self) -> str:
        parts = [f"create {self.create}"] if self.create else []
        return ", ".join(parts + [f"delete {p.metadata.name}" for p in self.delete])


def plan_pods(rs: ReplicaSet, active: Sequence[Pod], related: Sequence[Pod], now: datetime) -> PodPlan:
    """`active`: the owned pods that count; `related`: those of all ReplicaSets of the same owner, for the ranking."""
    missing = _replicas(rs) - len(active)
    if missing > 0:
        return PodPlan(create=min(missing, BURST))
    if missing == 0:
        return PodPlan()
    per_node = Counter(p.spec.nodeName for p in related if p.spec.nodeName and podutil.is_active(p))
    surplus = min(-missing, BURST)
    if surplus >= len(active):
        return PodPlan(delete=tuple(active))
    return PodPlan(delete=tuple(podutil.deletion_order(active, per_node, now)[:surplus]))


def slow_start(count: int, first: int = 1) -> Iterator[int]:
    """Batch sizes 1, 2, 4, ...: when creation fails for a reason that holds for all, it fails once, not 500 times."""
    size = min(first, count)
    while count > 0:
        yield size
        count -= size
        size = min(2 * size, count)


def new_pod(rs: ReplicaSet) -> Pod:
    """A pod as the template says, named after the ReplicaSet and controlled by it."""
    template = rs.spec.template
    return Pod(
        metadata=ObjectMeta(
            generateName=rs.metadata.name + "-",
            namespace=rs.metadata.namespace,
            labels=dict(template.metadata.labels),
            annotations=dict(template.metadata.annotations),
            finalizers=list(template.metadata.finalizers),
            ownerReferences=[controller_reference(rs)],
        ),
        spec=template.spec,
    )


def status_of(rs: ReplicaSet, owned: Sequence[Pod], failure: str, now: datetime) -> ReplicaSetStatus:
    """`owned`: all pods of the ReplicaSet; `failure`: why managing them failed just now, in words."""
    active = [p for p in owned if podutil.is_active(p)]
    ready = [p for p in active if podutil.is_ready(p)]
    labels = rs.spec.template.metadata.labels
    reason = "FailedCreate" if len(active) < _replicas(rs) else "FailedDelete"
    return ReplicaSetStatus(
        replicas=len(active),
        fullyLabeledReplicas=sum(is_subset(labels, p.metadata.labels) for p in active),
        readyReplicas=len(ready),
        availableReplicas=sum(podutil.is_available(p, rs.spec.minReadySeconds, now) for p in ready),
        terminatingReplicas=sum(podutil.is_terminating(p) for p in owned),
        observedGeneration=rs.metadata.generation,
        conditions=_with_failure(rs.status.conditions, reason, failure, now),
    )


def _replicas(rs: ReplicaSet) -> int:
    return 1 if rs.spec.replicas is None else rs.spec.replicas


def _with_failure(
    conditions: Sequence[ReplicaSetCondition], reason: str, message: str, now: datetime
) -> list[ReplicaSetCondition]:
    others = [c for c in conditions if c.type != "ReplicaFailure"]
    if not message:
        return others
    old = next((c for c in conditions if c.type == "ReplicaFailure"), None)
    if old is not None and old.status == "True" and old.reason == reason:
        return list(conditions)
    failure = ReplicaSetCondition(
        type="ReplicaFailure",
        status="True",
        lastTransitionTime=times.format_time(now),
        reason=reason,
        message=message,
    )
    return [*others, failure]
