"""Hints in proportion to the zones' processors: the safeguards of the documentation, and as few writes as may be."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.endpointslice import topology
from controllers.endpointslice.controller import EndpointSliceController
from controllers.endpointslice.slices import SlicePlan, Template
from controllers.endpointslice.topology import Unhintable, allocate, give_hints, transfers, zone_shares
from kube.api.core_v1 import Event, Node, Pod, Service
from kube.api.discovery_v1 import Endpoint, EndpointConditions, EndpointSlice
from kube.apimachinery.meta_v1 import OwnerReference
from tests.controllers.conftest import World

TEMPLATE = Template("web", "default", OwnerReference(kind="Service", name="web", uid="u"), {"l": "1"})
GROUP = ("IPv4", (("http", "TCP", 80, None),))
HALVES = {"a": 0.5, "b": 0.5}


def node(name: str, zone: str, cpu: str = "2", ready: str = "True", **labels: str) -> Node:
    zoned = {"topology.kubernetes.io/zone": zone} if zone else {}
    status = {"allocatable": {"cpu": cpu} if cpu else {}, "conditions": [{"type": "Ready", "status": ready}]}
    return Node.from_dict({"metadata": {"name": name, "labels": {**zoned, **labels}}, "status": status})


@pytest.mark.parametrize(
    ("annotations", "expected"),
    [
        ({}, False),
        ({topology.MODE: "Auto"}, True),
        ({topology.MODE: "auto"}, True),
        ({topology.MODE: "Disabled"}, False),
        ({topology.OLD_MODE: "Auto"}, True),
        ({topology.OLD_MODE: "Disabled", topology.MODE: "Auto"}, False),
    ],
)
def test_who_wants_hints(annotations: dict[str, str], expected: bool) -> None:
    assert topology.wants_hints(annotations) is expected


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ([node("1", "a"), node("2", "b")], HALVES),
        ([node("1", "a", "3"), node("2", "b", "500m"), node("3", "b", "500m")], {"a": 0.75, "b": 0.25}),
        ([node("1", "a"), node("2", "a")], None),  # one zone
        ([node("1", "a"), node("2", "")], None),  # a node without zone
        ([node("1", "a"), node("2", "b", "")], None),  # a node without CPU
        ([node("1", "a"), node("2", "b"), node("3", "", ready="False")], HALVES),  # who is not ready does not count
        ([node("1", "a"), node("2", "b"), node("3", "", **{"node-role.kubernetes.io/control-plane": ""})], HALVES),
        ([node("1", "a"), node("2", "b"), node("3", "", **{"node-role.kubernetes.io/master": ""})], HALVES),
        ([], None),
    ],
)
def test_shares_of_the_zones(nodes: list[Node], expected: dict[str, float] | None) -> None:
    assert zone_shares(nodes) == expected


@pytest.mark.parametrize(
    ("shares", "ready", "expected"),
    [
        (None, 9, topology.NO_NODES),
        (HALVES, 1, "Insufficient number of endpoints (1 endpoints, 2 zones)"),
        (HALVES, 2, {"a": (1, 1, 1.0), "b": (1, 1, 1.0)}),
        (HALVES, 3, "Unable to allocate minimum required endpoints to each zone without exceeding overload threshold "
                    "(3 endpoints, 2 zones)"),
        (HALVES, 5, "Unable to allocate minimum required endpoints to each zone without exceeding overload threshold "
                    "(5 endpoints, 2 zones)"),
        (HALVES, 7, {"a": (3, 4, 3.5), "b": (3, 4, 3.5)}),
        (HALVES, 12, {"a": (5, 7, 6.0), "b": (5, 7, 6.0)}),
        ({"a": 0.9, "b": 0.1}, 10, {"a": (8, 9, 9.0), "b": (1, 2, 1.0)}),
        ({"a": 0.98, "b": 0.02}, 6, {"a": (5, 5, 5.88), "b": (1, 1, 1.0)}),
    ],
)  # fmt: skip
def test_how_many_each_zone_gets(shares: dict[str, float] | None, ready: int, expected: dict | str) -> None:
    found = allocate(shares, ready)
    if isinstance(expected, str):
        assert found == expected
    else:
        assert {z: (a.minimum, a.maximum, a.desired) for z, a in found.items()} == expected


@pytest.mark.parametrize(
    ("ready", "held", "giving", "receiving"),
    [
        (8, {"a": 4, "b": 4}, {}, {}),
        (8, {"a": 8}, {"a": 4}, {"b": 4}),
        (7, {"a": 4, "b": 3}, {}, {}),  # half an endpoint is not moved
        (7, {"a": 5, "b": 2}, {"a": 1}, {"b": 1}),
        (8, {"a": 4, "c": 4}, {}, {}),  # what a zone without nodes has cannot be counted as given
    ],
)
def test_who_gives_to_whom(ready: int, held: dict, giving: dict, receiving: dict) -> None:
    assert transfers(allocate(HALVES, ready), held) == (Counter(giving), Counter(receiving))


def endpoint(name: str, zone: str | None, ready: bool = True, hint: str = "") -> Endpoint:
    made = Endpoint(
        addresses=[f"10.0.0.{sum(map(ord, name)) % 250}"], conditions=EndpointConditions(ready=ready), zone=zone
    )
    return topology._hinted(made, hint or None)


def slice_of(name: str, *zones: str) -> EndpointSlice:
    """`a`: an endpoint in zone a without hint; `a>b`: with the hint b; `a!`: one that is not ready."""
    endpoints = []
    for number, text in enumerate(zones):
        zone, _, hint = text.rstrip("!").partition(">")
        endpoints.append(endpoint(f"{name}{number}", zone or None, not text.endswith("!"), hint))
    made = TEMPLATE.make(GROUP, endpoints)
    made.metadata.name = name
    return made


def shown(slices: tuple[EndpointSlice, ...]) -> dict[str, list[str]]:
    def one(e: Endpoint) -> str:
        hint = f">{e.hints.forZones[0].name}" if e.hints else ""
        return f"{e.zone or ''}{hint}{'' if e.conditions.ready else '!'}"

    return {s.metadata.name: [one(e) for e in s.endpoints] for s in slices}


@pytest.mark.parametrize(
    ("create", "update", "unchanged", "written"),
    [
        pytest.param([["a", "b"]], [], [], {"c0": ["a>a", "b>b"]}, id="each its own zone"),
        pytest.param([["a", "a", "a", "a"]], [], [], {"c0": ["a>b", "a>b", "a>a", "a>a"]}, id="half goes to the other"),
        pytest.param([["a", "b", "b!"]], [], [], {"c0": ["a>a", "b>b", "b!"]}, id="who is not ready has no hint"),
        pytest.param([], [["a", "b"]], [["a>a", "b>b"]], {"u0": ["a>a", "b>b"]}, id="a slice that is right stays"),
        pytest.param([], [], [["a>a", "b>b"]], {}, id="nothing to do"),
        pytest.param([], [], [["a", "b>b"]], {"n0": ["a>a", "b>b"]}, id="a hint is missing"),
        pytest.param([], [], [["a>c", "b>b"]], {"n0": ["a>a", "b>b"]}, id="a zone without nodes"),
        pytest.param([], [], [["a>a", "a>a", "b>b", "b>a"]], {"n0": ["a>a", "a>a", "b>b", "b>b"]}, id="too many"),
        pytest.param(
            [["a", "a"]], [], [["b>b", "b>b"], ["a>a", "b>b", "b>b", "b!"]],
            {"c0": ["a>a", "a>a"]}, id="of two slices that are right neither is written",
        ),
    ],
)  # fmt: skip
def test_hints_and_what_is_written(create: list, update: list, unchanged: list, written: dict) -> None:
    planned = SlicePlan(
        tuple(slice_of(f"c{n}", *z) for n, z in enumerate(create)),
        tuple(slice_of(f"u{n}", *z) for n, z in enumerate(update)),
        (),
        tuple(slice_of(f"n{n}", *z) for n, z in enumerate(unchanged)),
    )
    cached = shown(planned.unchanged)
    done, held = give_hints(planned, TEMPLATE, HALVES)
    assert shown((*done.create, *done.update)) == written
    assert shown(planned.unchanged) == cached, "what the cache holds is not touched"
    ready = sum(bool(e.conditions.ready) for s in (*done.create, *done.update, *done.unchanged) for e in s.endpoints)
    assert held.total() == ready


def test_an_endpoint_without_zone() -> None:
    with pytest.raises(Unhintable, match="One or more endpoints do not have a zone specified"):
        give_hints(SlicePlan(create=(slice_of("c", "a", "b", "", "b"),)), TEMPLATE, HALVES)


def test_hints_are_taken_away_where_there_are_any() -> None:
    planned = SlicePlan(unchanged=(slice_of("n0", "a>a", "b"), slice_of("n1", "a", "b")))
    done = topology.without_hints(planned, TEMPLATE)
    assert shown(done.update) == {"n0": ["a", "b"]}
    assert shown(done.unchanged) == {"n1": ["a", "b"]}


@pytest.mark.parametrize(
    ("held", "shares", "expected"),
    [
        ({}, HALVES, False),
        ({"a": 5, "b": 5}, HALVES, False),
        ({"a": 5, "b": 5}, None, True),
        ({"a": 5, "b": 5}, {"a": 0.6, "b": 0.4}, False),  # within 20 %
        ({"a": 5, "b": 5}, {"a": 0.7, "b": 0.3}, True),
        ({"a": 5, "b": 5}, {"a": 0.4, "b": 0.4, "c": 0.2}, True),
    ],
)
def test_overload(held: dict, shares: dict | None, expected: bool) -> None:
    assert topology.is_overloaded(held, shares) is expected


@given(
    st.lists(st.sampled_from(["a", "b", "c"]), min_size=3, max_size=40),
    st.lists(st.integers(1, 9), min_size=3, max_size=3),
)
def test_no_zone_gets_less_than_its_minimum(zones: list[str], cpus: list[int]) -> None:
    """Over-load stays below 20 % wherever hints are given at all, but for what half an endpoint makes."""
    shares = dict(zip("abc", (cpu / sum(cpus) for cpu in cpus), strict=True))
    planned = SlicePlan(create=(slice_of("c", *zones),))
    try:
        done, held = give_hints(planned, TEMPLATE, shares)
    except Unhintable:
        return
    found = Counter(e.hints.forZones[0].name for s in done.create for e in s.endpoints)
    assert found == +held
    for zone, allocation in allocate(shares, len(zones)).items():
        assert found[zone] >= allocation.minimum - 1


def test_a_family_without_hints_is_given_them_when_the_nodes_change() -> None:
    """Whatever the other family of the Service has."""
    zones, six = topology.ZoneHints(), slice_of("b", "a", "b")
    six.addressType = "IPv6"
    zones.set_nodes([node("1", "a"), node("2", "b")])
    for families in (["IPv4", "IPv6"], ["IPv6", "IPv4"]):
        zones.apply(("default", "web"), SlicePlan(create=(slice_of("a", "a"), six)), TEMPLATE, families)
        assert zones.set_nodes([node("1", "a"), node("2", "b", "1")]) == {("default", "web")}
        zones.set_nodes([node("1", "a"), node("2", "b")])


# ---- the controller ----

AUTO = {topology.MODE: "Auto"}


def service(**annotations: str) -> Service:
    meta = {"name": "web", "namespace": "default", "annotations": annotations or AUTO}
    spec = {"selector": {"app": "web"}, "clusterIP": "10.96.0.1", "ports": [{"port": 80}]}
    return Service.from_dict({"metadata": meta, "spec": spec})


def pod(name: str, on: str) -> Pod:
    number = sum(map(ord, name))
    return Pod.from_dict(
        {
            "metadata": {"name": name, "namespace": "default", "labels": {"app": "web"}},
            "spec": {"nodeName": on},
            "status": {
                "phase": "Running", "podIP": f"10.0.1.{number % 250}", "podIPs": [{"ip": f"10.0.1.{number % 250}"}],
                "conditions": [{"type": "Ready", "status": "True"}],
            },
        }
    )  # fmt: skip


def hints(world: World) -> list[str]:
    return sorted(
        f"{e.targetRef.name}>{e.hints.forZones[0].name}" if e.hints else e.targetRef.name
        for s in world.server.all(EndpointSlice)
        for e in s.endpoints
    )


def said(world: World) -> list[tuple[str, str]]:
    return [(e.reason, e.message) for e in world.server.all(Event)]


ENABLED = ("TopologyAwareHintsEnabled", "Topology Aware Hints has been enabled, addressType: IPv4")


async def test_hints_come_and_go(world: World) -> None:
    world.server.seed(node("n1", "a"), node("n2", "b"), pod("p1", "n1"), pod("p2", "n2"), service())
    world.start(EndpointSliceController)
    await world.settle(1)
    assert hints(world) == ["p1>a", "p2>b"]
    assert said(world) == [ENABLED]
    world.server.seed(pod("p3", "n2"))
    await world.settle(1)
    assert hints(world) == ["p1", "p2", "p3"], "three over two equal zones is more than 20 % too few for one"
    disabled = f"{topology.OVERLOADED} (3 endpoints, 2 zones), addressType: IPv4"
    assert said(world)[1:] == [("TopologyAwareHintsDisabled", disabled)]
    world.server.seed(pod("p4", "n2"))
    await world.settle(1)
    assert Counter(h.partition(">")[2] for h in hints(world)) == {"a": 2, "b": 2}
    found = world.server.get(Service, "web", "default")
    found.metadata.annotations = {}
    await world.client.update(found)
    await world.settle(1)
    assert hints(world) == ["p1", "p2", "p3", "p4"]
    text = "Topology Aware Hints has been disabled, addressType: IPv4"
    assert ("TopologyAwareHintsDisabled", text) in said(world)


async def test_nodes_that_come_and_go_give_the_hints_anew(world: World) -> None:
    pods = [pod(f"p{n}", "n1" if n % 2 else "n2") for n in range(8)]
    world.server.seed(node("n1", "a"), node("n2", "b"), *pods, service())
    world.start(EndpointSliceController)
    await world.settle(1)
    writes = len(world.server.calls)
    beat = world.server.get(Node, "n1")
    beat.metadata.annotations = {"seen": "again"}
    world.server.update(beat)
    await world.settle(1)
    assert len(world.server.calls) == writes, "a heartbeat changes nothing"
    world.server.seed(node("n3", "a", "8"))
    await world.settle(1)
    assert Counter(h.partition(">")[2] for h in hints(world))["a"] >= 6
    world.server.seed(node("n4", ""))
    await world.settle(1)
    assert all(">" not in h for h in hints(world)), "a node without zone"
    world.server.force_delete(Node, "n4")
    await world.settle(1)
    assert all(">" in h for h in hints(world))


async def test_the_annotation_counts_before_traffic_distribution(world: World) -> None:
    both = service()
    both.spec.trafficDistribution = "PreferClose"
    world.server.seed(node("n1", "a"), node("n2", "b"), pod("p1", "n1"), pod("p2", "n1"), both)
    world.start(EndpointSliceController)
    await world.settle(1)
    assert Counter(h.partition(">")[2] for h in hints(world)) == {"a": 1, "b": 1}
    found = world.server.get(Service, "web", "default")
    found.metadata.annotations = {}
    await world.client.update(found)
    await world.settle(1)
    assert hints(world) == ["p1>a", "p2>a"]


async def test_one_change_behind_a_thousand_endpoints_with_hints_writes_one_slice(world: World) -> None:
    pods = [pod(f"p{n:04}", "n1" if n % 2 else "n2") for n in range(1000)]
    for number, one in enumerate(pods):
        one.status.podIP = one.status.podIPs[0].ip = f"10.{number // 250}.1.{number % 250}"
    world.server.seed(node("n1", "a"), node("n2", "b"), *pods, service())
    world.start(EndpointSliceController)
    await world.settle(2)
    assert len(world.server.all(EndpointSlice)) == 10
    before = len(world.server.calls)
    world.set_pod(world.server.get(Pod, "p0500", "default"), ready=False)
    await world.settle(2)
    assert [call.split()[:2] for call in world.server.calls[before:]] == [["update", "EndpointSlice"]]
