"""The Deployment and ReplicaSet controllers together, in memory and virtual time."""

from __future__ import annotations

from controllers.deployment.controller import DeploymentController
from controllers.hashing import template_hash
from controllers.replicaset.controller import ReplicaSetController
from kube.api.apps_v1 import Deployment, ReplicaSet
from kube.api.core_v1 import Event, Pod
from tests.controllers.conftest import World, deployment

BOTH = (DeploymentController, ReplicaSetController)


def sizes(world: World) -> dict[str, tuple[int, int]]:
    """Image -> (wanted, ready) of each ReplicaSet."""
    return {
        rs.spec.template.spec.containers[0].image: (rs.spec.replicas, rs.status.readyReplicas)
        for rs in world.server.all(ReplicaSet)
    }


async def change(world: World, edit) -> None:
    d = world.server.get(Deployment, "web", "default")
    edit(d)
    await world.client.update(d)


async def test_a_deployment_becomes_pods(world: World) -> None:
    world.start(*BOTH)
    await world.client.create(deployment(3))
    await world.converge()
    pods = world.server.all(Pod)
    [rs] = world.server.all(ReplicaSet)
    assert len(pods) == 3
    assert all(p.metadata.name.startswith(rs.metadata.name + "-") for p in pods)
    assert rs.metadata.labels["pod-template-hash"] == rs.metadata.name.removeprefix("web-")
    d = world.server.get(Deployment, "web", "default")
    assert d.metadata.annotations["deployment.kubernetes.io/revision"] == "1"
    assert (d.status.replicas, d.status.availableReplicas, d.status.observedGeneration) == (3, 3, 1)
    assert {(c.type, c.status, c.reason) for c in d.status.conditions} == {
        ("Available", "True", "MinimumReplicasAvailable"),
        ("Progressing", "True", "NewReplicaSetAvailable"),
    }
    said = {(e.involvedObject.kind, e.reason, e.message) for e in world.server.all(Event)}
    assert ("Deployment", "ScalingReplicaSet", f"Scaled up replica set {rs.metadata.name} from 0 to 3") in said
    assert sum(e.reason == "SuccessfulCreate" for e in world.server.all(Event)) == 3


async def test_a_rolling_update_keeps_its_bounds_at_each_step(world: World) -> None:
    world.start(*BOTH)
    await world.client.create(deployment(10, strategy={"rollingUpdate": {"maxSurge": 3, "maxUnavailable": 2}}))
    await world.converge()
    await change(world, lambda d: setattr(d.spec.template.spec.containers[0], "image", "nginx:2"))
    steps = []
    for _ in range(60):
        await world.settle(1)
        pods = [p for p in world.server.all(Pod) if not p.metadata.deletionTimestamp]
        ready = [p for p in pods if p.status.conditions]
        assert len(pods) <= 13
        assert len(ready) >= 8
        if not steps or steps[-1] != sizes(world):
            steps.append(sizes(world))
        world.run_pods()
    assert steps[0] == {"nginx:1": (8, 8), "nginx:2": (5, 0)}
    assert steps[-1] == {"nginx:1": (0, 0), "nginx:2": (10, 10)}


async def test_rollback_takes_the_old_replica_set_again(world: World) -> None:
    world.start(*BOTH)
    await world.client.create(deployment(2))
    await world.converge()
    for image in ("nginx:2", "nginx:1"):
        await change(world, lambda d, image=image: setattr(d.spec.template.spec.containers[0], "image", image))
        await world.converge()
    assert sizes(world) == {"nginx:1": (2, 2), "nginx:2": (0, 0)}
    one = next(rs for rs in world.server.all(ReplicaSet) if rs.spec.replicas)
    assert one.metadata.annotations["deployment.kubernetes.io/revision"] == "3"
    assert one.metadata.annotations["deployment.kubernetes.io/revision-history"] == "1"
    d = world.server.get(Deployment, "web", "default")
    assert d.metadata.annotations["deployment.kubernetes.io/revision"] == "3"


