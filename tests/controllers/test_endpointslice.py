"""The EndpointSlice controller: who is an endpoint, in which slice, and how little is written."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.endpointslice.controller import EndpointSliceController
from controllers.endpointslice.desired import TRIGGER_TIME, desired_endpoints, ports_of, slice_labels
from controllers.endpointslice.slices import Template, plan_slices
from controllers.endpointslice.tracker import TriggerTimes
from kube.api.core_v1 import Event, Node, ObjectReference, Pod, Service
from kube.api.discovery_v1 import Endpoint, EndpointConditions, EndpointSlice
from kube.apimachinery.errors import Forbidden
from kube.apimachinery.meta_v1 import OwnerReference, StatusCause, StatusDetails
from tests.controllers.conftest import World

NODE = Node.from_dict({"metadata": {"name": "n1", "labels": {"topology.kubernetes.io/zone": "z1"}}})


def service(**spec) -> Service:
    given = {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}], **spec}
    return Service.from_dict({"metadata": {"name": "web", "namespace": "default"}, "spec": given})


def pod(name: str = "p", ip: str = "10.0.0.1", *, ready: bool = True, deleting: bool = False, phase: str = "Running",
        ips: tuple[str, ...] = (), **spec) -> Pod:  # fmt: skip
    made = Pod.from_dict(
        {
            "metadata": {"name": name, "namespace": "default", "uid": name, "labels": {"app": "web"}},
            "spec": {"nodeName": "n1", "containers": [{"name": "c"}], **spec},
            "status": {
                "phase": phase,
                "podIP": ip,
                "podIPs": [{"ip": i} for i in (ips or ((ip,) if ip else ()))],
                "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
            },
        }
    )
    if deleting:
        made.metadata.deletionTimestamp = "2026-01-01T00:00:00Z"
    return made


def endpoints(of: Service, *pods: Pod) -> list[str]:
    """`10.0.0.1 ready serving terminating`: one line an endpoint."""
    found = desired_endpoints(of, pods, lambda name: NODE if name == "n1" else None)
    lines = []
    for listed in found.values():
        for e in listed:
            marks = [m for m in ("ready", "serving", "terminating") if getattr(e.conditions, m)]
            lines.append(" ".join([*e.addresses, *marks]))
    return lines


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (pod(), ["10.0.0.1 ready serving"]),
        (pod(ready=False), ["10.0.0.1"]),
        (pod(deleting=True), ["10.0.0.1 serving terminating"]),
        (pod(deleting=True, ready=False), ["10.0.0.1 terminating"]),
        (pod(phase="Succeeded"), []),
        (pod(phase="Failed", deleting=True), []),
        (pod(ip=""), []),
        (pod(nodeName="unknown"), []),
        (pod(ips=("fd00::1", "10.0.0.1")), ["10.0.0.1 ready serving"]),
        (pod(ip="fd00::1"), []),
    ],
)
def test_conditions(given: Pod, expected: list[str]) -> None:
    assert endpoints(service(), given) == expected


def test_publish_not_ready_addresses() -> None:
    wants = service(publishNotReadyAddresses=True)
    assert endpoints(wants, pod(ready=False)) == ["10.0.0.1 ready"]
    assert endpoints(wants, pod(deleting=True)) == ["10.0.0.1 ready serving terminating"]
    assert endpoints(wants, pod(nodeName="unknown")) == ["10.0.0.1 ready serving"]


def test_dual_stack_has_a_group_for_each_family() -> None:
    both = service(ipFamilies=["IPv6", "IPv4"])
    found = desired_endpoints(both, [pod(ips=("10.0.0.1", "fd00::1"))], lambda _name: NODE)
    assert {family: e[0].addresses for (family, _), e in found.items()} == {
        "IPv6": ["fd00::1"],
        "IPv4": ["10.0.0.1"],
    }


def test_an_endpoint_names_its_pod_its_place_and_its_hostname() -> None:
    found = desired_endpoints(service(), [pod(hostname="h", subdomain="web")], lambda _name: NODE)
    [[e]] = found.values()
    assert (e.nodeName, e.zone, e.hostname, e.targetRef.name, e.targetRef.kind) == ("n1", "z1", "h", "p", "Pod")
    found = desired_endpoints(service(), [pod(hostname="h", subdomain="other")], lambda _name: NODE)
    [[e]] = found.values()
    assert e.hostname is None


@pytest.mark.parametrize(
    ("distribution", "zones", "nodes"),
    [
        (None, None, None),
        ("PreferClose", ["z1"], []),
        ("PreferSameZone", ["z1"], []),
        ("PreferSameNode", ["z1"], ["n1"]),
    ],
)
def test_hints(distribution: str | None, zones: list[str] | None, nodes: list[str] | None) -> None:
    found = desired_endpoints(service(trafficDistribution=distribution), [pod()], lambda _name: NODE)
    [[e]] = found.values()
    if zones is None:
        assert e.hints is None
    else:
        assert ([z.name for z in e.hints.forZones], [n.name for n in e.hints.forNodes]) == (zones, nodes)


def test_named_ports_differ_from_pod_to_pod() -> None:
    named = service(
        ports=[{"name": "http", "port": 80, "targetPort": "web"}, {"name": "m", "port": 9, "targetPort": "x"}]
    )
    one = pod("a", containers=[{"name": "c", "ports": [{"name": "web", "containerPort": 81}]}])
    two = pod("b", containers=[{"name": "c", "ports": [{"name": "web", "containerPort": 82, "protocol": "TCP"}]}])
    udp = pod("c", containers=[{"name": "c", "ports": [{"name": "web", "containerPort": 83, "protocol": "UDP"}]}])
    sidecar = {"name": "s", "restartPolicy": "Always", "ports": [{"name": "web", "containerPort": 84}]}
    three = pod("d", containers=[{"name": "c"}], initContainers=[sidecar])
    assert [ports_of(named, p) for p in (one, two, udp, three)] == [
        (("http", "TCP", 81, None),),
        (("http", "TCP", 82, None),),
        (),
        (("http", "TCP", 84, None),),
    ]


def test_labels_follow_the_service_but_not_the_reserved_ones() -> None:
    labels = slice_labels({"team": "a", "kubernetes.io/service-name": "evil"}, "web", "me", headless=True)
    assert labels == {
        "team": "a",
        "kubernetes.io/service-name": "web",
        "endpointslice.kubernetes.io/managed-by": "me",
        "service.kubernetes.io/headless": "",
    }


# ---- the layout ----

TEMPLATE = Template("web", "default", OwnerReference(kind="Service", name="web", uid="u"), {"l": "1"})
GROUP = ("IPv4", (("http", "TCP", 80, None),))


def endpoint(n: int, ready: bool = True) -> Endpoint:
    return Endpoint(
        addresses=[f"10.0.{n // 256}.{n % 256}"],
        conditions=EndpointConditions(ready=ready),
        targetRef=ObjectReference(name=f"p{n}"),
    )


def existing(name: str, *numbers: int) -> EndpointSlice:
    made = TEMPLATE.make(GROUP, [endpoint(n) for n in numbers])
    made.metadata.name, made.metadata.labels = name, {"l": "1"}
    return made


def plan(wanted: list[Endpoint], have: list[EndpointSlice], **more):
    return plan_slices(TEMPLATE, {GROUP: wanted} if wanted else {}, have, ["IPv4"], **more)


def shape(p) -> tuple[list[int], dict[str, int], list[str]]:
    """(sizes of new slices, name -> new size of changed ones, names of deleted ones)"""
    updated = {s.metadata.name: len(s.endpoints) for s in p.update}
    return [len(s.endpoints) for s in p.create], updated, [s.metadata.name for s in p.delete]


def many(*ranges: range) -> list[Endpoint]:
    return [endpoint(n) for one in ranges for n in one]


@pytest.mark.parametrize(
    ("wanted", "have", "expected"),
    [
        pytest.param(many(range(3)), [], ([3], {}, []), id="the first slice"),
        pytest.param(many(range(250)), [], ([100, 100, 50], {}, []), id="slices of a hundred"),
        pytest.param(many(range(3)), [existing("a", 0, 1, 2)], ([], {}, []), id="nothing to do"),
        pytest.param(many(range(4)), [existing("a", 0, 1, 2)], ([], {"a": 4}, []), id="one more goes into the slice"),
        pytest.param(many(range(2)), [existing("a", 0, 1, 2)], ([], {"a": 2}, []), id="one less"),
        pytest.param([], [existing("a", 0)], ([], {"a": 0}, []), id="the last slice becomes the placeholder"),
        pytest.param([], [], ([0], {}, []), id="a placeholder when there is nothing"),
        pytest.param(many(range(101)), [existing("a", *range(100))], ([1], {}, []), id="a full slice is left alone"),
        pytest.param(
            many(range(1, 101), range(200, 201)),
            [existing("a", *range(100)), existing("b", 100)],
            ([], {"a": 100}, []),
            id="a new endpoint fills the slice that changes anyway",
        ),
        pytest.param(
            many(range(60), range(100, 130), range(200, 220)),
            [existing("a", *range(60)), existing("b", *range(100, 130))],
            ([], {"a": 80}, []),
            id="into the fullest slice with room for all",
        ),
        pytest.param(
            many(range(90), range(100, 190), range(200, 220)),
            [existing("a", *range(90)), existing("b", *range(100, 190))],
            ([20], {}, []),
            id="a new slice when no one slice has room",
        ),
        pytest.param(
            many(range(50)), [existing("a", *range(50)), existing("b", 99)], ([], {}, ["b"]), id="an empty slice goes"
        ),
    ],
)
def test_layout(wanted: list[Endpoint], have: list[EndpointSlice], expected: tuple) -> None:
    assert shape(plan(wanted, have)) == expected


def test_a_change_of_one_of_a_thousand_writes_one_slice() -> None:
    have = [existing(f"s{k}", *range(k * 100, k * 100 + 100)) for k in range(10)]
    wanted = many(range(1000))
    wanted[555] = endpoint(555, ready=False)
    assert shape(plan(wanted, have)) == ([], {"s5": 100}, [])


def test_labels_alone_change_every_slice() -> None:
    have = [existing("a", 0), existing("b", 1)]
    have[0].metadata.labels = {"l": "old"}
    assert shape(plan(many(range(2)), have)) == ([], {"a": 1}, [])


def test_a_family_that_is_no_longer_wanted_goes() -> None:
    six = existing("six", 5)
    six.addressType = "IPv6"
    assert shape(plan(many(range(1)), [existing("a", 0), six])) == ([], {}, ["six"])


def test_a_change_of_ports_is_one_write() -> None:
    other = ("IPv4", (("http", "TCP", 81, None),))
    p = plan_slices(TEMPLATE, {other: many(range(2))}, [existing("a", 0, 1)], ["IPv4"])
    assert shape(p) == ([], {"a": 2}, [])
    assert p.update[0].ports[0].port == 81


@given(st.lists(st.sets(st.integers(0, 40), max_size=30), max_size=8))
def test_whatever_comes_and_goes_each_endpoint_is_in_one_slice(states: list[set[int]]) -> None:
    have: list[EndpointSlice] = []
    for number, wanted in enumerate(states):
        p = plan([endpoint(n) for n in wanted], have, limit=7)
        changed = {s.metadata.name: s for s in p.update}
        gone = {s.metadata.name for s in p.delete}
        have = [changed.get(s.metadata.name, s) for s in have if s.metadata.name not in gone]
        for k, new in enumerate(p.create):
            new.metadata.name = f"{number}-{k}"
            have.append(new)
        listed = [e.addresses[0] for s in have for e in s.endpoints]
        assert sorted(listed) == sorted(endpoint(n).addresses[0] for n in wanted)
        assert all(len(s.endpoints) <= 7 for s in have)
        assert have, "there is always a slice, so that none and not yet differ"
        assert not plan([endpoint(n) for n in wanted], have, limit=7)


def test_a_slice_of_an_earlier_service_of_that_name_goes() -> None:
    """The garbage collector is about to delete it: what is written into it would be lost."""
    old = existing("old", 0, 1)
    old.metadata.ownerReferences = [OwnerReference(kind="Service", name="web", uid="earlier")]
    assert shape(plan(many(range(2)), [old])) == ([2], {}, ["old"])


def test_the_time_of_the_last_change_is_no_older_than_the_change() -> None:
    one = existing("a", 0, 1)
    one.metadata.annotations = {"theirs": "x", TRIGGER_TIME: "2026-01-01T00:00:00Z"}
    [changed] = plan(many(range(3)), [one]).update
    assert changed.metadata.annotations == {"theirs": "x"}
    timed = replace(TEMPLATE, annotations={TRIGGER_TIME: "2026-01-02T00:00:00Z"})
    [changed] = plan_slices(timed, {GROUP: many(range(3))}, [one], ["IPv4"]).update
    assert changed.metadata.annotations == {"theirs": "x", TRIGGER_TIME: "2026-01-02T00:00:00Z"}


def test_mirrored_annotations_are_all_there_are() -> None:
    mirroring = replace(TEMPLATE, annotations={"a": "1"}, mirrors_annotations=True)
    one = existing("a", 0)
    one.metadata.annotations = {"a": "1"}
    assert shape(plan_slices(mirroring, {GROUP: many(range(1))}, [one], ["IPv4"])) == ([], {}, [])
    one.metadata.annotations = {"a": "1", "b": "2"}
    [changed] = plan_slices(mirroring, {GROUP: many(range(1))}, [one], ["IPv4"]).update
    assert changed.metadata.annotations == {"a": "1"}


# ---- the time of the change ----


def at(clock: str, name: str = "p") -> Pod:
    made = pod(name)
    made.status.conditions[0].lastTransitionTime = f"2026-01-01T{clock}Z"
    return made


def test_the_trigger_time_is_that_of_the_oldest_change_since_the_last_sync() -> None:
    """`endpoints.kubernetes.io/last-change-trigger-time` as the annotation's documentation says."""
    times, of = TriggerTimes(), service()
    of.metadata.creationTimestamp = "2026-01-01T00:00:00Z"
    assert times.trigger_time(of, [at("00:10:00")]) == "2026-01-01T00:00:00Z", "a new Service: since it was made"
    assert times.trigger_time(of, [at("00:10:00")]) == "", "nothing that has a time has changed"
    pods = [at("00:20:00"), at("00:15:00", "q")]
    assert times.trigger_time(of, pods) == "2026-01-01T00:15:00Z"
    assert times.trigger_time(of, pods[:1]) == "", "a pod that has gone has no time"
    times.forget(("default", "web"))
    assert times.trigger_time(of, pods) == "2026-01-01T00:00:00Z"


