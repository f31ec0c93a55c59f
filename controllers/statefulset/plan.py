"""The next step of a StatefulSet: which pods to create and delete, in which order, and what its status says.

Called by `controllers.statefulset.controller`. Pure. It leaves out volume claims. Source: k8s.io/kubernetes/pkg/
controller/statefulset (stateful_set_control.go); kubernetes.io/docs/concepts/workloads/controllers/statefulset/.

1. Pods are made from the lowest ordinal up, each when all before it are available (`OrderedReady`).
2. Pods too many go from the highest ordinal down, each when the one above it is gone and all below are healthy.
3. An update goes from the highest ordinal down to the partition, each when all above it are healthy again.
4. `Parallel` does not wait in 1 and 2.
5. A pod that was relabelled gets the labels of its identity back, once it is available.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from controllers import pods as podutil
from controllers.history import HASH_LABEL
from controllers.ownership import controller_reference
from kube.api.apps_v1 import StatefulSet, StatefulSetStatus
from kube.api.core_v1 import Pod, PodTemplateSpec
from kube.apimachinery.intstr import scaled_value
from kube.apimachinery.meta_v1 import ObjectMeta

POD_NAME_LABEL = "statefulset.kubernetes.io/pod-name"
POD_INDEX_LABEL = "apps.kubernetes.io/pod-index"
_NAME = re.compile(r"(.*)-([0-9]+)")


@dataclass(frozen=True)
class StatefulPlan:
    """Delete these, create these ordinals (name -> revision), write these, whose identity somebody has changed."""

    create: Mapping[int, str] = field(default_factory=dict)
    delete: tuple[Pod, ...] = ()
    restore: tuple[Pod, ...] = ()

    def __str__(self) -> str:
        parts = [f"create ordinal {n}" for n in self.create] + [f"delete {p.metadata.name}" for p in self.delete]
        return ", ".join(parts + [f"restore the identity of {p.metadata.name}" for p in self.restore])


def ordinal_of(pod: Pod, set_name: str) -> int | None:
    """The number at the end of the pod's name; None for a pod that is not called after the set."""
    found = _NAME.fullmatch(pod.metadata.name)
    return int(found.group(2)) if found and found.group(1) == set_name else None


def replicas_of(sts: StatefulSet) -> int:
    return 1 if sts.spec.replicas is None else sts.spec.replicas


def start_of(sts: StatefulSet) -> int:
    return sts.spec.ordinals.start if sts.spec.ordinals else 0


def revision_of(pod: Pod) -> str:
    """The name of the revision that the pod was made from, which StatefulSets write into its hash label."""
    return pod.metadata.labels.get(HASH_LABEL, "")


def plan(sts: StatefulSet, pods: Sequence[Pod], current: str, update: str, now: datetime) -> StatefulPlan:
    """`current` and `update`: the names of the revisions before and after the update that is under way."""
    return _Step(sts, pods, current, update, now).run()