async def test_recreate_waits_for_the_last_old_pod(world: World) -> None:
    world.start(*BOTH)
    await world.client.create(deployment(3, strategy={"type": "Recreate"}))
    await world.converge()
    await change(world, lambda d: setattr(d.spec.template.spec.containers[0], "image", "nginx:2"))
    for pod in world.server.all(Pod):  # on a node, so that deletion is graceful
        pod.spec.nodeName = "n1"
        world.server.update(pod)
    await world.settle(5)
    assert [bool(p.metadata.deletionTimestamp) for p in world.server.all(Pod)] == [True] * 3
    assert sizes(world) == {"nginx:1": (0, 0)}
    await world.converge()
    assert sizes(world) == {"nginx:1": (0, 0), "nginx:2": (3, 3)}


async def test_paused_deployments_do_not_roll_but_scale(world: World) -> None:
    world.start(*BOTH)
    await world.client.create(deployment(3))
    await world.converge()

    def edit(d: Deployment) -> None:
        d.spec.paused = True
        d.spec.replicas = 5
        d.spec.template.spec.containers[0].image = "nginx:2"

    await change(world, edit)
    await world.converge()
    assert sizes(world) == {"nginx:1": (5, 5)}
    conditions = world.server.get(Deployment, "web", "default").status.conditions
    assert ("Progressing", "Unknown", "DeploymentPaused") in {(c.type, c.status, c.reason) for c in conditions}
    await change(world, lambda d: setattr(d.spec, "paused", False))
    await world.converge()
    assert sizes(world) == {"nginx:1": (0, 0), "nginx:2": (5, 5)}


async def test_the_progress_deadline(world: World) -> None:
    world.start(*BOTH)
    await world.client.create(deployment(1, progressDeadlineSeconds=60))
    await world.settle(30)
    await world.settle(40)
    conditions = world.server.get(Deployment, "web", "default").status.conditions
    assert ("Progressing", "False", "ProgressDeadlineExceeded") in {(c.type, c.status, c.reason) for c in conditions}
    await world.converge()
    conditions = world.server.get(Deployment, "web", "default").status.conditions
    assert ("Progressing", "True", "NewReplicaSetAvailable") in {(c.type, c.status, c.reason) for c in conditions}


async def test_history_limit(world: World) -> None:
    world.start(*BOTH)
    await world.client.create(deployment(1, revisionHistoryLimit=2))
    await world.converge()
    for n in range(2, 7):
        await change(world, lambda d, n=n: setattr(d.spec.template.spec.containers[0], "image", f"nginx:{n}"))
        await world.converge()
    assert sorted(sizes(world)) == ["nginx:4", "nginx:5", "nginx:6"]


async def test_a_deleted_pod_is_replaced_and_a_label_change_releases(world: World) -> None:
    world.start(*BOTH)
    await world.client.create(deployment(3))
    await world.converge()
    first, second, _ = world.server.all(Pod)
    await world.client.delete(Pod, first.metadata.name, "default")
    second.metadata.labels["app"] = "other"
    await world.client.update(second)
    await world.converge()
    pods = world.server.all(Pod)
    assert len(pods) == 4
    released = next(p for p in pods if p.metadata.labels["app"] == "other")
    assert released.metadata.ownerReferences == []


async def test_an_orphan_pod_is_adopted(world: World) -> None:
    world.start(*BOTH)
    await world.client.create(deployment(2))
    await world.converge()
    [rs] = world.server.all(ReplicaSet)
    pod = Pod.from_dict(
        {"metadata": {"name": "mine", "namespace": "default", "labels": rs.spec.selector.matchLabels}, "spec": {}}
    )
    await world.client.create(pod)
    await world.converge()
    pods = world.server.all(Pod)
    assert len(pods) == 2
    assert all(p.metadata.ownerReferences[0].uid == rs.metadata.uid for p in pods)


async def test_a_failing_creation_is_a_condition_and_an_event(world: World) -> None:
    from kube.apimachinery.errors import Forbidden

    world.start(*BOTH)
    world.server.fail("create", Pod, Forbidden('pods "web-" is forbidden: exceeded quota'), times=1000)
    await world.client.create(deployment(4))
    await world.settle(20)
    [rs] = world.server.all(ReplicaSet)
    assert [(c.type, c.reason) for c in rs.status.conditions] == [("ReplicaFailure", "FailedCreate")]
    d = world.server.get(Deployment, "web", "default")
    assert "ReplicaFailure" in {c.type for c in d.status.conditions}
    assert any(e.reason == "FailedCreate" and e.count > 1 for e in world.server.all(Event))
    world.server.faults.clear()
    await world.settle(700)
    await world.converge()
    assert sizes(world) == {"nginx:1": (4, 4)}
    assert world.server.all(ReplicaSet)[0].status.conditions == []


