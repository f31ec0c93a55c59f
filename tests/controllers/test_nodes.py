"""Nodes: pod ranges, silence, taints, evictions, and the pods that are left behind."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.node_ipam.cidr_set import CidrSet, RangeFull
from controllers.node_ipam.controller import NodeIpamController
from controllers.node_lifecycle import health
from controllers.node_lifecycle.controller import NodeLifecycleController
from controllers.pod_garbage_collector.controller import PodGarbageCollector, collect, out_of_service_nodes
from controllers.taint_eviction.controller import TaintEvictionController, eviction_delay
from kube.api.coordination_v1 import Lease, LeaseSpec
from kube.api.core_v1 import Event, Node, Pod, Taint, Toleration
from kube.apimachinery import times
from kube.apimachinery.meta_v1 import ObjectMeta
from tests.controllers.conftest import World

NOW = datetime(2026, 1, 1, 0, 1, 0, tzinfo=UTC)


def node(name: str, ready: str = "True", **spec) -> Node:
    return Node.from_dict(
        {
            "metadata": {"name": name},
            "spec": spec,
            "status": {"conditions": [{"type": "Ready", "status": ready}] if ready else []},
        }
    )


def pod(name: str, on: str = "n1", **more) -> Pod:
    return Pod.from_dict(
        {
            "metadata": {"name": name, "namespace": "default", "uid": name},
            "spec": {"nodeName": on, "containers": [], **more},
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
        }
    )


# ---- pod ranges ----


def test_parts_of_a_range() -> None:
    parts = CidrSet("10.244.0.0/16", 24)
    assert [parts.allocate() for _ in range(3)] == ["10.244.0.0/24", "10.244.1.0/24", "10.244.2.0/24"]
    parts.release("10.244.1.0/24")
    assert parts.allocate() == "10.244.3.0/24", "a released part comes last"
    parts.occupy("10.244.4.0/23")
    assert parts.allocate() == "10.244.6.0/24"
    parts.occupy("192.168.0.0/24")
    small = CidrSet("fd00::/62", 64)
    assert [small.allocate() for _ in range(4)] == [
        "fd00::/64",
        "fd00:0:0:1::/64",
        "fd00:0:0:2::/64",
        "fd00:0:0:3::/64",
    ]
    with pytest.raises(RangeFull):
        small.allocate()
    with pytest.raises(ValueError, match="larger than"):
        CidrSet("10.0.0.0/24", 16)


@given(st.lists(st.one_of(st.none(), st.integers(0, 15)), max_size=60))
def test_no_part_is_handed_out_twice(steps: list[int | None]) -> None:
    parts, held = CidrSet("10.0.0.0/20", 24), []
    for step in steps:
        if step is None:
            try:
                got = parts.allocate()
            except RangeFull:
                assert len(held) == 16
                continue
            assert got not in held
            held.append(got)
        elif held:
            parts.release(held.pop(step % len(held)))


async def test_nodes_get_ranges_and_keep_them_over_a_restart(world: World) -> None:
    options = {"cluster_cidrs": ("10.244.0.0/16", "fd00::/48")}
    world.start(NodeIpamController, **options)
    for name in ("n1", "n2"):
        await world.client.create(node(name))
    await world.settle()
    before = {n.metadata.name: n.spec.podCIDRs for n in world.server.all(Node)}
    assert before == {"n1": ["10.244.0.0/24", "fd00::/64"], "n2": ["10.244.1.0/24", "fd00:0:0:1::/64"]}
    await world.kill()
    await world.client.create(node("n0"))
    world.start(NodeIpamController, **options)
    await world.settle()
    after = {n.metadata.name: n.spec.podCIDRs for n in world.server.all(Node)}
    assert {k: v for k, v in after.items() if k != "n0"} == before
    assert after["n0"] == ["10.244.2.0/24", "fd00:0:0:2::/64"]


async def test_a_full_range_is_said(world: World) -> None:
    world.start(NodeIpamController, cluster_cidrs=("10.0.0.0/24",))
    await world.client.create(node("n1"))
    await world.client.create(node("n2"))
    await world.settle(3)
    assert "CIDRNotAvailable" in {e.reason for e in world.server.all(Event)}
    await world.client.delete(Node, "n1")
    await world.settle(300)
    assert world.server.get(Node, "n2").spec.podCIDR == "10.0.0.0/24"


# ---- silence ----


@pytest.mark.parametrize(
    ("given", "may_evict", "expected"),
    [
        (node("n"), True, set()),
        (node("n", "False"), False, {("not-ready", "NoSchedule")}),
        (node("n", "False"), True, {("not-ready", "NoSchedule"), ("not-ready", "NoExecute")}),
        (node("n", "Unknown"), True, {("unreachable", "NoSchedule"), ("unreachable", "NoExecute")}),
        (node("n", ""), False, {("unreachable", "NoSchedule")}),
        (node("n", unschedulable=True), False, {("unschedulable", "NoSchedule")}),
    ],
)
def test_taints_follow_the_conditions(given: Node, may_evict: bool, expected: set) -> None:
    found = health.wanted_taints(given, may_evict=may_evict)
    assert found == {(f"node.kubernetes.io/{key}", effect) for key, effect in expected}


def test_other_peoples_taints_stay() -> None:
    given = node(
        "n", taints=[{"key": "mine", "effect": "NoSchedule"}, {"key": health.NOT_READY, "effect": "NoSchedule"}]
    )
    assert [t.key for t in health.with_taints(given, set(), NOW)] == ["mine"]
    assert health.with_taints(given, {(health.NOT_READY, "NoSchedule")}, NOW) is None


@pytest.mark.parametrize(
    ("well", "ailing", "expected"),
    [
        (3, 0, "Normal"),
        (0, 1, "FullDisruption"),
        (0, 0, "Normal"),
        (1, 2, "Normal"),  # two are never a disruption
        (2, 3, "PartialDisruption"),
        (10, 11, "Normal"),  # 52 %
        (9, 11, "PartialDisruption"),  # 55 %
    ],
)
def test_the_state_of_a_zone(well: int, ailing: int, expected: str) -> None:
    assert health.zone_state(well, ailing) == expected


@pytest.mark.parametrize(
    ("zones", "rate"),
    [
        # "Rate limits on eviction" of the documentation
        ({"a": (5, 1)}, 0.1),
        ({"a": (2, 3)}, 0.0),  # unhealthy, and the cluster is small: stopped
        ({"a": (20, 40)}, 0.01),  # unhealthy and large: reduced
        ({"a": (0, 3), "b": (3, 0)}, 0.1),  # all of a zone, while another is healthy: the normal rate
        ({"a": (0, 3), "b": (0, 3)}, 0.0),  # all zones: there is some problem with connectivity
        ({"a": (0, 1)}, 0.0),
    ],
)
def test_how_fast_pods_are_evicted(zones: dict, rate: float) -> None:
    assert health.eviction_rate(zones, "a") == rate


def test_zones_are_of_a_region() -> None:
    given = node("n")
    assert health.zone_of(given) == ("", "")
    given.metadata.labels = {health.REGION_LABEL: "r", health.ZONE_LABEL: "z"}
    assert health.zone_of(given) == ("r", "z")


class Heart:
    """A kubelet's lease."""

    def __init__(self, world: World, name: str):
        self.world, self.name = world, name
        meta = ObjectMeta(name=name, namespace="kube-node-lease")
        world.server.seed(Lease(metadata=meta, spec=LeaseSpec(holderIdentity=name)))

    def beat(self) -> None:
        lease = self.world.server.get(Lease, self.name, "kube-node-lease")
        lease.spec.renewTime = times.format_micro_time(self.world.clock.now())
        self.world.server.update(lease)


