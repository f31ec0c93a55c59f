"""Budgets: what they expect, and how they follow their pods."""

from __future__ import annotations

import pytest

from controllers.disruption import budget
from controllers.disruption.controller import DisruptionController
from kube.api.apps_v1 import ReplicaSet
from kube.api.core_v1 import Event, Pod
from kube.api.policy_v1 import PodDisruptionBudget
from kube.apimachinery.meta_v1 import OwnerReference
from tests.controllers.conftest import World


def pdb(**spec) -> PodDisruptionBudget:
    return PodDisruptionBudget.from_dict(
        {
            "metadata": {"name": "b", "namespace": "default"},
            "spec": {"selector": {"matchLabels": {"app": "db"}}, **spec},
        }
    )


@pytest.mark.parametrize(
    ("spec", "pods", "scale", "expected"),
    [
        ({"minAvailable": 2}, 5, 0, (5, 2)),
        ({"minAvailable": "50%"}, 3, 5, (5, 3)),
        ({"maxUnavailable": 1}, 3, 5, (5, 4)),
        ({"maxUnavailable": "30%"}, 3, 5, (5, 3)),  # rounded up: two may go
        ({"maxUnavailable": 9}, 3, 5, (5, 0)),
        ({}, 3, 0, (0, 0)),
        # the examples of "Specifying a Disruption Budget": seven pods, percentages are rounded up
        ({"minAvailable": "50%"}, 7, 7, (7, 4)),
        ({"maxUnavailable": "50%"}, 7, 7, (7, 3)),
        ({"maxUnavailable": "30%"}, 1, 1, (1, 0)),
        ({"maxUnavailable": 0}, 7, 7, (7, 7)),
        ({"maxUnavailable": "0%"}, 7, 7, (7, 7)),
        ({"minAvailable": "100%"}, 7, 7, (7, 7)),
        ({"minAvailable": 0}, 7, 7, (7, 0)),
    ],
)
def test_expected_and_desired(spec: dict, pods: int, scale: int, expected: tuple[int, int]) -> None:
    assert budget.expected_and_desired(pdb(**spec), pods, scale) == expected


async def test_a_budget_follows_its_pods(world: World) -> None:
    rs = ReplicaSet.from_dict(
        {"metadata": {"name": "rs", "namespace": "default", "uid": "rs"}, "spec": {"replicas": 4}}
    )
    world.server.seed(rs)
    for n in range(4):
        pod = Pod.from_dict(
            {"metadata": {"name": f"p{n}", "namespace": "default", "labels": {"app": "db"}}, "spec": {}}
        )
        pod.metadata.ownerReferences = [
            OwnerReference(apiVersion="apps/v1", kind="ReplicaSet", name="rs", uid="rs", controller=True)
        ]
        world.server.seed(pod)
    world.run_pods()
    world.start(DisruptionController)
    await world.client.create(pdb(maxUnavailable="50%"))
    await world.settle(1)

    def numbers() -> tuple[int, ...]:
        s = world.server.get(PodDisruptionBudget, "b", "default").status
        return s.expectedPods, s.desiredHealthy, s.currentHealthy, s.disruptionsAllowed

    assert numbers() == (4, 2, 4, 2)
    world.set_pod(world.server.get(Pod, "p0", "default"), ready=False)
    await world.settle(1)
    assert numbers() == (4, 2, 3, 1)
    granted = world.server.get(PodDisruptionBudget, "b", "default")
    granted.status.disruptedPods = {"p1": "2026-01-01T00:00:02Z"}
    granted.status.disruptionsAllowed = 0
    world.server.update(granted, "status")
    await world.settle(1)
    assert numbers() == (4, 2, 2, 0)
    await world.settle(130)
    assert numbers() == (4, 2, 3, 1), "an eviction that never began is given back"


async def test_pods_that_nobody_controls_are_told_of(world: World) -> None:
    for n in range(2):
        meta = {"name": f"p{n}", "namespace": "default", "labels": {"app": "db"}}
        world.server.seed(Pod.from_dict({"metadata": meta, "spec": {}}))
    world.run_pods()
    world.start(DisruptionController)
    await world.client.create(pdb(maxUnavailable=1))
    await world.settle(1)
    status = world.server.get(PodDisruptionBudget, "b", "default").status
    assert (status.expectedPods, status.desiredHealthy, status.disruptionsAllowed) == (0, 0, 0)
    [event] = world.server.all(Event)
    assert event.reason == "UnmanagedPods"
    assert event.message.startswith(
        "Pods selected by this PodDisruptionBudget (selector: &LabelSelector{MatchLabels:map[string]string{app: db,},"
        "MatchExpressions:[]LabelSelectorRequirement{},}) were found to be unmanaged. As a result, the status"
    )
    await world.client.delete(PodDisruptionBudget, "b", "default")
    lonely = pdb(minAvailable=1)
    lonely.spec.selector.matchLabels = {"app": "nobody"}
    await world.client.create(lonely)
    await world.settle(1)
    assert ("NoPods", "No matching pods found") in {(e.reason, e.message) for e in world.server.all(Event)}
