"""Flat work: what one change costs does not depend on how many Services and pods there are beside it.

Counted, not timed: lines of Python run in the controllers, informers and queues, objects handed out by the informers'
stores, and writes to the server, for the same change in a small cluster and in one of a thousand Services and ten
thousand pods. The controllers make the first Service's objects themselves; the others are copies of those.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import controllers
from controllers.deployment.controller import DeploymentController
from controllers.disruption.controller import DisruptionController
from controllers.endpoints.controller import EndpointsController
from controllers.endpointslice.controller import EndpointSliceController
from controllers.endpointslice_mirroring.controller import EndpointSliceMirroringController
from controllers.garbage_collector.controller import GarbageCollector
from controllers.ip_allocation.controller import IPAllocationController
from controllers.node_lifecycle.controller import NodeLifecycleController
from controllers.replicaset.controller import ReplicaSetController
from controllers.scheduler.controller import Scheduler
from controllers.taint_eviction.controller import TaintEvictionController
from kube.api.apps_v1 import Deployment, ReplicaSet
from kube.api.core_v1 import Endpoints, Node, NodeCondition, Pod, Service
from kube.api.discovery_v1 import EndpointSlice
from kube.api.networking_v1 import IPAddress
from kube.apimachinery.meta_v1 import Object
from kube.informer import store as informer_store
from kube.informer.store import Store
from kube.workqueue import queue
from tests.controllers.conftest import World, deployment

ALL = (
    Scheduler, DeploymentController, ReplicaSetController, EndpointSliceController, EndpointsController,
    EndpointSliceMirroringController, GarbageCollector, IPAllocationController, NodeLifecycleController,
    TaintEvictionController, DisruptionController,
)  # fmt: skip
OURS = tuple(str(Path(module.__file__).parent) for module in (controllers, informer_store, queue))
PODS_EACH, NODES = 10, 4
SMALL, LARGE = 20, 1000
FIRST = "web-0"
KINDS = (Deployment, ReplicaSet, Pod, Service, EndpointSlice, Endpoints, IPAddress)


@dataclass
class Work:
    lines: int = 0
    objects: int = 0
    writes: int = 0


async def cluster(world: World, services: int) -> None:
    """So many Services with a Deployment of ten pods each, all at rest."""
    for number in range(NODES):
        node = Node.from_dict({"metadata": {"name": f"n{number}", "labels": {"kubernetes.io/hostname": f"n{number}"}}})
        node.status.allocatable = {"cpu": "9999", "memory": "9999Gi", "pods": "99999"}
        node.status.conditions = [NodeCondition(type="Ready", status="True")]
        world.server.seed(node)
    world.start(*ALL, node_monitor_grace_period=1e9)
    made = deployment(PODS_EACH)
    made.metadata.name = FIRST
    made.spec.selector.matchLabels = made.spec.template.metadata.labels = {"app": FIRST}
    await world.client.create(made)
    spec = {"selector": {"app": FIRST}, "ports": [{"port": 80}], "clusterIP": address(0)}
    await world.client.create(Service.from_dict({"metadata": {"name": FIRST, "namespace": "default"}, "spec": spec}))
    await world.converge()
    await world.kill()
    made_of = templates([obj for kind in KINDS for obj in world.server.all(kind)])
    for number in range(1, services):
        world.server.seed(*(copied(kind, text, number) for kind, text in made_of))
    before = len(world.server.calls)
    world.start(*ALL, node_monitor_grace_period=1e9)
    await world.settle(5)
    assert len(world.server.objects[Pod]) == services * PODS_EACH
    said = [call for call in world.server.calls[before:] if not call.startswith("create Event")]
    assert said == [], "the copies are as the controllers would have made them"


def address(number: int) -> str:
    return f"10.96.{number // 250}.{number % 250 + 1}"


def templates(originals: list[Object]) -> list[tuple[type[Object], str]]:
    """The originals' JSON with marks where another Service's names, UIDs and addresses go."""
    found = []
    for obj in originals:
        text = obj.to_json().decode()
        for uid in (o.metadata.uid for o in originals):
            text = text.replace(f'"{uid}"', f'"{uid}-<n>"')
        text = text.replace(f'"{address(0)}"', '"<address>"').replace('"10.0.0.', '"<network>.')
        found.append((type(obj), text.replace(FIRST, "web-<n>")))
    return found


def copied(kind: type[Object], template: str, number: int) -> Object:
    """The object as another Service's."""
    text = template.replace("<n>", str(number)).replace("<address>", address(number))
    return kind.from_json(text.replace("<network>", f"10.{number // 250 + 1}.{number % 250}"))


