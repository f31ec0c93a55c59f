"""A ReplicaSet's next step and its status."""

from __future__ import annotations

import pytest

from controllers.replicaset import plan
from kube.api.apps_v1 import ReplicaSet
from kube.api.core_v1 import Pod
from tests.controllers.test_pods import NOW, pod


def replica_set(replicas: int | None = 3, **spec) -> ReplicaSet:
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}}
    return ReplicaSet.from_dict(
        {
            "metadata": {"name": "rs", "namespace": "default", "uid": "rs", "generation": 4},
            "spec": {"replicas": replicas, "template": template, **spec},
        }
    )


def pods(count: int) -> list[Pod]:
    return [pod(f"p{n}") for n in range(count)]


@pytest.mark.parametrize(
    ("replicas", "have", "expected"),
    [
        (3, 3, ""),
        (3, 0, "create 3"),
        (None, 0, "create 1"),  # one, when it does not say
        (3, 4, "delete p0"),
        (0, 2, "delete p0, delete p1"),
        (1000, 0, "create 500"),  # at most so many in one sync
        (0, 0, ""),
    ],
)
def test_how_many_come_and_go(replicas: int | None, have: int, expected: str) -> None:
    active = pods(have)
    assert str(plan.plan_pods(replica_set(replicas), active, active, NOW)) == expected


def test_at_most_five_hundred_go_at_once() -> None:
    active = pods(600)
    assert len(plan.plan_pods(replica_set(0), active, active, NOW).delete) == 500


def test_the_node_that_has_most_pods_of_the_owner_loses_one() -> None:
    """Those of the Deployment's other ReplicaSet count too."""
    mine = [pod("p0", node="a"), pod("p1", node="b")]
    others = [pod("o0", node="b"), pod("o1", node="b")]
    assert str(plan.plan_pods(replica_set(1), mine, [*mine, *others], NOW)) == "delete p1"


def test_status_counts() -> None:
    labelled, leaving, ended, young = pod("a"), pod("b"), pod("c", phase="Failed"), pod("d", since="00:59:55")
    labelled.metadata.labels = {"app": "web", "more": "x"}
    leaving.metadata.deletionTimestamp = "2026-01-01T00:59:00Z"
    unready = pod("e", ready=False)
    found = plan.status_of(replica_set(minReadySeconds=10), [labelled, leaving, ended, young, unready], "", NOW)
    assert (found.replicas, found.fullyLabeledReplicas, found.readyReplicas, found.availableReplicas) == (3, 1, 2, 1)
    assert (found.terminatingReplicas, found.observedGeneration, found.conditions) == (1, 4, [])


@pytest.mark.parametrize(("have", "reason"), [(1, "FailedCreate"), (5, "FailedDelete")])
def test_a_failure_is_a_condition_as_long_as_it_lasts(have: int, reason: str) -> None:
    rs = replica_set(3)
    failed = plan.status_of(rs, pods(have), "no quota", NOW)
    [condition] = failed.conditions
    assert (condition.type, condition.status, condition.reason, condition.message) == (
        "ReplicaFailure", "True", reason, "no quota",
    )  # fmt: skip
    rs.status = failed
    assert plan.status_of(rs, pods(have), "no quota, again", NOW).conditions == [condition], "since when it has failed"
    assert plan.status_of(rs, pods(3), "", NOW).conditions == []


def test_a_pod_is_as_the_template_says_and_its_owners() -> None:
    made = plan.new_pod(replica_set())
    assert (made.metadata.generateName, made.metadata.namespace, made.metadata.labels) == (
        "rs-",
        "default",
        {"app": "web"},
    )
    [ref] = made.metadata.ownerReferences
    assert (ref.kind, ref.name, ref.uid, ref.controller, ref.blockOwnerDeletion) == (
        "ReplicaSet",
        "rs",
        "rs",
        True,
        True,
    )
