"""Flat work: what one change costs does not depend on how many Services and pods there are beside it.

Counted, not timed: lines of Python run in the controllers, informers and queues, objects handed out by the informers'
stores, and writes to the server, for the same change in a small cluster and in one four times as large.
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
from kube.api.apps_v1 import Deployment
from kube.api.core_v1 import Node, NodeCondition, Pod, Service
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
PODS_EACH, NODES = 3, 4


@dataclass
class Work:
    lines: int = 0
    objects: int = 0
    writes: int = 0


async def cluster(world: World, services: int) -> None:
    """So many Services with a Deployment of three pods each, all at rest."""
    for number in range(NODES):
        node = Node.from_dict({"metadata": {"name": f"n{number}", "labels": {"kubernetes.io/hostname": f"n{number}"}}})
        node.status.allocatable = {"cpu": "9999", "memory": "9999Gi", "pods": "99999"}
        node.status.conditions = [NodeCondition(type="Ready", status="True")]
        world.server.seed(node)
    world.start(*ALL, node_monitor_grace_period=1e9)
    for number in range(services):
        name = f"web-{number}"
        await world.client.create(named(name))
        spec = {
            "selector": {"app": name},
            "ports": [{"port": 80}],
            "clusterIP": f"10.96.{number // 250}.{number % 250}",
        }
        await world.client.create(Service.from_dict({"metadata": {"name": name, "namespace": "default"}, "spec": spec}))
    await world.converge()
    assert len(world.server.all(Pod)) == services * PODS_EACH


def named(name: str) -> Deployment:
    made = deployment(PODS_EACH)
    made.metadata.name = name
    made.spec.selector.matchLabels = {"app": name}
    made.spec.template.metadata.labels = {"app": name}
    return made


def pod_of(world: World) -> Pod:
    return next(pod for pod in world.server.all(Pod) if pod.metadata.labels["app"] == "web-0")


def unready(world: World) -> None:
    world.set_pod(pod_of(world), ready=False)


def ready(world: World) -> None:
    world.set_pod(pod_of(world))


def gone(world: World) -> None:
    world.server.force_delete(Pod, pod_of(world).metadata.name, "default")


def scaled(world: World) -> None:
    found = world.server.get(Deployment, "web-0", "default")
    found.spec.replicas = PODS_EACH + 1
    world.server.update(found)


def service_gone(world: World) -> None:
    world.server.force_delete(Service, "web-0", "default")


def heartbeat(world: World) -> None:
    node = world.server.get(Node, "n0")
    node.metadata.annotations = {"seen": "again"}
    world.server.update(node)


def workload_gone(world: World) -> None:
    """The garbage collector's work."""
    world.server.force_delete(Deployment, "web-0", "default")


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
        await world.converge()
    return done


async def test_the_work_for_a_change_is_flat(monkeypatch: pytest.MonkeyPatch) -> None:
    found: dict[int, list[Work]] = {}
    for services in (4, 16):
        world = World()
        await cluster(world, services)
        found[services] = [await work_of(world, change, monkeypatch) for change in CHANGES]
        await world.kill()
    for change, small, large in zip(CHANGES, *found.values(), strict=True):
        assert large.writes == small.writes, change.__name__
        assert large.objects <= small.objects + 4, change.__name__
        assert large.lines <= small.lines * 1.1 + 50, change.__name__