def pod_of(world: World) -> Pod:
    return next(pod for pod in world.server.objects[Pod].values() if pod.metadata.labels["app"] == FIRST)


async def rest(world: World) -> None:
    """As `World.converge`, without a look at ten thousand pods in each round."""
    for _ in range(20):
        before = world.server.revision
        await world.settle(1.0)
        for pod in [p for p in world.server.objects[Pod].values() if p.metadata.labels["app"] == FIRST]:
            if pod.metadata.deletionTimestamp:
                world.server.force_delete(Pod, pod.metadata.name, "default")
            elif not any(c.type == "Ready" and c.status == "True" for c in pod.status.conditions):
                world.set_pod(pod)
        await world.settle(1.0)
        if world.server.revision == before:
            return
    raise AssertionError("the world never came to rest")


def unready(world: World) -> None:
    world.set_pod(pod_of(world), ready=False)


def ready(world: World) -> None:
    world.set_pod(pod_of(world))


def gone(world: World) -> None:
    world.server.force_delete(Pod, pod_of(world).metadata.name, "default")


def scaled(world: World) -> None:
    found = world.server.get(Deployment, FIRST, "default")
    found.spec.replicas = PODS_EACH + 1
    world.server.update(found)


def service_gone(world: World) -> None:
    world.server.force_delete(Service, FIRST, "default")


def heartbeat(world: World) -> None:
    node = world.server.get(Node, "n0")
    node.metadata.annotations = {"seen": "again"}
    world.server.update(node)


def workload_gone(world: World) -> None:
    """The garbage collector's work."""
    world.server.force_delete(Deployment, FIRST, "default")


CHANGES = (unready, ready, gone, scaled, heartbeat, service_gone, workload_gone)


async def work_of(world: World, change: Callable[[World], None], monkeypatch: pytest.MonkeyPatch) -> Work:
    """What the controllers do about one change, until they rest."""
    done = Work()

    def trace(frame, event: str, _argument):
        if event == "call":
            return trace if frame.f_code.co_filename.startswith(OURS) else None
        done.lines += event == "line"
        return trace

    def counted(method: Callable) -> Callable:
        def counting(*arguments):
            found = list(method(*arguments))
            done.objects += len(found)
            return iter(found) if method is Store.__iter__ else found

        return counting

    before = len(world.server.calls)
    with monkeypatch.context() as patched:
        for name in ("by_index", "in_namespace", "__iter__"):
            patched.setattr(Store, name, counted(getattr(Store, name)))
        sys.settrace(trace)
        try:
            change(world)
            await world.settle(0.5)
        finally:
            sys.settrace(None)
    done.writes = len(world.server.calls) - before
    if change is not unready:
        await rest(world)
    return done


@pytest.mark.timeout(180)
async def test_the_work_for_a_change_is_flat(monkeypatch: pytest.MonkeyPatch) -> None:
    found: dict[int, list[Work]] = {}
    for services in (SMALL, LARGE):
        world = World()
        await cluster(world, services)
        found[services] = [await work_of(world, change, monkeypatch) for change in CHANGES]
        await world.kill()
    for change, small, large in zip(CHANGES, *found.values(), strict=True):
        assert large.writes == small.writes, change.__name__
        assert large.objects <= small.objects + 4, change.__name__
        assert large.lines <= small.lines * 1.1 + 50, change.__name__
