"""What the API has at the end is what was set last, and no status is sent for nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from kube.api.core_v1 import Pod, PodStatus
from kube.client import Unreachable
from kube.client.fake import FakeClient, FakeServer
from kube.clock import FakeClock, settle
from kubelet.status_manager import StatusManager

NAME = ("p", "default")


class Slow(FakeClient):
    """Its patches wait until they may go; `happened` tells what each said; `afterwards` is called when one is done."""

    def __init__(self, server: FakeServer):
        super().__init__(server)
        self.may_go = asyncio.Event()
        self.happened: list[str] = []
        self.afterwards: list[Callable[[], None]] = []

    async def patch(self, type_, name, namespace, body, *args, **more):
        await self.may_go.wait()
        self.happened.append(body["status"]["phase"])
        done = await super().patch(type_, name, namespace, body, *args, **more)
        while self.afterwards:
            asyncio.get_running_loop().call_soon(self.afterwards.pop())
        return done


class Node:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.server = FakeServer(clock=self.clock)
        meta = {"name": "p", "namespace": "default", "uid": "u"}
        self.server.seed(Pod.from_dict({"metadata": meta, "status": {"phase": "Pending"}}))
        self.pod = self.server.get(Pod, *NAME)
        self.client = Slow(self.server)
        self.statuses = StatusManager(self.client, self.clock)

    def say(self, phase: str) -> None:
        self.statuses.set(self.pod, PodStatus(phase=phase))

    @property
    def stored(self) -> str:
        return self.server.get(Pod, *NAME).status.phase


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    made = Node()
    yield made
    await made.statuses.close()


async def test_1_what_was_set_while_another_was_on_its_way_comes_last(node: Node) -> None:
    """Also when the API had it before: a pod that was not ready for a moment."""
    for last in ("Pending", "Failed", "Failed"):
        node.client.may_go.clear()
        node.say("Running")
        await settle()
        node.say(last)
        node.client.may_go.set()
        await node.statuses.flush("u")
        assert node.stored == last
    assert node.client.happened == ["Running", "Pending", "Running", "Failed", "Running", "Failed"]


async def test_1_what_was_set_in_the_moment_in_which_a_task_ends_is_sent(node: Node) -> None:
    node.client.may_go.set()
    node.client.afterwards.append(lambda: node.say("Failed"))
    node.say("Running")
    await settle()
    assert node.stored == "Failed"


async def test_1_after_a_lost_answer_what_is_wanted_is_sent_though_it_was_known(node: Node) -> None:
    node.client.may_go.set()
    node.server.fail("patch_status", Pod, Unreachable("lost", sent=True), late=True)
    node.say("Running")
    await settle()
    node.say("Pending")
    await node.clock.advance(1)
    await settle()
    assert node.stored == "Pending"


async def test_2_what_the_api_has_is_not_sent(node: Node) -> None:
    node.client.may_go.set()
    node.say("Pending")
    await settle()
    assert node.client.happened == []
    for _ in range(2):
        node.say("Running")
        await settle()
    assert node.client.happened == ["Running"]