async def test_a_name_that_another_has_taken_counts_as_a_collision(world: World) -> None:
    """The hash then takes the count in, so that the next name is another."""
    d = deployment(2)
    name = f"web-{template_hash(d.spec.template)}"
    stranger = {"metadata": {"name": name, "namespace": "default"}, "spec": {"replicas": 0}}
    stranger["spec"] |= {"selector": {"matchLabels": {"app": "other"}}}
    world.server.seed(ReplicaSet.from_dict(stranger))
    world.start(*BOTH)
    await world.client.create(d)
    await world.converge()
    status = world.server.get(Deployment, "web", "default").status
    assert (status.collisionCount, status.availableReplicas) == (1, 2)
    [mine] = [rs for rs in world.server.all(ReplicaSet) if rs.metadata.ownerReferences]
    assert mine.metadata.name == f"web-{template_hash(d.spec.template, 1)}" != name


async def test_a_second_update_rolls_over_the_first(world: World) -> None:
    """Pods of the version in between go at once: nobody waits for a rollout that is no longer wanted."""
    world.start(*BOTH)
    await world.client.create(deployment(4, strategy={"rollingUpdate": {"maxSurge": 2, "maxUnavailable": 0}}))
    await world.converge()
    await change(world, lambda d: setattr(d.spec.template.spec.containers[0], "image", "nginx:2"))
    await world.settle(1)
    assert sizes(world) == {"nginx:1": (4, 4), "nginx:2": (2, 0)}
    await change(world, lambda d: setattr(d.spec.template.spec.containers[0], "image", "nginx:3"))
    await world.settle(1)
    assert sizes(world) == {"nginx:1": (4, 4), "nginx:2": (0, 0), "nginx:3": (2, 0)}
    await world.converge()
    assert sizes(world) == {"nginx:1": (0, 0), "nginx:2": (0, 0), "nginx:3": (4, 4)}


async def test_scaling_in_the_middle_of_a_rollout_is_shared_out(world: World) -> None:
    """Kubernetes' documentation: "the Deployment controller balances the additional replicas in the existing active
    ReplicaSets"; 10 replicas with maxSurge 3 and maxUnavailable 2, whose new image never gets ready, become 15."""
    world.start(*BOTH)
    await world.client.create(deployment(10, strategy={"rollingUpdate": {"maxSurge": 3, "maxUnavailable": 2}}))
    await world.converge()
    await change(world, lambda d: setattr(d.spec.template.spec.containers[0], "image", "nginx:2"))
    for _ in range(3):
        await world.settle(1)
        world.run_pods(lambda _pod: False)
    assert sizes(world) == {"nginx:1": (8, 8), "nginx:2": (5, 0)}
    await change(world, lambda d: setattr(d.spec, "replicas", 15))
    for _ in range(3):
        await world.settle(1)
        world.run_pods(lambda _pod: False)
    assert {image: wanted for image, (wanted, _) in sizes(world).items()} == {"nginx:1": 11, "nginx:2": 7}


async def test_a_pod_is_available_only_after_min_ready_seconds(world: World) -> None:
    world.start(*BOTH)
    rolling = {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    await world.client.create(deployment(2, minReadySeconds=60, strategy=rolling))
    await world.settle(1)
    world.run_pods()
    await world.settle(30)

    def available() -> tuple[int, int]:
        status = world.server.get(Deployment, "web", "default").status
        return status.readyReplicas, status.availableReplicas

    assert available() == (2, 0)
    await world.settle(35)
    assert available() == (2, 2)
    await change(world, lambda d: setattr(d.spec.template.spec.containers[0], "image", "nginx:2"))
    await world.settle(1)
    world.run_pods()
    await world.settle(30)
    assert sizes(world) == {"nginx:1": (2, 2), "nginx:2": (1, 1)}, "the old ones stay until the new one is available"
    await world.settle(35)
    assert sizes(world)["nginx:1"][0] == 1
