"""Convergence: whatever happens on the way, the end is that of a run in which nothing went wrong."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controllers.deployment.controller import DeploymentController
from controllers.endpoints.controller import EndpointsController
from controllers.endpointslice.controller import EndpointSliceController
from controllers.garbage_collector.controller import GarbageCollector
from controllers.node_lifecycle.controller import NodeLifecycleController
from controllers.pod_garbage_collector.controller import PodGarbageCollector
from controllers.replicaset.controller import ReplicaSetController
from controllers.scheduler.controller import Scheduler
from controllers.taint_eviction.controller import TaintEvictionController
from kube.api.apps_v1 import Deployment, ReplicaSet
from kube.api.core_v1 import Endpoints, Node, NodeCondition, Pod, Service
from kube.api.discovery_v1 import EndpointSlice
from kube.apimachinery.errors import AlreadyExists, Conflict, InternalError, NotFound
from kube.client import Unreachable
from tests.controllers.conftest import World, deployment

ALL = (
    Scheduler,
    DeploymentController,
    ReplicaSetController,
    EndpointSliceController,
    EndpointsController,
    GarbageCollector,
    NodeLifecycleController,
    TaintEvictionController,
    PodGarbageCollector,
)
NAMES = st.sampled_from(["a", "b"])

WISHES = st.one_of(
    st.tuples(st.just("create"), NAMES, st.integers(0, 6)),
    st.tuples(st.just("scale"), NAMES, st.integers(0, 6)),
    st.tuples(st.just("image"), NAMES, st.integers(1, 3)),
    st.tuples(st.just("delete"), NAMES, st.sampled_from(["Background", "Foreground"])),
    st.tuples(st.just("service"), NAMES, st.booleans()),
)
FAULTS = st.one_of(
    st.tuples(st.just("lose pod"), st.integers(0, 9)),
    st.tuples(st.just("unready pod"), st.integers(0, 9)),
    st.tuples(st.just("lose node"), st.sampled_from(["n1", "n2"])),
    st.tuples(st.just("silence node"), st.sampled_from(["n1", "n2"])),
    st.tuples(st.just("restart controllers")),
    st.tuples(st.just("break watches")),
    st.tuples(st.just("compact")),
    st.tuples(
        st.just("fail"),
        st.sampled_from([(v, t) for v in ("create", "update", "update_status", "delete", "patch", "get")
                         for t in (Pod, ReplicaSet, EndpointSlice, Deployment, None)]),
        st.booleans(),
        st.integers(1, 3),
    ),
)  # fmt: skip
PAUSES = st.tuples(st.just("pause"), st.sampled_from([0.0, 0.01, 0.5, 3.0]))
RUN_PODS = st.tuples(st.just("kubelet"))
STEPS = st.lists(st.one_of(WISHES, FAULTS, PAUSES, RUN_PODS), max_size=25)


def start(world: World) -> None:
    """Nodes say that they are well only once here, so that only those fall silent that shall."""
    world.start(*ALL, random=random.Random(1), node_monitor_grace_period=1e9)


def made(name: str, replicas: int) -> Deployment:
    d = deployment(replicas)
    d.metadata.name = name
    d.spec.selector.matchLabels = {"app": name}
    d.spec.template.metadata.labels = {"app": name}
    return d


def service(name: str) -> Service:
    return Service.from_dict(
        {
            "metadata": {"name": name, "namespace": "default"},
            "spec": {"selector": {"app": name}, "ports": [{"port": 80}], "clusterIP": "10.0.0.1"},
        }
    )


async def wish(world: World, kind: str, name: str, what) -> None:
    """What a user does; one who is told of a conflict tries again."""
    for _ in range(100):
        try:
            return await wish_once(world, kind, name, what)
        except Conflict:
            continue


async def wish_once(world: World, kind: str, name: str, what) -> None:
    client = world.client
    try:
        if kind == "create":
            await client.create(made(name, what))
        elif kind == "delete":
            await client.delete(Deployment, name, "default", propagation_policy=what)
        elif kind == "service":
            if what:
                await client.create(service(name))
            else:
                await client.delete(Service, name, "default")
        else:
            d = await client.get(Deployment, name, "default")
            if kind == "scale":
                d.spec.replicas = what
            else:
                d.spec.template.spec.containers[0].image = f"nginx:{what}"
            await client.update(d)
    except (NotFound, AlreadyExists):
        pass


async def inflict(world: World, kind: str, *what) -> None:
    pods = world.server.all(Pod)
    if kind == "lose pod" and pods:
        pod = pods[what[0] % len(pods)]
        world.server.force_delete(Pod, pod.metadata.name, "default")
    elif kind == "unready pod" and pods:
        world.set_pod(pods[what[0] % len(pods)], ready=False)
    elif kind == "lose node":
        world.server.force_delete(Node, what[0])
    elif kind == "silence node" and (node := world.server.get(Node, what[0])):
        node.status.conditions = [NodeCondition(type="Ready", status="Unknown")]
        world.server.update(node, "status")
    elif kind == "restart controllers":
        await world.kill()
        start(world)
    elif kind == "break watches":
        world.server.break_watches()
    elif kind == "compact":
        world.server.compact()
        world.server.break_watches()
    elif kind == "fail":
        (verb, type_), late, times = what
        error = Unreachable("lost", sent=True) if late else InternalError("boom")
        world.server.fail(verb, type_, error, times, late)


async def run(steps: list[tuple], *, faults: bool) -> dict:
    """The state at the end."""
    world = World()
    for name in ("n1", "n2", "n3"):
        node = Node.from_dict({"metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}}})
        node.status.allocatable = {"cpu": "8", "memory": "16Gi", "pods": "110"}
        node.status.conditions = [NodeCondition(type="Ready", status="True")]
        world.server.seed(node)
    start(world)
    await world.settle()
    for kind, *what in steps:
        if kind in ("create", "scale", "image", "delete", "service"):
            waiting, world.server.faults = world.server.faults, []
            await wish(world, kind, *what)
            world.server.faults = waiting
        elif kind == "pause":
            await world.settle(*what)
        elif kind == "kubelet":
            world.run_pods()
        elif faults:
            await inflict(world, kind, *what)
    world.server.faults.clear()
    await world.settle(400)  # longer than any back-off that has built up, and than a lost expectation
    await world.converge()
    state = describe(world)
    await world.kill()
    return state


def describe(world: World) -> dict:
    """What a user sees, without names and addresses that chance gave."""
    server = world.server
    state: dict = {}
    for d in server.all(Deployment):
        sets = {
            rs.spec.template.spec.containers[0].image: rs.spec.replicas
            for rs in server.all(ReplicaSet)
            if rs.metadata.ownerReferences[0].uid == d.metadata.uid and rs.spec.replicas
        }
        s = d.status
        state[f"deployment {d.metadata.name}"] = (
            sets,
            (s.replicas, s.updatedReplicas, s.readyReplicas, s.availableReplicas, s.unavailableReplicas),
            s.observedGeneration == d.metadata.generation,
            sorted((c.type, c.status, c.reason) for c in s.conditions),
        )
    state["pods"] = Counter((p.metadata.labels["app"], bool(p.spec.nodeName)) for p in server.all(Pod))
    for s in server.all(Service):
        name = s.metadata.name
        ips = {p.status.podIP for p in server.all(Pod) if p.metadata.labels["app"] == name}
        slices = [x for x in server.all(EndpointSlice) if x.metadata.labels["kubernetes.io/service-name"] == name]
        listed = [e.addresses[0] for x in slices for e in x.endpoints]
        assert len(listed) == len(set(listed)), "an endpoint is in two slices"
        assert set(listed) == ips, "slices and pods differ"
        assert all(e.conditions.ready for x in slices for e in x.endpoints)
        old = server.get(Endpoints, name, "default")
        assert {a.ip for subset in old.subsets for a in subset.addresses} == ips
        state[f"service {name}"] = (len(ips), len(slices))
    orphans = [
        x
        for x in server.all(EndpointSlice)
        if f"service {x.metadata.labels['kubernetes.io/service-name']}" not in state
    ]
    assert not orphans, "slices of a Service that is gone"
    return state


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_the_end_is_that_of_a_run_without_faults(steps: list[tuple]) -> None:
    with_faults = asyncio.run(run(steps, faults=True))
    without = asyncio.run(run(steps, faults=False))
    assert with_faults == without


async def test_a_controller_never_ends_because_of_one_key() -> None:
    world = World()
    world.start(DeploymentController, ReplicaSetController)
    broken = made("a", 1)
    broken.spec.strategy.rollingUpdate.maxSurge = "not a percentage"
    await world.client.create(broken)
    await world.client.create(made("b", 2))
    await world.converge()
    assert Counter(p.metadata.labels["app"] for p in world.server.all(Pod)) == {"b": 2}
    await world.kill()
