"""StatefulSets, DaemonSets, budgets; and Endpoints with their mirroring."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest

from controllers.daemonset.controller import DaemonSetController
from controllers.daemonset.plan import should_run, target_node
from controllers.disruption import budget
from controllers.disruption.controller import DisruptionController
from controllers.endpoints.controller import EndpointsController
from controllers.endpoints.subsets import subsets_of, truncate
from controllers.endpointslice_mirroring.controller import EndpointSliceMirroringController, mirror, should_mirror
from controllers.statefulset import plan as stateful
from controllers.statefulset.controller import StatefulSetController
from kube.api.apps_v1 import ControllerRevision, DaemonSet, ReplicaSet, StatefulSet
from kube.api.core_v1 import EndpointAddress, Endpoints, EndpointSubset, Event, Node, Pod, Service, Taint
from kube.api.discovery_v1 import EndpointSlice
from kube.api.policy_v1 import PodDisruptionBudget
from kube.apimachinery.meta_v1 import OwnerReference
from tests.controllers.conftest import World

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TEMPLATE = {"metadata": {"labels": {"app": "db"}}, "spec": {"containers": [{"name": "c", "image": "db:1"}]}}


def stateful_set(replicas: int = 3, **spec) -> StatefulSet:
    given = {
        "replicas": replicas,
        "serviceName": "db",
        "selector": {"matchLabels": {"app": "db"}},
        "template": TEMPLATE,
    }
    strategy = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}}
    return StatefulSet.from_dict(
        {"metadata": {"name": "db", "namespace": "default"}, "spec": {**given, **strategy, **spec}}
    )


def names(world: World) -> list[str]:
    return [p.metadata.name for p in world.server.all(Pod)]


def images(world: World) -> dict[str, str]:
    return {p.metadata.name: p.spec.containers[0].image for p in world.server.all(Pod)}


async def set_image(world: World, kind: type, name: str, image: str) -> None:
    found = world.server.get(kind, name, "default")
    found.spec.template.spec.containers[0].image = image
    await world.client.update(found)


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
                "controller-revision-hash": "new" if letter in "nN" else "old"}},
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


# ---- daemons ----


def node(name: str, *taints: tuple[str, str], **labels: str) -> Node:
    made = Node.from_dict({"metadata": {"name": name, "labels": labels}})
    made.spec.taints = [Taint(key=key, effect=effect) for key, effect in taints]
    return made


def daemon_set(**spec) -> DaemonSet:
    given = {"selector": {"matchLabels": {"app": "db"}}, "template": TEMPLATE}
    strategy = {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}}}
    return DaemonSet.from_dict(
        {"metadata": {"name": "d", "namespace": "default"}, "spec": {**given, **strategy, **spec}}
    )


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


# ---- budgets ----


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


# ---- endpoints ----


def service(**spec) -> Service:
    given = {"clusterIP": "10.96.0.1", "ports": [{"name": "p", "port": 80, "targetPort": 8080}], **spec}
    return Service.from_dict({"metadata": {"name": "db", "namespace": "default", "labels": {"l": "1"}}, "spec": given})


def endpoint_pod(name: str, ip: str, ready: bool = True) -> Pod:
    return Pod.from_dict(
        {
            "metadata": {"name": name, "namespace": "default", "labels": {"app": "db"}},
            "spec": {"nodeName": "n1"},
            "status": {
                "phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}],
                "conditions": [{"type": "Ready", "status": str(ready)}],
            },
        }
    )  # fmt: skip


async def test_endpoints_of_a_service(world: World) -> None:
    world.server.seed(
        endpoint_pod("b", "10.0.0.10"), endpoint_pod("a", "10.0.0.9"), endpoint_pod("c", "10.0.0.8", False)
    )
    world.start(EndpointsController)
    await world.client.create(service(selector={"app": "db"}))
    await world.settle(1)
    found = world.server.get(Endpoints, "db", "default")
    [subset] = found.subsets
    assert [a.ip for a in subset.addresses] == ["10.0.0.9", "10.0.0.10"]
    assert [a.ip for a in subset.notReadyAddresses] == ["10.0.0.8"]
    assert [(p.name, p.port, p.protocol) for p in subset.ports] == [("p", 8080, "TCP")]
    assert found.metadata.labels == {"l": "1", "endpoints.kubernetes.io/managed-by": "endpoint-controller"}
    await world.client.delete(Service, "db", "default")
    await world.settle()
    assert world.server.all(Endpoints) == []


async def test_endpoints_say_when_the_change_was_and_keep_what_is_published(world: World) -> None:
    going = endpoint_pod("b", "10.0.0.10")
    going.metadata.deletionTimestamp = "2026-01-01T00:00:00Z"
    world.server.seed(endpoint_pod("a", "10.0.0.9"), going)
    world.start(EndpointsController)
    of = service(selector={"app": "db"})
    of.metadata.creationTimestamp = "2026-01-01T00:00:00Z"
    world.server.seed(of)
    await world.settle(1)
    found = world.server.get(Endpoints, "db", "default")
    assert found.metadata.annotations == {"endpoints.kubernetes.io/last-change-trigger-time": "2026-01-01T00:00:00Z"}
    assert [a.ip for a in found.subsets[0].addresses] == ["10.0.0.9"]
    world.set_pod(world.server.get(Pod, "a", "default"), ready=False)
    await world.settle(1)
    found = world.server.get(Endpoints, "db", "default")
    [stamp] = found.metadata.annotations.values()
    assert stamp == world.server.get(Pod, "a", "default").status.conditions[0].lastTransitionTime
    of = world.server.get(Service, "db", "default")
    of.spec.publishNotReadyAddresses = True
    await world.client.update(of)
    await world.settle(1)
    found = world.server.get(Endpoints, "db", "default")
    assert [a.ip for a in found.subsets[0].addresses] == ["10.0.0.9", "10.0.0.10"], "even those that are going"
    assert found.metadata.annotations == {}, "no pod has changed"


@pytest.mark.parametrize(
    ("cluster_ip", "ports", "expected"),
    [
        ("None", [], [([], ["10.0.0.9"])]),  # a headless Service needs no ports
        ("10.96.0.1", [{"port": 80, "targetPort": "web"}], []),  # the pod has no port of that name
        ("10.96.0.1", [{"port": 80}, {"name": "u", "port": 53, "protocol": "UDP"}],
         [(["80/TCP", "53/UDP"], ["10.0.0.9"])]),
    ],
)  # fmt: skip
def test_subsets(cluster_ip: str, ports: list, expected: list) -> None:
    of = service(selector={"app": "db"}, clusterIP=cluster_ip, ports=ports)
    found = subsets_of(of, [endpoint_pod("a", "10.0.0.9")])
    shown = [([f"{p.port}/{p.protocol}" for p in s.ports], [a.ip for a in s.addresses]) for s in found]
    assert shown == expected


def test_mirroring_has_limits_and_says_so() -> None:
    many = [{"ip": f"10.0.{n // 250}.{n % 250}"} for n in range(1001)]
    subsets = [{"addresses": [*many, {"ip": "nonsense"}], "notReadyAddresses": many[:2], "ports": [{"port": 80}]}]
    found = mirror(Endpoints.from_dict({"metadata": {"name": "db"}, "subsets": subsets}))
    assert sum(map(len, found.groups.values())) == 1000
    assert list(found.complaints()) == [
        ("InvalidAddress", "Skipped 1 invalid IP addresses when mirroring to EndpointSlices"),
        ("TooManyAddressesToMirror",
         "A max of 1000 addresses can be mirrored to EndpointSlices per Endpoints subset. 3 addresses were skipped"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("annotations", "labels", "selector", "expected"),
    [
        ({}, {}, {}, True),
        ({}, {"endpointslice.kubernetes.io/skip-mirror": "true"}, {}, False),
        ({}, {"endpointslice.kubernetes.io/skip-mirror": "false"}, {}, True),
        ({"control-plane.alpha.kubernetes.io/leader": "{}"}, {}, {}, False),
        ({}, {}, {"app": "db"}, False),
    ],
)
def test_what_is_mirrored(annotations: dict, labels: dict, selector: dict, expected: bool) -> None:
    meta = {"name": "db", "namespace": "default", "annotations": annotations, "labels": labels}
    assert should_mirror(Endpoints.from_dict({"metadata": meta}), service(selector=selector)) is expected
    assert not should_mirror(Endpoints.from_dict({"metadata": meta}), None)


def test_a_thousand_addresses_are_enough() -> None:
    addresses = [EndpointAddress(ip=f"10.0.{n // 256}.{n % 256}") for n in range(1500)]
    kept, truncated = truncate([EndpointSubset(addresses=addresses, notReadyAddresses=addresses[:10])])
    assert truncated
    assert (len(kept[0].addresses), len(kept[0].notReadyAddresses)) == (1000, 0)


async def test_hand_made_endpoints_are_mirrored(world: World) -> None:
    world.start(EndpointSliceMirroringController)
    made = Endpoints.from_dict(
        {
            "metadata": {"name": "db", "namespace": "default", "labels": {"team": "x"}},
            "subsets": [
                {
                    "addresses": [{"ip": "192.0.2.1"}, {"ip": "2001:db8::1"}],
                    "notReadyAddresses": [{"ip": "192.0.2.2"}],
                    "ports": [{"name": "p", "port": 5432}],
                }
            ],
        }
    )
    await world.client.create(made)
    await world.settle()
    assert world.server.all(EndpointSlice) == [], "without a Service there is nothing to mirror for"
    await world.client.create(service())
    await world.settle()
    found = {s.addressType: s for s in world.server.all(EndpointSlice)}
    four = {e.addresses[0]: e.conditions.ready for e in found["IPv4"].endpoints}
    assert four == {"192.0.2.1": True, "192.0.2.2": False}
    assert [e.addresses for e in found["IPv6"].endpoints] == [["2001:db8::1"]]
    assert found["IPv4"].metadata.labels == {
        "team": "x",
        "kubernetes.io/service-name": "db",
        "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io",
    }
    changed = world.server.get(Endpoints, "db", "default")
    changed.metadata.labels["endpointslice.kubernetes.io/skip-mirror"] = "true"
    await world.client.update(changed)
    await world.settle()
    assert world.server.all(EndpointSlice) == []
