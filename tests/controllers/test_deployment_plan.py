"""The arithmetic of rollouts, at each step; the cases are those of the Deployment documentation and of upstream."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from controllers.deployment import arithmetic, plan, revisions, status
from kube.api.apps_v1 import Deployment, ReplicaSet
from tests.controllers.conftest import deployment

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def rolling(replicas: int, surge, unavailable, **spec) -> Deployment:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": surge, "maxUnavailable": unavailable}}
    return deployment(replicas, strategy=strategy, **spec)


def replica_set(name: str, size: int, available: int | None = None, *, age: int = 0, notes: dict | None = None,
                image: str = "old") -> ReplicaSet:  # fmt: skip
    count = size if available is None else available
    return ReplicaSet.from_dict(
        {
            "metadata": {
                "name": name, "uid": name, "namespace": "default", "annotations": notes or {},
                "creationTimestamp": f"2026-01-01T00:00:{30 - age:02d}Z",
            },
            "spec": {
                "replicas": size,
                "template": {
                    "metadata": {"labels": {"app": "web"}},
                    "spec": {"containers": [{"name": "c", "image": image}]},
                },
            },
            "status": {"replicas": size, "readyReplicas": count, "availableReplicas": count},
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable", "expected"),
    [
        (10, "25%", "25%", (3, 2)),  # the surge is rounded up, the unavailable down
        (3, "25%", "25%", (1, 0)),
        (1, "25%", "25%", (1, 0)),
        (10, 3, 2, (3, 2)),
        (10, "30%", 0, (3, 0)),
        (10, 0, "30%", (0, 3)),
        (4, 0, "1%", (0, 1)),  # both come to nothing: one may be unavailable
        (4, 0, 0, (0, 1)),
        (0, "25%", "25%", (0, 1)),
        (10, "100%", "100%", (10, 10)),
    ],
)
def test_fenceposts(replicas: int, surge, unavailable, expected: tuple[int, int]) -> None:
    assert arithmetic.fenceposts(rolling(replicas, surge, unavailable)) == expected


@pytest.mark.parametrize(
    ("replicas", "surge", "old", "new", "expected"),
    [(10, 0, 10, 0, 0), (10, 2, 10, 0, 2), (10, 3, 8, 3, 5), (10, 3, 0, 7, 10), (10, 3, 13, 0, 0), (5, 10, 5, 0, 5)],
)
def test_how_far_the_new_one_grows(replicas: int, surge: int, old: int, new: int, expected: int) -> None:
    d, one, two = rolling(replicas, surge, 1), replica_set("old", old), replica_set("new", new)
    assert arithmetic.new_size(d, [one, two], two) == expected


@pytest.mark.parametrize(
    ("replicas", "surge", "unavailable", "old", "old_ok", "new", "new_ok", "expected"),
    [
        (10, 0, 0, 10, 10, 0, 0, 9),  # both zero count as one unavailable
        (10, 0, 2, 10, 10, 0, 0, 8),
        (10, 3, 2, 10, 10, 3, 0, 8),  # as many as stay available
        (10, 3, 0, 10, 10, 3, 0, None),  # nothing may be missing
        (10, 3, 0, 10, 10, 3, 3, 7),  # three new ones stand in for three old ones
        (10, 2, 2, 10, 8, 2, 0, 8),  # the unhealthy go first and cost nothing
        (10, 0, 2, 8, 8, 2, 0, None),  # the new ones are not up: they are the unavailable
        (10, 0, 2, 8, 8, 2, 1, 7),
    ],
)
def test_how_far_the_old_ones_shrink(
    replicas: int, surge: int, unavailable: int, old: int, old_ok: int, new: int, new_ok: int, expected: int | None
) -> None:
    d = rolling(replicas, surge, unavailable)
    one, two = replica_set("old", old, old_ok), replica_set("new", new, new_ok)
    sizes = arithmetic.shrink_old(d, [one, two], [one], two)
    assert sizes == ({} if expected is None else {"old": expected})


def test_unhealthy_pods_of_every_old_one_go_before_any_healthy_one() -> None:
    d, new = rolling(10, 3, 2), replica_set("new", 0, 0)
    older, newer = replica_set("older", 5, 5, age=20), replica_set("newer", 8, 4, age=10)
    assert arithmetic.shrink_old(d, [older, newer, new], [older, newer], new) == {"older": 4, "newer": 4}


def noted(name: str, size: int, desired: int, most: int, **more) -> ReplicaSet:
    return replica_set(
        name, size, notes={arithmetic.DESIRED_REPLICAS: str(desired), arithmetic.MAX_REPLICAS: str(most)}, **more
    )


@pytest.mark.parametrize(
    ("replicas", "sets", "expected"),
    [
        # the example of the documentation: 10 -> 15 in the middle of a rollout with maxSurge 3
        (15, {"old": (8, 10), "new": (5, 5)}, {"old": 11, "new": 7}),
        (20, {"old": (10, 10)}, {"old": 23}),
        (5, {"old": (8, 10), "new": (5, 5)}, {"old": 5, "new": 3}),
        (0, {"old": (8, 10), "new": (5, 5)}, {"old": 0, "new": 0}),
    ],
)
def test_proportional_scaling(replicas: int, sets: dict, expected: dict[str, int]) -> None:
    d = rolling(replicas, 3, 2)
    d.status.replicas = 13
    given = [noted(name, size, 10, 13, age=age) for name, (size, age) in sets.items()]
    assert arithmetic.proportional(d, given) == expected


def test_a_rollout_step_by_step() -> None:
    """Three replicas, one at a time: what `kubectl rollout status` counts."""
    d = rolling(3, 1, 0)
    old, steps = replica_set("old", 3, notes={arithmetic.DESIRED_REPLICAS: "3"}), []
    sets = [old]
    for _ in range(20):
        step = plan.plan(d, sets, {}, NOW)
        steps.append(str(step).replace(step.create.metadata.name if step.create else "@", "new"))
        if step.create:
            made = step.create
            made.metadata.creationTimestamp = "2026-01-01T00:01:00Z"
            sets.append(made)
        for change in step.change:
            rs = next(s for s in sets if s.metadata.name == change.name)
            rs.spec.replicas, rs.metadata.annotations = change.after, dict(change.annotations)
        for rs in sets:  # the ReplicaSet controller and the kubelets
            rs.status.replicas = rs.status.readyReplicas = rs.status.availableReplicas = rs.spec.replicas
        d.status = step.status
    new = sets[1].metadata.name
    assert [s.replace(new, "new") for s in steps if s] == [
        "create new with 1",
        "scale down old from 3 to 2",
        "scale up new from 1 to 2",
        "scale down old from 2 to 1",
        "scale up new from 2 to 3",
        "scale down old from 1 to 0",
    ]
    assert status.is_complete(d, d.status)


def test_the_new_one_is_the_oldest_with_the_template() -> None:
    d = deployment(1, image="x")
    sets = [replica_set("b", 1, image="x", age=1), replica_set("a", 1, image="x", age=5), replica_set("c", 1)]
    for rs in sets:
        rs.spec.template.metadata.labels["pod-template-hash"] = rs.metadata.name
    assert revisions.find_new(d, sets).metadata.name == "a"


def test_the_hash_is_a_label_in_the_selector_and_the_name() -> None:
    rs = revisions.new_replica_set(deployment(1), [])
    hash_ = rs.metadata.labels["pod-template-hash"]
    assert rs.metadata.name == f"web-{hash_}"
    assert rs.spec.selector.matchLabels == {"app": "web", "pod-template-hash": hash_}
    assert rs.spec.template.metadata.labels["pod-template-hash"] == hash_
    assert set(hash_) <= set("bcdfghjklmnpqrstvwxz2456789")
    collided = deployment(1)
    collided.status.collisionCount = 1
    assert revisions.new_replica_set(collided, []).metadata.name != rs.metadata.name


def test_history_keeps_the_newest_and_what_is_in_use() -> None:
    d = deployment(1, revisionHistoryLimit=1)
    sets = [replica_set(f"r{n}", 0, notes={revisions.REVISION: str(n)}) for n in (3, 1, 2, 4)]
    sets[1].spec.replicas = 1
    assert [rs.metadata.name for rs in revisions.to_clean_up(d, sets)] == ["r2", "r3"]
    d.spec.revisionHistoryLimit = 0
    assert [rs.metadata.name for rs in revisions.to_clean_up(d, sets)] == ["r2", "r3", "r4"]


def test_revisions_and_their_history() -> None:
    d = deployment(1)
    d.metadata.annotations = {"note": "x", "kubectl.kubernetes.io/last-applied-configuration": "{}"}
    rs = replica_set("r", 1, notes={revisions.REVISION: "2", revisions.REVISION_HISTORY: "1"})
    assert revisions.annotations_for(d, rs, 5, exists=True) == {
        "note": "x", revisions.REVISION: "5", revisions.REVISION_HISTORY: "1,2",
    }  # fmt: skip
    assert revisions.annotations_for(d, rs, 2, exists=True)[revisions.REVISION_HISTORY] == "1"