# ---- the controller ----


async def test_endpoints_follow_pods(world: World) -> None:
    world.start(EndpointSliceController)
    world.server.seed(NODE)
    await world.client.create(service())
    await world.settle()
    [empty] = world.server.all(EndpointSlice)
    assert empty.endpoints == []
    world.server.seed(pod("a", "10.0.0.1"), pod("b", "10.0.0.2", ready=False))
    await world.settle()
    [one] = world.server.all(EndpointSlice)
    assert one.metadata.name == empty.metadata.name
    assert {e.addresses[0]: e.conditions.ready for e in one.endpoints} == {"10.0.0.1": True, "10.0.0.2": False}
    writes = len(world.server.calls)
    world.set_pod(world.server.get(Pod, "b", "default"))
    await world.settle()
    assert len(world.server.calls) == writes + 1
    world.server.force_delete(Pod, "a", "default")
    await world.settle()
    assert [e.addresses for e in world.server.all(EndpointSlice)[0].endpoints] == [["10.0.0.2"]]


async def test_a_pod_whose_node_comes_later(world: World) -> None:
    world.start(EndpointSliceController)
    await world.client.create(service())
    world.server.seed(pod())
    await world.settle()
    assert world.server.all(EndpointSlice)[0].endpoints == []
    world.server.seed(NODE)
    await world.settle()
    assert len(world.server.all(EndpointSlice)[0].endpoints) == 1


