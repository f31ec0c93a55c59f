"""The Deployment's status: counts, and the conditions Available, Progressing and ReplicaFailure.

Called by `controllers.deployment.plan`. Pure. Source: k8s.io/kubernetes/pkg/controller/deployment (progress.go,
sync.go: calculateStatus), pkg/controller/deployment/util (conditions).

| Progressing | status | reason |
|---|---|---|
| a new ReplicaSet was made, or found | True | NewReplicaSetCreated, FoundNewReplicaSet |
| something moved since the last status | True | ReplicaSetUpdated |
| all is as wanted | True | NewReplicaSetAvailable |
| nothing moved for progressDeadlineSeconds | False | ProgressDeadlineExceeded |
| paused, resumed | Unknown | DeploymentPaused, DeploymentResumed |
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from controllers.deployment.arithmetic import (
    actual_replicas,
    available_replicas,
    desired,
    max_unavailable,
    total_replicas,
)
from kube.api.apps_v1 import Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet
from kube.apimachinery import times

Conditions = list[DeploymentCondition]


def condition(conditions: Sequence[DeploymentCondition], type: str) -> DeploymentCondition | None:
    return next((c for c in conditions if c.type == type), None)


def with_condition(
    conditions: Sequence[DeploymentCondition], type: str, status: str, reason: str, message: str, now: datetime
) -> Conditions:
    """Sets a condition. One that says the same already is left as it is, its times included."""
    old = condition(conditions, type)
    if old is not None and old.status == status and old.reason == reason:
        return list(conditions)
    stamp = times.format_time(now)
    new = DeploymentCondition(
        type=type,
        status=status,
        reason=reason,
        message=message,
        lastUpdateTime=stamp,
        lastTransitionTime=old.lastTransitionTime if old is not None and old.status == status else stamp,
    )
    return [*without(conditions, type), new]


def without(conditions: Sequence[DeploymentCondition], type: str) -> Conditions:
    return [c for c in conditions if c.type != type]


def has_deadline(d: Deployment) -> bool:
    return d.spec.progressDeadlineSeconds not in (None, 2**31 - 1)


def counts(d: Deployment, sets: Sequence[ReplicaSet], new: ReplicaSet | None, now: datetime) -> DeploymentStatus:
    """The status but for Progressing and ReplicaFailure, which are carried over."""
    available = available_replicas(sets)
    enough = available >= desired(d) - max_unavailable(d)
    conditions = with_condition(
        d.status.conditions,
        "Available",
        "True" if enough else "False",
        "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable",
        f"Deployment {'has' if enough else 'does not have'} minimum availability.",
        now,
    )
    return DeploymentStatus(
        observedGeneration=d.metadata.generation,
        replicas=actual_replicas(sets),
        updatedReplicas=actual_replicas([new] if new else []),
        readyReplicas=sum(rs.status.readyReplicas for rs in sets),
        availableReplicas=available,
        unavailableReplicas=max(0, total_replicas(sets) - available),
        terminatingReplicas=sum(rs.status.terminatingReplicas or 0 for rs in sets),
        conditions=conditions,
        collisionCount=d.status.collisionCount,
    )


def rollout(d: Deployment, sets: Sequence[ReplicaSet], new: ReplicaSet | None, now: datetime) -> DeploymentStatus:
    """The whole status in the course of a rollout."""
    status = counts(d, sets, new, now)
    if not has_deadline(d):
        status.conditions = without(status.conditions, "Progressing")
    elif not _was_complete(status):
        status.conditions = _progress(d, status, new, now)
    status.conditions = _failure(status.conditions, sets, new, now)
    return status


def _was_complete(status: DeploymentStatus) -> bool:
    """Complete before and still: not every loss of a pod begins a rollout anew."""
    progressing = condition(status.conditions, "Progressing")
    done = progressing is not None and progressing.reason == "NewReplicaSetAvailable"
    return done and status.replicas == status.updatedReplicas


def _progress(d: Deployment, status: DeploymentStatus, new: ReplicaSet | None, now: datetime) -> Conditions:
    who = f'ReplicaSet "{new.metadata.name}"' if new is not None else f'Deployment "{d.metadata.name}"'
    conditions = status.conditions
    if is_complete(d, status):
        text = f"{who} has successfully progressed."
        return with_condition(conditions, "Progressing", "True", "NewReplicaSetAvailable", text, now)
    if _has_progressed(d, status):
        return _touched(conditions, f"{who} is progressing.", now)
    if has_timed_out(d, status, now):
        text = f"{who} has timed out progressing."
        return with_condition(conditions, "Progressing", "False", "ProgressDeadlineExceeded", text, now)
    return conditions


def _touched(conditions: Conditions, message: str, now: datetime) -> Conditions:
    """ReplicaSetUpdated, with a new lastUpdateTime each time: from it the deadline counts."""
    old = condition(conditions, "Progressing")
    fresh = with_condition(without(conditions, "Progressing"), "Progressing", "True", "ReplicaSetUpdated", message, now)
    if old is not None and old.status == "True":
        fresh[-1].lastTransitionTime = old.lastTransitionTime
    return fresh


def is_complete(d: Deployment, status: DeploymentStatus) -> bool:
    want = desired(d)
    return (
        status.updatedReplicas == want
        and status.replicas == want
        and status.availableReplicas == want
        and status.observedGeneration >= d.metadata.generation
    )


def _has_progressed(d: Deployment, new: DeploymentStatus) -> bool:
    old = d.status
    return (
        new.updatedReplicas > old.updatedReplicas
        or new.replicas - new.updatedReplicas < old.replicas - old.updatedReplicas
        or new.readyReplicas > old.readyReplicas
        or new.availableReplicas > old.availableReplicas
    )


def has_timed_out(d: Deployment, status: DeploymentStatus, now: datetime) -> bool:
    progressing = condition(status.conditions, "Progressing")
    if not has_deadline(d) or progressing is None or progressing.reason == "NewReplicaSetAvailable":
        return False
    if progressing.reason == "ProgressDeadlineExceeded":
        return True
    return _age(progressing, now) > (d.spec.progressDeadlineSeconds or 0)


def seconds_until_timeout(d: Deployment, status: DeploymentStatus, now: datetime) -> float | None:
    """When to look again because nothing may happen until then; None when nothing is awaited."""
    progressing = condition(status.conditions, "Progressing")
    if not has_deadline(d) or progressing is None or d.spec.paused:
        return None
    if progressing.reason in ("ProgressDeadlineExceeded", "NewReplicaSetAvailable") or is_complete(d, status):
        return None
    return max(0.0, (d.spec.progressDeadlineSeconds or 0) - _age(progressing, now)) + 1.0


def _age(progressing: DeploymentCondition, now: datetime) -> float:
    stamp = progressing.lastUpdateTime or progressing.lastTransitionTime
    return (now - times.parse_time(stamp)).total_seconds() if stamp else 0.0


def _failure(conditions: Conditions, sets: Sequence[ReplicaSet], new: ReplicaSet | None, now: datetime) -> Conditions:
    """The ReplicaSets' own failures, the new one's first."""
    for rs in sorted(sets, key=lambda rs: rs is not new):
        for found in rs.status.conditions:
            if found.type == "ReplicaFailure" and found.status == "True":
                return with_condition(conditions, "ReplicaFailure", "True", found.reason, found.message, now)
    return without(conditions, "ReplicaFailure")


def paused_conditions(d: Deployment, now: datetime) -> Conditions | None:
    """The conditions when the Deployment has just been paused or resumed; None when neither."""
    progressing = condition(d.status.conditions, "Progressing")
    reason = progressing.reason if progressing else ""
    if not has_deadline(d) or reason == "ProgressDeadlineExceeded":
        return None
    was_paused = reason == "DeploymentPaused"
    if d.spec.paused == was_paused:
        return None
    reason, text = ("Paused", "paused") if d.spec.paused else ("Resumed", "resumed")
    return with_condition(
        d.status.conditions, "Progressing", "Unknown", f"Deployment{reason}", f"Deployment is {text}", now
    )
