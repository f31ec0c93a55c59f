"""One step of a Deployment: which ReplicaSets to create, scale, annotate and delete, and the status to write.

Called by `controllers.deployment.controller`. Pure: it works on copies and returns a `Plan`.
Source: k8s.io/kubernetes/pkg/controller/deployment (rolling.go, recreate.go, sync.go).

| the Deployment | the step |
|---|---|
| is being deleted | status only |
| is paused, or was scaled | proportional scaling, no new ReplicaSet; history is cleaned up when paused |
| Recreate | old to 0; when their pods are gone the new one to all |
| RollingUpdate | the new one up as far as maxSurge allows, else the old ones down as far as maxUnavailable allows |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from controllers import pods as podutil
from controllers.deployment import arithmetic, revisions, status
from controllers.deployment.arithmetic import desired, replicas
from kube.api.apps_v1 import Deployment, DeploymentStatus, ReplicaSet
from kube.api.core_v1 import Pod


@dataclass(frozen=True)
class Scale:
    """The ReplicaSet gets this size and these annotations."""

    name: str
    before: int
    after: int
    annotations: Mapping[str, str]

    def __str__(self) -> str:
        if self.before == self.after:
            return f"annotate {self.name}"
        way = "up" if self.after > self.before else "down"
        return f"scale {way} {self.name} from {self.before} to {self.after}"


@dataclass(frozen=True)
class Plan:
    """In this order: create, change, delete, then the Deployment's revision annotation and its status."""

    create: ReplicaSet | None = None
    change: tuple[Scale, ...] = ()
    delete: tuple[str, ...] = ()
    revision: str = ""
    status: DeploymentStatus | None = None
    requeue_after: float | None = None

    def __str__(self) -> str:
        parts = [f"create {self.create.metadata.name} with {self.create.spec.replicas}"] if self.create else []
        parts += [str(c) for c in self.change] + [f"delete {name}" for name in self.delete]
        return ", ".join(parts)


def plan(d: Deployment, sets: Sequence[ReplicaSet], pods: Mapping[str, Sequence[Pod]], now: datetime) -> Plan:
    """The next step. `sets`: the owned ReplicaSets; `pods`: ReplicaSet UID -> its pods (read for Recreate only)."""
    step = _Step(d.deep_copy(), [rs.deep_copy() for rs in sets], pods, now)
    return step.run()