async def test_a_slice_that_somebody_changed_or_deleted_is_restored(world: World) -> None:
    world.start(EndpointSliceController)
    world.server.seed(NODE, pod())
    await world.client.create(service())
    await world.settle()
    [one] = world.server.all(EndpointSlice)
    one.endpoints = []
    world.server.update(one)
    await world.settle()
    assert len(world.server.all(EndpointSlice)[0].endpoints) == 1
    world.server.delete(EndpointSlice, one.metadata.name, "default", None, None, None, "")
    await world.settle()
    assert len(world.server.all(EndpointSlice)[0].endpoints) == 1


@pytest.mark.parametrize("spec", [{"selector": {}}, {"type": "ExternalName", "externalName": "example.org"}])
async def test_services_without_selector_are_left_alone(world: World, spec: dict) -> None:
    world.start(EndpointSliceController)
    world.server.seed(NODE, pod(), service(**spec))
    await world.settle()
    assert world.server.all(EndpointSlice) == []


async def test_one_change_behind_a_service_with_a_thousand_endpoints_writes_one_slice(world: World) -> None:
    world.server.seed(*(pod(f"p{n}", ip=f"10.1.{n // 250}.{n % 250 + 1}") for n in range(1000)))
    world.server.seed(NODE, service())
    world.start(EndpointSliceController)
    await world.settle(2)
    assert [len(s.endpoints) for s in world.server.all(EndpointSlice)] == [100] * 10
    before = len(world.server.calls)
    world.set_pod(world.server.get(Pod, "p500", "default"), ready=False)
    await world.settle(2)
    assert [call.split()[:2] for call in world.server.calls[before:]] == [["update", "EndpointSlice"]]