async def test_a_silent_node_becomes_unknown_tainted_and_its_pods_not_ready(world: World) -> None:
    hearts = [Heart(world, name) for name in ("n1", "n2")]
    world.server.seed(node("n1"), node("n2"), pod("a", "n1"), pod("b", "n2"))
    world.start(NodeLifecycleController)

    async def pass_time(seconds: int, *beating: Heart) -> None:
        for _ in range(seconds // 5):
            for heart in beating:
                heart.beat()
            await world.settle(5)

    await pass_time(60, *hearts)
    assert [health.ready_status(n) for n in world.server.all(Node)] == ["True", "True"]
    await pass_time(50, hearts[1])
    silent = world.server.get(Node, "n1")
    assert {c.type: (c.status, c.reason) for c in silent.status.conditions} == {
        "Ready": ("Unknown", "NodeStatusUnknown"),
        "MemoryPressure": ("Unknown", "NodeStatusNeverUpdated"),
        "DiskPressure": ("Unknown", "NodeStatusNeverUpdated"),
        "PIDPressure": ("Unknown", "NodeStatusNeverUpdated"),
    }
    assert {(t.key, t.effect) for t in silent.spec.taints} == {
        (health.UNREACHABLE, "NoSchedule"),
        (health.UNREACHABLE, "NoExecute"),
    }
    ready = {p.metadata.name: p.status.conditions[0].status for p in world.server.all(Pod)}
    assert ready == {"a": "False", "b": "True"}
    back = world.server.get(Node, "n1")
    for condition in back.status.conditions:
        condition.status = "True" if condition.type == "Ready" else "False"
    world.server.update(back, "status")
    await pass_time(10, *hearts)
    assert world.server.get(Node, "n1").spec.taints == []


async def test_a_node_that_is_deleted_while_it_is_marked_is_forgotten(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.server.seed(node("n1"))
    context, gone = world.start(NodeLifecycleController), asyncio.Event()
    context.informers(Node).add_handler(on_delete=lambda _node: gone.set())
    write = context.client.update_status

    async def delete_meanwhile(obj: Node) -> Node:
        written = await write(obj)
        world.server.force_delete(Node, "n1")
        await gone.wait()
        return written

    context.client.update_status = delete_meanwhile
    await world.settle(60)
    await world.settle(60)
    assert world.server.all(Node) == []
    assert [e.reason for e in world.server.all(Event)] == ["RegisteredNode", "RemovingNode"]
    assert "sync failed" not in caplog.text


async def test_nodes_are_given_up_ten_seconds_apart(world: World) -> None:
    """And people are told of each."""
    well = [node(f"w{n}") for n in range(8)]
    world.server.seed(*well, *(node(f"n{n}") for n in range(3)))
    world.start(NodeLifecycleController, node_monitor_grace_period=1e9)
    await world.settle(1)
    for n in range(3):
        broken = world.server.get(Node, f"n{n}")
        broken.status.conditions[0].status = "False"
        world.server.update(broken, "status")
    seen = []
    for second in range(40):
        await world.settle(1)
        given_up = sum(any(t.effect == "NoExecute" for t in n.spec.taints) for n in world.server.all(Node))
        if not seen or seen[-1][1] != given_up:
            seen.append((second, given_up))
    assert [count for _, count in seen] == [1, 2, 3]
    assert [second + 1 for second, _ in seen] == [1, 10, 20]
    world.server.force_delete(Node, "n0")
    await world.settle(1)
    said = {(e.reason, e.message) for e in world.server.all(Event) if e.involvedObject.name == "n0"}
    assert said == {
        ("RegisteredNode", "Node n0 event: Registered Node n0 in Controller"),
        ("NodeNotReady", "Node n0 status is now: NodeNotReady"),
        ("RemovingNode", "Node n0 event: Removing Node n0 from Controller"),
    }


async def test_where_most_of_a_small_zone_is_broken_nobody_is_evicted(world: World) -> None:
    world.server.seed(*(node(f"w{n}") for n in range(2)), *(node(f"n{n}", "False") for n in range(3)))
    world.start(NodeLifecycleController, node_monitor_grace_period=1e9)
    await world.settle(120)
    found = {(t.key, t.effect) for n in world.server.all(Node) for t in n.spec.taints}
    assert found == {(health.NOT_READY, "NoSchedule")}
    mended = world.server.get(Node, "n0")
    mended.status.conditions[0].status = "True"
    world.server.update(mended, "status")
    await world.settle(30)
    found = {t.effect for name in ("n1", "n2") for t in world.server.get(Node, name).spec.taints}
    assert found == {"NoSchedule", "NoExecute"}, "two of five are no disruption"


async def test_when_all_are_silent_nobody_is_evicted(world: World) -> None:
    world.server.seed(node("n1"), node("n2"))
    world.start(NodeLifecycleController)
    await world.settle(120)
    found = {(t.key, t.effect) for n in world.server.all(Node) for t in n.spec.taints}
    assert found == {(health.UNREACHABLE, "NoSchedule")}


# ---- evictions ----


def taint(key: str = "k", age: int = 0) -> Taint:
    return Taint(key=key, effect="NoExecute", timeAdded=f"2026-01-01T00:00:{60 - age:02d}Z" if age else None)


def toleration(key: str = "k", seconds: int | None = None) -> Toleration:
    return Toleration(key=key, operator="Exists", effect="NoExecute", tolerationSeconds=seconds)


@pytest.mark.parametrize(
    ("tolerations", "taints", "expected"),
    [
        ([], [taint()], 0),
        ([toleration()], [taint()], None),
        ([toleration(seconds=300)], [taint()], 300),
        ([toleration(seconds=300)], [taint(age=40)], 260),
        ([toleration(seconds=30)], [taint(age=40)], 0),
        ([toleration(seconds=300), toleration(seconds=60)], [taint()], 60),
        ([toleration()], [taint(), taint("other")], 0),
        ([toleration(), toleration("other", 10)], [taint(), taint("other")], 10),
        ([toleration(seconds=5)], [], None),
    ],
)
def test_eviction_delay(tolerations: list, taints: list, expected: float | None) -> None:
    assert eviction_delay(tolerations, taints, NOW) == expected


async def test_pods_leave_when_their_toleration_ends(world: World) -> None:
    stays = pod("stays", tolerations=[{"operator": "Exists"}])
    later = pod("later", tolerations=[{"key": "k", "operator": "Exists", "tolerationSeconds": 30}])
    world.server.seed(node("n1"), pod("now"), later, stays, pod("elsewhere", "n2"), node("n2"))
    world.start(TaintEvictionController)
    await world.settle()
    tainted = world.server.get(Node, "n1")
    tainted.spec.taints = [Taint(key="k", effect="NoExecute", timeAdded=times.format_time(world.clock.now()))]
    world.server.update(tainted)
    await world.settle(1)

    def going() -> list[str]:
        return [p.metadata.name for p in world.server.all(Pod) if p.metadata.deletionTimestamp]

    assert going() == ["now"]
    await world.settle(30)
    assert going() == ["later", "now"]
    said = {(e.reason, e.message) for e in world.server.all(Event)}
    assert said == {("TaintManagerEviction", f"Marking for deletion Pod default/{name}") for name in ("now", "later")}


async def test_a_taint_that_goes_in_time_spares_the_pods(world: World) -> None:
    later = pod("later", tolerations=[{"key": "k", "operator": "Exists", "tolerationSeconds": 30}])
    world.server.seed(node("n1"), later)
    world.start(TaintEvictionController)
    await world.settle()
    for taints in ([Taint(key="k", effect="NoExecute", timeAdded=times.format_time(world.clock.now()))], []):
        given = world.server.get(Node, "n1")
        given.spec.taints = taints
        world.server.update(given)
        await world.settle(10)
    await world.settle(60)
    assert not world.server.get(Pod, "later", "default").metadata.deletionTimestamp
    assert [e.message for e in world.server.all(Event)] == ["Cancelling deletion of Pod default/later"]


# ---- left behind ----


def test_what_is_collected() -> None:
    ended = [pod(f"e{n}") for n in range(3)]
    for one in ended:
        one.status.phase = "Failed"
    dying, lost = pod("dying", ""), pod("lost", "gone")
    dying.metadata.deletionTimestamp = "2026-01-01T00:00:00Z"
    found = collect([*ended, dying, lost, pod("fine")], {"n1"}, {"gone"}, set(), threshold=1)
    assert [p.metadata.name for p, _ in found] == ["dying", "lost", "e0", "e1"]


def test_pods_that_are_going_leave_a_node_that_is_out_of_service() -> None:
    """A node that is ready, or not tainted so, is not."""
    taint_ = {"key": "node.kubernetes.io/out-of-service", "effect": "NoExecute"}
    nodes = [node("n1", "False", taints=[taint_]), node("n2", "True", taints=[taint_]), node("n3", "False")]
    assert out_of_service_nodes(nodes) == {"n1"}
    going = [pod(f"on-{name}", name) for name in ("n1", "n2", "n3")]
    for one in going:
        one.metadata.deletionTimestamp = "2026-01-01T00:00:00Z"
    found = collect([*going, pod("stays", "n1")], {"n1", "n2", "n3"}, set(), {"n1"}, threshold=10)
    assert [(p.metadata.name, why) for p, why in found] == [("on-n1", "its node is out of service")]


async def test_pods_of_a_node_that_is_gone_are_collected_after_a_while(world: World) -> None:
    world.server.seed(node("n1"), pod("a", "n1"), pod("b", "gone"))
    world.start(PodGarbageCollector)
    await world.settle(30)
    assert len(world.server.all(Pod)) == 2
    await world.settle(40)
    assert [p.metadata.name for p in world.server.all(Pod)] == ["a"]
