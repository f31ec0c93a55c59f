"""The event recorder."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from kube.api.core_v1 import Event, Node, ObjectReference, Pod
from kube.apimachinery.errors import InternalError
from kube.apimachinery.meta_v1 import ObjectMeta
from kube.client.fake import FakeClient, FakeServer
from kube.clock import FakeClock
from kube.events import AGGREGATE_AFTER, NORMAL, WARNING, Correlator, Recorder

POD = Pod(metadata=ObjectMeta(name="web-1", namespace="shop", uid="u1"))


class World:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.server = FakeServer(clock=self.clock)
        self.recorder = Recorder(FakeClient(self.server), "kubelet", host="n1", clock=self.clock)

    def events(self) -> list[tuple[int, str]]:
        return sorted((e.count, e.message) for e in self.server.all(Event))


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    task = asyncio.create_task(made.recorder.run())
    yield made
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_an_event_says_who_what_and_when(world: World) -> None:
    world.recorder.event(POD, NORMAL, "Started", "Started container web")
    await world.recorder.flush()
    [event] = world.server.all(Event)
    assert event.metadata.namespace == "shop"
    assert event.metadata.name.startswith("web-1.")
    ref = event.involvedObject
    assert (ref.kind, ref.apiVersion, ref.namespace, ref.name, ref.uid) == ("Pod", "v1", "shop", "web-1", "u1")
    assert (event.type, event.reason, event.message) == ("Normal", "Started", "Started container web")
    assert (event.source.component, event.source.host, event.reportingComponent) == ("kubelet", "n1", "kubelet")
    assert event.firstTimestamp == event.lastTimestamp == "2026-01-01T00:00:00Z"


async def test_an_event_about_a_cluster_scoped_object_is_in_default(world: World) -> None:
    world.recorder.event(Node(metadata=ObjectMeta(name="n1")), WARNING, "NodeNotReady", "...")
    await world.recorder.flush()
    assert [e.metadata.namespace for e in world.server.all(Event)] == ["default"]


async def test_the_same_again_raises_the_count(world: World) -> None:
    for _ in range(3):
        world.recorder.event(POD, WARNING, "BackOff", "Back-off restarting")
        await world.clock.advance(10)
    [event] = world.server.all(Event)
    assert (event.count, event.firstTimestamp, event.lastTimestamp) == (
        3,
        "2026-01-01T00:00:00Z",
        "2026-01-01T00:00:20Z",
    )


async def test_many_different_messages_become_one(world: World) -> None:
    for n in range(14):
        world.recorder.event(POD, WARNING, "Failed", f"message {n}")
    await world.recorder.flush()
    combined = [e for e in world.server.all(Event) if e.message.startswith("(combined from similar events): ")]
    assert len(world.server.all(Event)) == 10
    assert [(e.count, e.message) for e in combined] == [(5, "(combined from similar events): message 13")]


def test_however_many_different_messages_there_are_few_are_remembered() -> None:
    correlator = Correlator()
    about = ObjectReference(kind="Pod", namespace="shop", name="web-1")
    for n in range(1000):
        correlator.correlate(Event(involvedObject=about, reason="Failed", message=f"message {n}"), now=600.0 * n)
        correlator.correlate(Event(involvedObject=about, reason="Failed", message=f"another {n}"), now=600.0 * n)
    assert [len(similar.messages) for similar in correlator._similar.values()] == [AGGREGATE_AFTER - 1]


async def test_a_flood_is_dropped_and_the_budget_comes_back(world: World) -> None:
    for _ in range(60):
        world.recorder.event(POD, WARNING, "Failed", "again")
    await world.recorder.flush()
    assert world.events() == [(25, "again")]
    await world.clock.advance(600)
    world.recorder.event(POD, WARNING, "Failed", "again")
    await world.recorder.flush()
    assert world.events() == [(26, "again")]


async def test_an_event_that_expired_is_made_anew(world: World) -> None:
    world.recorder.event(POD, NORMAL, "Pulled", "x")
    await world.recorder.flush()
    [old] = world.server.all(Event)
    world.server.force_delete(Event, old.metadata.name, "shop")
    world.recorder.event(POD, NORMAL, "Pulled", "x")
    await world.recorder.flush()
    assert len(world.server.all(Event)) == 1


async def test_an_error_of_the_server_reaches_nobody(world: World) -> None:
    world.server.fail("create", Event, InternalError("full"))
    world.recorder.event(POD, NORMAL, "One", "lost")
    world.recorder.event(POD, NORMAL, "Two", "kept")
    await world.recorder.flush()
    assert world.events() == [(1, "kept")]