@pytest.mark.parametrize("first", ["event", "answer"])
async def test_our_own_write_does_not_wake_us(world: World, monkeypatch: pytest.MonkeyPatch, first: str) -> None:
    """Whether the watch or the answer to the write brings it first."""
    world.server.seed(NODE, service(), pod("a", "10.0.0.1"), pod("b", "10.0.0.2"))
    context = world.start(EndpointSliceController)
    await world.settle(2)
    synced: list[tuple] = []
    sync, update = EndpointSliceController.sync, context.client.update

    async def counted(self, key):
        synced.append(key)
        return await sync(self, key)

    async def late(obj):
        written = await update(obj)
        if first == "event":
            for _ in range(20):
                await asyncio.sleep(0)
        return written

    monkeypatch.setattr(EndpointSliceController, "sync", counted)
    monkeypatch.setattr(context.client, "update", late)
    world.set_pod(world.server.get(Pod, "a", "default"), ready=False)
    await world.settle(2)
    assert synced == [("default", "web")]
    [one] = world.server.all(EndpointSlice)
    one.endpoints = []
    await world.client.update(one)
    await world.settle(2)
    assert len(synced) == 2, "a change by others does"
    assert len(world.server.all(EndpointSlice)[0].endpoints) == 2


async def test_nothing_is_said_when_the_namespace_is_going(world: World) -> None:
    going = Forbidden("forbidden", StatusDetails(causes=[StatusCause(reason="NamespaceTerminating")]))
    world.server.fail("create", EndpointSlice, going, times=1000)
    world.server.seed(NODE, pod())
    world.start(EndpointSliceController)
    await world.client.create(service())
    await world.settle(60)
    assert world.server.all(Event) == []
    tried = [call for call in world.server.calls if call.startswith("create EndpointSlice")]
    assert len(tried) <= 1, "once is enough"


async def test_a_failure_is_an_event(world: World) -> None:
    world.server.fail("create", EndpointSlice, Forbidden("no quota"), times=1)
    world.server.seed(NODE, pod())
    world.start(EndpointSliceController)
    await world.client.create(service())
    await world.settle(10)
    assert [(e.reason, e.message) for e in world.server.all(Event)] == [
        ("FailedToUpdateEndpointSlices", "Error updating Endpoint Slices for Service default/web: no quota")
    ]
    assert len(world.server.all(EndpointSlice)) == 1


async def test_a_service_that_is_being_deleted_gets_no_new_slices(world: World) -> None:
    leaving = service()
    leaving.metadata.finalizers = ["test/hold"]
    world.server.seed(NODE, pod(), leaving)
    world.server.delete(Service, "web", "default", None, None, None, "")
    world.start(EndpointSliceController)
    await world.settle(5)
    assert world.server.all(EndpointSlice) == []
