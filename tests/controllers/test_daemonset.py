"""DaemonSets: where their pods run, how they are updated, and how long those that ended stay."""

from __future__ import annotations

import itertools

import pytest

from controllers.daemonset.backoff import Backoff
from controllers.daemonset.controller import DaemonSetController
from controllers.daemonset.plan import should_run, target_node
from kube.api.apps_v1 import DaemonSet
from kube.api.core_v1 import Event, Node, Pod
from tests.controllers.conftest import World
from tests.controllers.templates import TEMPLATE, daemon_set, node, set_image


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (node("n"), (True, True)),
        (node("n", ("x", "NoSchedule")), (False, True)),
        (node("n", ("x", "NoExecute")), (False, False)),
        (node("n", ("x", "PreferNoSchedule")), (True, True)),
        (node("n", ("node.kubernetes.io/not-ready", "NoExecute")), (True, True)),
        (node("n", ("node.kubernetes.io/unschedulable", "NoSchedule")), (True, True)),
    ],
)
def test_where_a_daemon_runs(given: Node, expected: tuple[bool, bool]) -> None:
    assert should_run(daemon_set(), given) == expected


def daemons(world: World) -> dict[str, str]:
    """node -> image"""
    alive = [p for p in world.server.all(Pod) if not p.metadata.deletionTimestamp]
    return {target_node(p): p.spec.containers[0].image for p in alive}


async def test_one_pod_on_every_node_that_matches(world: World) -> None:
    selected = {**TEMPLATE, "spec": {**TEMPLATE["spec"], "nodeSelector": {"role": "db"}}}
    world.server.seed(node("a", role="db"), node("b", role="db"), node("c"))
    world.start(DaemonSetController)
    await world.client.create(daemon_set(template=selected))
    await world.converge()
    assert daemons(world) == {"a": "db:1", "b": "db:1"}
    s = world.server.get(DaemonSet, "d", "default").status
    assert (s.desiredNumberScheduled, s.currentNumberScheduled, s.numberReady, s.numberAvailable) == (2, 2, 2, 2)
    await world.client.create(node("e", role="db"))
    await world.client.delete(Node, "a")
    await world.converge()
    assert daemons(world) == {"b": "db:1", "e": "db:1"}


async def test_daemons_are_updated_as_far_as_may_be_unavailable(world: World) -> None:
    world.server.seed(*(node(n) for n in "abcd"))
    world.start(DaemonSetController)
    await world.client.create(daemon_set())
    await world.converge()
    await set_image(world, DaemonSet, "d", "db:2")
    for _ in range(30):
        await world.settle(1)
        ready = sum(bool(p.status.conditions) for p in world.server.all(Pod) if not p.metadata.deletionTimestamp)
        assert ready >= 3
        world.run_pods()
    await world.converge()
    assert daemons(world) == dict.fromkeys("abcd", "db:2")
    assert world.server.get(DaemonSet, "d", "default").status.updatedNumberScheduled == 4


async def test_with_surge_the_new_daemon_comes_first(world: World) -> None:
    world.server.seed(node("a"), node("b"))
    world.start(DaemonSetController)
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    await world.client.create(daemon_set(updateStrategy=rolling))
    await world.converge()
    await set_image(world, DaemonSet, "d", "db:2")
    await world.settle(1)
    assert len([p for p in world.server.all(Pod) if not p.metadata.deletionTimestamp]) == 3
    await world.converge()
    assert daemons(world) == dict.fromkeys("ab", "db:2")
    assert len(world.server.all(Pod)) == 2


async def test_a_daemon_that_fails_again_and_again_waits_longer_each_time(world: World) -> None:
    world.server.seed(node("a"))
    world.start(DaemonSetController)
    await world.client.create(daemon_set())
    await world.settle(1)
    made = []
    for _ in range(300):
        [pod] = world.server.all(Pod)
        if not made or made[-1][0] != pod.metadata.uid:
            made.append((pod.metadata.uid, world.clock.monotonic()))
            world.set_pod(pod, ready=False, phase="Failed")
        await world.settle(1)
    waits = [round(later - earlier) for (_, earlier), (_, later) in itertools.pairwise(made[1:])]
    assert waits[:6] == sorted(waits[:6])
    assert waits[5] >= 16 * max(1, waits[0])
    said = [e.message for e in world.server.all(Event) if e.reason == "FailedDaemonPod"]
    assert said[0].startswith("Found failed daemon pod default/d-")
    assert said[0].endswith(", will try to kill it")


def test_how_long_a_daemon_that_ended_stays() -> None:
    backoff = Backoff()

    def tried(now: float, generation: int = 1, node: str = "a") -> float:
        return backoff.wait(("default", "d"), generation, node, now)

    assert [tried(now) for now in (0, 0.5, 1, 1, 3)] == [0, 0.5, 0, 2, 0]
    assert tried(3) == 4
    assert tried(3, node="b") == 0, "each node has its own"
    assert tried(3, generation=2) == 0, "a set that was changed begins anew"
    assert tried(3.5, generation=2) == 0.5
    assert tried(3.5 + 1801, generation=2) == 0
    assert tried(3.5 + 1801, generation=2) == 1, "long after its time a failure is a first one"
    for now in range(10_000, 100_000, 1000):
        tried(now)
    assert tried(99_000) == 900
    backoff.forget(("default", "d"))
    assert [tried(99_000), tried(99_000)] == [0, 1]


async def test_a_daemon_that_failed_is_replaced(world: World) -> None:
    world.server.seed(node("a"))
    world.start(DaemonSetController)
    await world.client.create(daemon_set())
    await world.converge()
    [pod] = world.server.all(Pod)
    world.set_pod(pod, ready=False, phase="Failed")
    await world.converge()
    [new] = world.server.all(Pod)
    assert new.metadata.uid != pod.metadata.uid