class _Step:
    def __init__(self, sts: StatefulSet, pods: Sequence[Pod], current: str, update: str, now: datetime):
        self.sts, self.current, self.update, self.now = sts, current, update, now
        self.wanted = range(start_of(sts), start_of(sts) + replicas_of(sts))
        found = {ordinal_of(p, sts.metadata.name): p for p in pods}
        found.pop(None, None)
        self.pods = {n: found[n] for n in sorted(found)}
        self.monotonic = sts.spec.podManagementPolicy != "Parallel"
        self.create: dict[int, str] = {}
        self.delete: list[Pod] = []
        self.restore: list[Pod] = []

    def run(self) -> StatefulPlan:
        if self._make_and_replace() and self._condemn():
            self._update_pods()
        return StatefulPlan(self.create, tuple(self.delete), tuple(self.restore))

    def _make_and_replace(self) -> bool:
        """False: wait before doing anything else."""
        for n in self.wanted:
            pod = self.pods.get(n)
            if pod is None:
                self.create[n] = self._revision_for(n)
                if self.monotonic:
                    return False
            elif podutil.is_terminal(pod):
                if pod.metadata.deletionTimestamp is None:
                    self.delete.append(pod)  # its name must be free before it is made anew
                if self.monotonic:
                    return False
            elif self.monotonic and not self._available(pod):
                return False
            elif pod.metadata.labels.get(POD_NAME_LABEL) != pod.metadata.name:
                self.restore.append(with_identity(pod, n))
        return True

    def _revision_for(self, n: int) -> str:
        """Below the partition pods stay on the current revision; without one, as many as are still on it."""
        rolling = self.sts.spec.updateStrategy.rollingUpdate
        if self.sts.spec.updateStrategy.type == "OnDelete":
            return self.update
        if rolling is not None and rolling.partition is not None:
            boundary = start_of(self.sts) + rolling.partition
        else:
            boundary = start_of(self.sts) + self.sts.status.currentReplicas
        return self.current if n < boundary else self.update

    def _condemn(self) -> bool:
        condemned = [self.pods[n] for n in reversed(self.pods) if n not in self.wanted]
        lowest_ailing = next((pod for pod in reversed(condemned) if not self._available(pod)), None)
        for pod in condemned:
            if pod.metadata.deletionTimestamp is not None:
                if self.monotonic:
                    return False
                continue
            if self.monotonic and not self._available(pod) and pod is not lowest_ailing:
                return False  # it waits for those below it, which are to be well before it goes
            self.delete.append(pod)
            if self.monotonic:
                return False
        return True

    def _update_pods(self) -> None:
        strategy = self.sts.spec.updateStrategy
        if strategy.type == "OnDelete":
            return
        rolling = strategy.rollingUpdate
        partition = rolling.partition if rolling and rolling.partition is not None else 0
        limit = max_unavailable(self.sts)
        unavailable = 0
        for n in reversed(self.wanted):
            if n < start_of(self.sts) + partition:
                return
            pod = self.pods.get(n)
            outdated = pod is not None and revision_of(pod) != self.update
            if outdated and pod.metadata.deletionTimestamp is None and pod not in self.delete:
                self.delete.append(pod)
                unavailable += 1
            elif pod is None or not self._available(pod):
                unavailable += 1
            if unavailable >= limit:
                return

    def _available(self, pod: Pod) -> bool:
        if pod.metadata.deletionTimestamp is not None or pod.status.phase != "Running":
            return False
        return podutil.is_available(pod, self.sts.spec.minReadySeconds, self.now)


def max_unavailable(sts: StatefulSet) -> int:
    """How many may be down during an update; 1 unless it says otherwise, percentages rounded down, and never none."""
    rolling = sts.spec.updateStrategy.rollingUpdate
    if rolling is None or rolling.maxUnavailable is None:
        return 1
    return max(1, scaled_value(rolling.maxUnavailable, replicas_of(sts), round_up=False))


def with_identity(pod: Pod, ordinal: int) -> Pod:
    """The pod, labelled as the one of that ordinal: Services select single pods by such labels."""
    labels = {**pod.metadata.labels, POD_NAME_LABEL: pod.metadata.name, POD_INDEX_LABEL: str(ordinal)}
    return pod.model_copy(update={"metadata": pod.metadata.model_copy(update={"labels": labels})})


def new_pod(sts: StatefulSet, ordinal: int, template: PodTemplateSpec, revision: str) -> Pod:
    """The pod of an ordinal: its name is its hostname, the Service's name its subdomain."""
    name = f"{sts.metadata.name}-{ordinal}"
    labels = dict(template.metadata.labels)
    labels |= {POD_NAME_LABEL: name, POD_INDEX_LABEL: str(ordinal), HASH_LABEL: revision}
    spec = template.spec.model_copy(update={"hostname": name, "subdomain": sts.spec.serviceName})
    return Pod(
        metadata=ObjectMeta(
            name=name,
            namespace=sts.metadata.namespace,
            labels=labels,
            annotations=dict(template.metadata.annotations),
            ownerReferences=[controller_reference(sts)],
        ),
        spec=spec,
    )


def status_of(
    sts: StatefulSet, pods: Sequence[Pod], current: str, update: str, collisions: int | None, now: datetime
) -> StatefulSetStatus:
    """Counts; when every pod is updated and ready, the update revision becomes the current one."""
    existing = [p for p in pods if ordinal_of(p, sts.metadata.name) is not None and not podutil.is_terminal(p)]
    live = [p for p in existing if p.metadata.deletionTimestamp is None]
    ready = [p for p in existing if p.status.phase == "Running" and podutil.is_ready(p)]
    status = StatefulSetStatus(
        observedGeneration=sts.metadata.generation,
        replicas=len(existing),
        readyReplicas=len(ready),
        availableReplicas=sum(podutil.is_available(p, sts.spec.minReadySeconds, now) for p in ready),
        currentReplicas=sum(revision_of(p) == current for p in live),
        updatedReplicas=sum(revision_of(p) == update for p in live),
        currentRevision=current,
        updateRevision=update,
        collisionCount=collisions,
        conditions=sts.status.conditions,
    )
    if sts.spec.updateStrategy.type != "OnDelete" and status.updatedReplicas == status.replicas == status.readyReplicas:
        status.currentRevision, status.currentReplicas = update, status.updatedReplicas
    return status
