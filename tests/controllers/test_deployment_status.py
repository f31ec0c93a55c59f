"""A Deployment's conditions, in the words of Kubernetes' documentation ("Deployment status")."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from controllers.deployment import status
from kube.api.apps_v1 import Deployment, DeploymentCondition, ReplicaSet, ReplicaSetCondition
from kube.apimachinery.times import format_time
from tests.controllers.conftest import deployment
from tests.controllers.test_deployment_plan import replica_set

NOW = datetime(2026, 1, 1, 1, tzinfo=UTC)


def progressing(reason: str, ago: float = 0, state: str = "True") -> DeploymentCondition:
    stamp = format_time(NOW - timedelta(seconds=ago))
    return DeploymentCondition(
        type="Progressing", status=state, reason=reason, lastUpdateTime=stamp, lastTransitionTime=stamp
    )


def given(
    replicas: int = 3, *conditions: DeploymentCondition, seen: tuple[int, int, int] = (0, 0, 0), **spec
) -> Deployment:
    """`seen`: the replicas, updated and available replicas of the last status."""
    d = deployment(replicas, **spec)
    d.metadata.generation = 1
    d.status.replicas, d.status.updatedReplicas, d.status.availableReplicas = seen
    d.status.readyReplicas = seen[2]
    d.status.conditions = list(conditions)
    return d


def shown(d: Deployment, new: ReplicaSet | None, *old: ReplicaSet) -> dict[str, tuple[str, str, str]]:
    """Type -> (status, reason, message)"""
    found = status.rollout(d, [*([new] if new else []), *old], new, NOW)
    return {c.type: (c.status, c.reason, c.message) for c in found.conditions}


@pytest.mark.parametrize(
    ("available", "unavailable", "expected"),
    [
        (3, 0, ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")),
        (2, 0, ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")),
        (2, 1, ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")),
        (0, 1, ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")),
    ],
)
def test_available(available: int, unavailable: int, expected: tuple) -> None:
    strategy = {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": unavailable}}
    assert shown(given(strategy=strategy), replica_set("new", 3, available))["Available"] == expected


NEW = 'ReplicaSet "new"'


@pytest.mark.parametrize(
    ("d", "new", "old", "expected"),
    [
        pytest.param(
            given(3, progressing("NewReplicaSetCreated", 5)), replica_set("new", 1, 0), replica_set("old", 3),
            ("True", "ReplicaSetUpdated", f"{NEW} is progressing."), id="pods of the new one have come",
        ),
        pytest.param(
            given(3, progressing("ReplicaSetUpdated", 5), seen=(4, 1, 3)), replica_set("new", 1), replica_set("old", 2),
            ("True", "ReplicaSetUpdated", f"{NEW} is progressing."), id="pods of the old one have gone",
        ),
        pytest.param(
            given(3, progressing("ReplicaSetUpdated", 5), seen=(3, 3, 2)), replica_set("new", 3), replica_set("old", 0),
            ("True", "NewReplicaSetAvailable", f"{NEW} has successfully progressed."), id="complete",
        ),
        pytest.param(
            given(3, progressing("ReplicaSetUpdated", 599), seen=(4, 1, 3)), replica_set("new", 1, 0),
            replica_set("old", 3), ("True", "ReplicaSetUpdated", ""), id="stuck, and there is time",
        ),
        pytest.param(
            given(3, progressing("ReplicaSetUpdated", 601), seen=(4, 1, 3)), replica_set("new", 1, 0),
            replica_set("old", 3), ("False", "ProgressDeadlineExceeded", f"{NEW} has timed out progressing."),
            id="stuck for too long",
        ),
        pytest.param(
            given(3, progressing("ProgressDeadlineExceeded", 900, "False"), seen=(4, 1, 3)), replica_set("new", 2, 1),
            replica_set("old", 3), ("True", "ReplicaSetUpdated", f"{NEW} is progressing."), id="it moves again",
        ),
        pytest.param(
            given(3, progressing("NewReplicaSetAvailable", 9000), seen=(3, 3, 3)), replica_set("new", 3, 1),
            replica_set("old", 0), ("True", "NewReplicaSetAvailable", ""), id="losing pods later begins no rollout",
        ),
    ],
)  # fmt: skip
def test_progressing(d: Deployment, new: ReplicaSet, old: ReplicaSet, expected: tuple) -> None:
    assert shown(d, new, old)["Progressing"] == expected


def test_without_a_deadline_there_is_no_progressing() -> None:
    found = shown(given(3, progressing("ReplicaSetUpdated"), progressDeadlineSeconds=None), replica_set("new", 1, 0))
    assert "Progressing" not in found


@pytest.mark.parametrize(
    ("paused", "before", "expected"),
    [
        (True, "ReplicaSetUpdated", ("Unknown", "DeploymentPaused", "Deployment is paused")),
        (False, "DeploymentPaused", ("Unknown", "DeploymentResumed", "Deployment is resumed")),
        (True, "DeploymentPaused", None),
        (False, "ReplicaSetUpdated", None),
        (True, "ProgressDeadlineExceeded", None),
    ],
)
def test_pausing_and_resuming(paused: bool, before: str, expected: tuple | None) -> None:
    found = status.paused_conditions(given(3, progressing(before), paused=paused), NOW)
    assert (found and (found[-1].status, found[-1].reason, found[-1].message)) == expected


def test_the_failure_of_a_replica_set_is_the_deployments_too() -> None:
    broken = replica_set("new", 0)
    text = 'pods "web-" is forbidden: exceeded quota'
    failure = ReplicaSetCondition(type="ReplicaFailure", status="True", reason="FailedCreate", message=text)
    broken.status.conditions = [failure]
    assert shown(given(), broken)["ReplicaFailure"] == ("True", "FailedCreate", text)
    assert "ReplicaFailure" not in shown(given(), replica_set("new", 3))


@pytest.mark.parametrize(
    ("reason", "ago", "seconds"),
    [
        ("ReplicaSetUpdated", 100, 501.0),
        ("ReplicaSetUpdated", 700, 1.0),
        ("NewReplicaSetAvailable", 100, None),
        ("ProgressDeadlineExceeded", 700, None),
    ],
)
def test_when_to_look_again(reason: str, ago: float, seconds: float | None) -> None:
    d = given(3, progressing(reason, ago))
    found = status.counts(d, [replica_set("new", 1, 0)], replica_set("new", 1, 0), NOW)
    assert status.seconds_until_timeout(d, found, NOW) == seconds
