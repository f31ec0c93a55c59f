"""The informer's promises, on the stateful fake server."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from kube.api.core_v1 import Pod
from kube.apimachinery.errors import InternalError, Timeout
from kube.client import Unreachable
from kube.client.fake import FakeClient, FakeServer
from kube.clock import FakeClock
from kube.informer import Informer, Informers, Store


def pod(name: str, node: str = "", **labels: str) -> Pod:
    return Pod.from_dict(
        {"metadata": {"name": name, "namespace": "default", "labels": labels}, "spec": {"nodeName": node}}
    )


class Log:
    """What a handler heard, in words."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def attach(self, informer: Informer) -> Log:
        informer.add_handler(
            lambda p: self.lines.append(f"+{p.metadata.name}"),
            lambda old, new: self.lines.append(f"~{new.metadata.name} {old.spec.nodeName}>{new.spec.nodeName}"),
            lambda p: self.lines.append(f"-{p.metadata.name} {p.spec.nodeName}".rstrip()),
        )
        return self

    def take(self) -> list[str]:
        lines, self.lines = self.lines, []
        return lines


class World:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.server = FakeServer(clock=self.clock)
        self.client = FakeClient(self.server)
        self._tasks: list[asyncio.Task] = []

    def start(self, informer: Informer) -> None:
        self._tasks.append(asyncio.create_task(informer.run()))

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    yield made
    await made.stop()


async def test_1_and_2_list_then_follow(world: World) -> None:
    world.server.seed(pod("a"))
    informer = Informer(world.client, Pod, clock=world.clock)
    log = Log().attach(informer)
    informer.add_handler(on_add=lambda p: log.lines.append(f"stored {informer.get('default', p.metadata.name) is p}"))
    world.start(informer)
    await world.clock.advance(0)
    assert informer.synced.is_set()
    assert log.take() == ["+a", "stored True"]
    await world.client.create(pod("b"))
    b = world.server.get(Pod, "b", "default")
    b.spec.nodeName = "n1"
    await world.client.update(b)
    await world.client.delete(Pod, "b", "default", grace_period_seconds=0)
    await world.clock.advance(0)
    assert log.take() == ["+b", "stored True", "~b >n1", "-b n1"]


async def test_2_a_change_while_the_watch_was_broken_is_seen(world: World) -> None:
    informer = Informer(world.client, Pod, clock=world.clock)
    log = Log().attach(informer)
    world.start(informer)
    await world.clock.advance(0)
    world.client.alive = False
    world.server.break_watches()
    await world.clock.advance(30)
    world.server.seed(pod("a"))
    world.client.alive = True
    await world.clock.advance(10)
    assert log.take() == ["+a"]


async def test_2_after_410_it_lists_again_and_tells_what_it_missed(world: World) -> None:
    world.server.seed(pod("gone"), pod("stays"), pod("changes"), pod("replaced"))
    informer = Informer(world.client, Pod, clock=world.clock)
    log = Log().attach(informer)
    world.start(informer)
    await world.clock.advance(0)
    log.take()
    world.client.alive = False
    world.server.break_watches()
    await world.clock.advance(1)
    world.server.force_delete(Pod, "gone", "default")
    world.server.force_delete(Pod, "replaced", "default")
    world.server.seed(pod("replaced"), pod("new"))
    changed = world.server.get(Pod, "changes", "default")
    changed.spec.nodeName = "n1"
    world.server.update(changed)
    world.server.compact()
    world.client.alive = True
    await world.clock.advance(30)
    assert sorted(log.take()) == sorted(["-gone", "-replaced", "+replaced", "+new", "~changes >n1"])


async def test_no_error_ends_it(world: World) -> None:
    informer = Informer(world.client, Pod, clock=world.clock)
    errors = [
        InternalError("boom"),
        Unreachable("away", sent=False),
        Timeout("Too large resource version"),
        ValueError(),
    ]
    for verb in ("list", "watch"):
        for error in errors:
            world.server.fail(verb, Pod, error)
    world.start(informer)
    await world.clock.advance(120)
    world.server.seed(pod("a"))
    await world.clock.advance(10)
    assert [p.metadata.name for p in informer.list()] == ["a"]