@dataclass
class _Step:
    """The working copies of one step, and what has been decided so far."""

    d: Deployment
    sets: list[ReplicaSet]
    pods: Mapping[str, Sequence[Pod]]
    now: datetime
    new: ReplicaSet | None = None
    create: ReplicaSet | None = None
    changed: dict[str, Scale] = field(default_factory=dict)
    delete: list[str] = field(default_factory=list)

    def run(self) -> Plan:
        self.new = revisions.find_new(self.d, self.sets)
        if self.d.metadata.deletionTimestamp is not None:
            return self._done(status.counts(self.d, self.sets, self.new, self.now))
        changed = status.paused_conditions(self.d, self.now)
        if changed is not None:
            self.d.status.conditions = changed
        if self.d.spec.paused or self._was_scaled():
            return self._scale_only()
        if self.d.spec.strategy.type == arithmetic.RECREATE:
            self._recreate()
        else:
            self._roll()
        return self._done(status.rollout(self.d, self.sets, self.new, self.now))

    @property
    def old(self) -> list[ReplicaSet]:
        return [rs for rs in self.sets if rs is not self.new]

    # ---- the strategies ----

    def _roll(self) -> None:
        self._ensure_new()
        if self._grow_new():
            return
        sizes = arithmetic.shrink_old(self.d, self.sets, [rs for rs in self.old if replicas(rs)], self.new)
        for rs in self.old:
            if rs.metadata.name in sizes:
                self._scale(rs, sizes[rs.metadata.name])
        if not sizes:
            self._clean_up_if_complete()

    def _grow_new(self) -> bool:
        if replicas(self.new) == desired(self.d):
            return False
        if replicas(self.new) > desired(self.d):
            return self._scale(self.new, desired(self.d))
        return self._scale(self.new, arithmetic.new_size(self.d, self.sets, self.new))

    def _recreate(self) -> None:
        if self.new is not None:
            self._ensure_new()
        shrinking = [self._scale(rs, 0) for rs in self.old if replicas(rs)]
        if any(shrinking) or self._old_pods_run():
            return
        self._ensure_new()
        self._scale(self.new, desired(self.d))
        self._clean_up_if_complete()

    def _old_pods_run(self) -> bool:
        if arithmetic.actual_replicas(self.old):
            return True
        new_uid = self.new.metadata.uid if self.new else ""
        return any(not podutil.is_terminal(pod) for uid, pods in self.pods.items() if uid != new_uid for pod in pods)

    # ---- scaling outside of a rollout ----

    def _was_scaled(self) -> bool:
        for rs in self.sets:
            noted = arithmetic.annotated(rs, arithmetic.DESIRED_REPLICAS)
            if replicas(rs) and noted is not None and noted != desired(self.d):
                return True
        return False

    def _scale_only(self) -> Plan:
        if self.new is not None:
            self._ensure_new()
        self._scale_sets()
        if self.d.spec.paused:
            self._clean_up()
        return self._done(status.counts(self.d, self.sets, self.new, self.now))

    def _scale_sets(self) -> None:
        active = [rs for rs in self.sets if replicas(rs)]
        if len(active) <= 1:
            only = active[0] if active else self.new or self._latest_old()
            if only is not None:
                self._scale(only, desired(self.d))
        elif arithmetic.is_saturated(self.d, self.new):
            for rs in self.old:
                if replicas(rs):
                    self._scale(rs, 0)
        elif arithmetic.is_rolling(self.d):
            sizes = arithmetic.proportional(self.d, active)
            for rs in active:
                self._scale(rs, sizes[rs.metadata.name])
        else:  # Recreate is in the middle of its work: only note the new size, the next step goes on
            for rs in active:
                self._scale(rs, replicas(rs))

    def _latest_old(self) -> ReplicaSet | None:
        return max(self.old, key=lambda rs: rs.metadata.creationTimestamp or "", default=None)

    # ---- writing down what is decided ----

    def _ensure_new(self) -> None:
        """The new ReplicaSet exists, has the revision after all old ones, and the Deployment's annotations."""
        if self.new is None:
            self._create_new()
            return
        revision = revisions.next_revision(self.old)
        notes = revisions.annotations_for(self.d, self.new, revision, exists=True)
        stale_ready = self.new.spec.minReadySeconds != self.d.spec.minReadySeconds
        if notes != self.new.metadata.annotations or stale_ready:
            self._change(self.new, replicas(self.new), notes)
        elif status.has_deadline(self.d) and not status.condition(self.d.status.conditions, "Progressing"):
            self._progressing("FoundNewReplicaSet", f'Found new replica set "{self.new.metadata.name}"')

    def _create_new(self) -> None:
        rs = revisions.new_replica_set(self.d, self.sets)
        rs.spec.replicas = arithmetic.new_size(self.d, [*self.sets, rs], rs)
        self.new = self.create = rs
        self.sets.append(rs)
        if status.has_deadline(self.d):
            self._progressing("NewReplicaSetCreated", f'Created new replica set "{rs.metadata.name}"')

    def _progressing(self, reason: str, message: str) -> None:
        self.d.status.conditions = status.with_condition(
            self.d.status.conditions, "Progressing", "True", reason, message, self.now
        )

    def _scale(self, rs: ReplicaSet, size: int) -> bool:
        """True when the size changes. The annotations of size follow in any case."""
        notes = {**rs.metadata.annotations, **revisions.size_annotations(self.d)}
        if size == replicas(rs) and notes == rs.metadata.annotations:
            return False
        changes = size != replicas(rs)
        if rs is self.create:
            rs.spec.replicas = size
        else:
            self._change(rs, size, notes)
        return changes

    def _change(self, rs: ReplicaSet, size: int, notes: Mapping[str, str]) -> None:
        name = rs.metadata.name
        before = self.changed[name].before if name in self.changed else replicas(rs)
        self.changed[name] = Scale(name, before, size, dict(notes))
        rs.spec.replicas, rs.metadata.annotations = size, dict(notes)

    def _clean_up_if_complete(self) -> None:
        if status.is_complete(self.d, status.counts(self.d, self.sets, self.new, self.now)):
            self._clean_up()

    def _clean_up(self) -> None:
        self.delete = [rs.metadata.name for rs in revisions.to_clean_up(self.d, self.old)]

    def _done(self, new_status: DeploymentStatus) -> Plan:
        revision = self.new.metadata.annotations.get(revisions.REVISION, "") if self.new else ""
        return Plan(
            create=self.create,
            change=tuple(self.changed.values()),
            delete=tuple(self.delete),
            revision=revision,
            status=new_status,
            requeue_after=status.seconds_until_timeout(self.d, new_status, self.now),
        )
