"""StatefulSets: the order of their pods, their revisions, and how updates go."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from controllers.statefulset import plan as stateful
from controllers.statefulset.controller import StatefulSetController
from kube.api.apps_v1 import ControllerRevision, StatefulSet
from kube.api.core_v1 import Event, Pod
from tests.controllers.conftest import World
from tests.controllers.templates import set_image, stateful_set

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def names(world: World) -> list[str]:
    return [p.metadata.name for p in world.server.all(Pod)]


def images(world: World) -> dict[str, str]:
    return {p.metadata.name: p.spec.containers[0].image for p in world.server.all(Pod)}


async def test_pods_are_made_in_order_with_stable_names(world: World) -> None:
    world.start(StatefulSetController)
    await world.client.create(stateful_set(3))
    seen = []
    for _ in range(6):
        await world.settle(1)
        if not seen or seen[-1] != names(world):
            seen.append(names(world))
        world.run_pods()
    assert seen == [["db-0"], ["db-0", "db-1"], ["db-0", "db-1", "db-2"]]
    pod = world.server.get(Pod, "db-1", "default")
    assert (pod.spec.hostname, pod.spec.subdomain) == ("db-1", "db")
    assert pod.metadata.labels["statefulset.kubernetes.io/pod-name"] == "db-1"
    assert pod.metadata.labels["apps.kubernetes.io/pod-index"] == "1"


async def test_parallel_does_not_wait(world: World) -> None:
    world.start(StatefulSetController)
    await world.client.create(stateful_set(3, podManagementPolicy="Parallel", ordinals={"start": 5}))
    await world.settle(1)
    assert names(world) == ["db-5", "db-6", "db-7"]


async def test_scaling_down_goes_from_the_top_one_at_a_time(world: World) -> None:
    world.start(StatefulSetController)
    await world.client.create(stateful_set(3))
    await world.converge()
    for pod in world.server.all(Pod):
        pod.spec.nodeName = "n1"
        world.server.update(pod)
    found = world.server.get(StatefulSet, "db", "default")
    found.spec.replicas = 1
    await world.client.update(found)
    await world.settle(2)
    assert [p.metadata.name for p in world.server.all(Pod) if p.metadata.deletionTimestamp] == ["db-2"]
    await world.converge()
    assert names(world) == ["db-0"]


def step(sts: StatefulSet, state: str, update: str = "new") -> str:
    """What is done about pods `db-0`, `db-1`, ...: `o` old and available, `n` new and available, the capitals not
    available, `x` going, `f` failed, `-` none."""
    pods = []
    for number, letter in enumerate(state):
        if letter == "-":
            continue
        ready = "True" if letter in "on" else "False"
        pod = Pod.from_dict({
            "metadata": {"name": f"db-{number}", "labels": {
                "controller-revision-hash": "new" if letter in "nN" else "old",
                stateful.POD_NAME_LABEL: f"db-{number}"}},
            "status": {"phase": "Failed" if letter == "f" else "Running",
                       "conditions": [{"type": "Ready", "status": ready}]},
        })  # fmt: skip
        if letter == "x":
            pod.metadata.deletionTimestamp = "2026-01-01T00:00:00Z"
        pods.append(pod)
    return str(stateful.plan(sts, pods, "old", update, NOW))


PARALLEL = {"podManagementPolicy": "Parallel"}


def rolling(partition: int = 0, most: int | str | None = None) -> dict:
    found = {"partition": partition} | ({"maxUnavailable": most} if most is not None else {})
    return {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": found}}


@pytest.mark.parametrize(
    ("replicas", "spec", "state", "expected"),
    [
        # "Deployment and Scaling Guarantees" of the documentation
        (3, {}, "---", "create ordinal 0"),
        (3, {}, "O--", ""),  # web-1 is not made before web-0 is Running and Ready
        (3, {}, "o--", "create ordinal 1"),
        (3, {}, "Oo-", ""),  # web-0 failed after web-1 was made: web-2 waits
        (3, {}, "oo-", "create ordinal 2"),
        (1, {}, "nnn", "delete db-2"),
        (1, {}, "nnx", ""),  # web-1 is not terminated before web-2 is gone
        (1, {}, "nn-", "delete db-1"),
        (1, {}, "Nn-", ""),  # web-0 must be well before web-1 goes
        (1, {}, "nNn", "delete db-2"),
        (1, {}, "nnN", "delete db-2"),
        (1, {}, "nNN", ""),  # db-2 waits for db-1, its predecessor
        (3, {}, "nfn", "delete db-1"),
        (3, {}, "nxn", ""),
        # Parallel
        (3, PARALLEL, "---", "create ordinal 0, create ordinal 1, create ordinal 2"),
        (3, PARALLEL, "O-f", "create ordinal 1, delete db-2"),
        (1, PARALLEL, "NnN", "delete db-2, delete db-1"),
        # rolling updates: from the largest ordinal, one at a time, each when those above are well
        (3, {}, "ooo", "delete db-2"),
        (3, {}, "oox", ""),
        (3, {}, "ooN", ""),
        (3, {}, "oon", "delete db-1"),
        (3, {}, "onn", "delete db-0"),
        (3, {}, "nnn", ""),
        # partitions
        (3, rolling(partition=2), "ooo", "delete db-2"),
        (3, rolling(partition=2), "oon", ""),
        (3, rolling(partition=3), "ooo", ""),
        (3, {"updateStrategy": {"type": "OnDelete"}}, "ooo", ""),
        # maxUnavailable; percentages are rounded down, and are one at least
        (5, rolling(most=2), "ooooo", "delete db-4, delete db-3"),
        (5, rolling(most="50%"), "ooooo", "delete db-4, delete db-3"),
        (5, rolling(most="10%"), "ooooo", "delete db-4"),
        (5, rolling(most=2, partition=4), "ooooo", "delete db-4"),
        (5, {**rolling(most=2), **PARALLEL}, "ooooN", "delete db-3"),
    ],
)  # fmt: skip
def test_the_next_step_of_a_stateful_set(replicas: int, spec: dict, state: str, expected: str) -> None:
    assert step(stateful_set(replicas, **spec), state) == expected


@pytest.mark.parametrize(
    ("spec", "current", "expected"),
    [
        (rolling(), 3, ["new", "new", "new"]),
        (rolling(partition=2), 0, ["old", "old", "new"]),
        ({"updateStrategy": {"type": "RollingUpdate"}}, 2, ["old", "old", "new"]),
        ({"updateStrategy": {"type": "OnDelete"}}, 3, ["new", "new", "new"]),
        ({**rolling(partition=1), "ordinals": {"start": 5}}, 0, ["old", "new", "new"]),
    ],
)
def test_which_revision_a_pod_is_made_of(spec: dict, current: int, expected: list[str]) -> None:
    given = stateful_set(3, **PARALLEL, **spec)
    given.status.currentReplicas = current
    made = stateful.plan(given, [], "old", "new", NOW).create
    assert list(made.values()) == expected


async def test_an_update_goes_from_the_top_and_stops_at_the_partition(world: World) -> None:
    world.start(StatefulSetController)
    partitioned = {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}
    await world.client.create(stateful_set(4, updateStrategy=partitioned))
    await world.converge()
    await set_image(world, StatefulSet, "db", "db:2")
    await world.settle(1)
    assert sorted(images(world).values()) == ["db:1", "db:1", "db:1", "db:2"], "one at a time"
    await world.converge()
    assert images(world) == {"db-0": "db:1", "db-1": "db:1", "db-2": "db:2", "db-3": "db:2"}
    world.server.force_delete(Pod, "db-0", "default")
    await world.converge()
    assert images(world)["db-0"] == "db:1", "below the partition pods come back as they were"
    s = world.server.get(StatefulSet, "db", "default").status
    assert (s.currentReplicas, s.updatedReplicas, s.currentRevision == s.updateRevision) == (2, 2, False)
    found = world.server.get(StatefulSet, "db", "default")
    found.spec.updateStrategy.rollingUpdate.partition = 0
    await world.client.update(found)
    await world.converge()
    s = world.server.get(StatefulSet, "db", "default").status
    assert (s.currentReplicas, s.updatedReplicas, s.readyReplicas, s.currentRevision) == (4, 4, 4, s.updateRevision)


async def test_on_delete_waits_for_the_user(world: World) -> None:
    world.start(StatefulSetController)
    await world.client.create(stateful_set(2, updateStrategy={"type": "OnDelete"}))
    await world.converge()
    await set_image(world, StatefulSet, "db", "db:2")
    await world.converge()
    assert set(images(world).values()) == {"db:1"}
    world.server.force_delete(Pod, "db-0", "default")
    await world.converge()
    assert images(world) == {"db-0": "db:2", "db-1": "db:1"}


async def test_a_rollback_uses_the_old_revision_and_history_is_bounded(world: World) -> None:
    world.start(StatefulSetController)
    await world.client.create(stateful_set(1, revisionHistoryLimit=1))
    for image in ("db:1", "db:2", "db:3", "db:1"):
        await set_image(world, StatefulSet, "db", image)
        await world.converge()
    revisions = world.server.all(ControllerRevision)
    assert len(revisions) == 2
    assert images(world) == {"db-0": "db:1"}


async def test_a_pod_that_was_relabelled_gets_its_identity_back(world: World) -> None:
    """A Service that selects one pod by its name finds it again; other labels are the user's own."""
    world.start(StatefulSetController)
    await world.client.create(stateful_set(2))
    await world.converge()
    changed = world.server.get(Pod, "db-1", "default")
    changed.metadata.labels |= {stateful.POD_NAME_LABEL: "db-7", "mine": "too"}
    world.server.update(changed)
    await world.settle(1)
    labels = world.server.get(Pod, "db-1", "default").metadata.labels
    assert (labels[stateful.POD_NAME_LABEL], labels[stateful.POD_INDEX_LABEL], labels["mine"]) == ("db-1", "1", "too")
    said = [e.message for e in world.server.all(Event) if e.reason == "SuccessfulUpdate"]
    assert said == ["update Pod db-1 in StatefulSet db successful"]