async def test_a_server_that_lost_data_is_listed_again(world: World) -> None:
    """Restored from a backup: it answers "too large resource version" to all that we ask."""
    world.server.seed(pod("lost"))
    informer = Informer(world.client, Pod, clock=world.clock)
    world.start(informer)
    await world.clock.advance(0)
    world.server.fail("watch", Pod, Timeout("Too large resource version: 9, current: 1"), times=3)
    world.client.alive = False
    world.server.break_watches()
    world.server.force_delete(Pod, "lost", "default")
    world.server.history.clear()
    world.client.alive = True
    await world.clock.advance(30)
    assert informer.list() == []


async def test_3_synced_waits_for_the_handlers(world: World) -> None:
    world.server.seed(pod("a"))
    informer = Informer(world.client, Pod, clock=world.clock)
    seen: list[bool] = []
    informer.add_handler(on_add=lambda _p: seen.append(informer.synced.is_set()))
    world.start(informer)
    await informer.synced.wait()
    assert seen == [False]


async def test_4_a_handler_that_raises_spoils_nothing(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.server.seed(pod("a"))
    informer = Informer(world.client, Pod, clock=world.clock)
    informer.add_handler(on_add=lambda _p: 1 / 0)
    log = Log().attach(informer)
    world.start(informer)
    await world.clock.advance(0)
    assert log.take() == ["+a"]
    assert "ZeroDivisionError" in caplog.text


async def test_a_late_handler_hears_of_all(world: World) -> None:
    world.server.seed(pod("a"), pod("b"))
    informer = Informer(world.client, Pod, clock=world.clock)
    world.start(informer)
    await world.clock.advance(0)
    assert Log().attach(informer).take() == ["+a", "+b"]


async def test_selectors_turn_changes_into_comings_and_goings(world: World) -> None:
    world.server.seed(pod("a", app="web"), pod("b", app="db"))
    informer = Informer(world.client, Pod, label_selector="app=web", clock=world.clock)
    log = Log().attach(informer)
    world.start(informer)
    await world.clock.advance(0)
    b = world.server.get(Pod, "b", "default")
    b.metadata.labels["app"] = "web"
    await world.client.update(b)
    a = world.server.get(Pod, "a", "default")
    a.metadata.labels["app"] = "db"
    await world.client.update(a)
    await world.clock.advance(0)
    assert log.take() == ["+a", "+b", "-a"]


async def test_transform_slims_what_is_stored(world: World) -> None:
    def slim(p: Pod) -> Pod:
        p.metadata.labels = {}
        return p

    world.server.seed(pod("a", app="web"))
    informer = Informer(world.client, Pod, transform=slim, clock=world.clock)
    world.start(informer)
    await world.clock.advance(0)
    assert informer.list()[0].metadata.labels == {}


async def test_informers_are_shared_by_kind(world: World) -> None:
    shared = Informers(world.client, clock=world.clock)
    one = shared(Pod, indexers={"node": lambda p: [p.spec.nodeName]})
    assert shared(Pod, indexers={"app": lambda p: [p.metadata.labels.get("app", "")]}) is one
    world.server.seed(pod("a", "n1", app="web"))
    task = asyncio.create_task(shared.run())
    await shared.wait_for_sync()
    assert [p.metadata.name for p in one.by_index("node", "n1")] == ["a"]
    assert [p.metadata.name for p in one.by_index("app", "web")] == ["a"]
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def test_indices_follow_changes() -> None:
    store: Store[Pod] = Store({"node": lambda p: [p.spec.nodeName]})
    store.set(pod("a", "n1"))
    store.set(pod("b", "n1"))
    store.set(pod("a", "n2"))
    assert [p.metadata.name for p in store.by_index("node", "n1")] == ["b"]
    assert [p.metadata.name for p in store.by_index("node", "n2")] == ["a"]
    store.delete(("default", "b"))
    assert sorted(store.index_values("node")) == ["n2"]
    assert [p.metadata.name for p in store.in_namespace("default")] == ["a"]
    with pytest.raises(KeyError):
        store.by_index("nothing", "x")
