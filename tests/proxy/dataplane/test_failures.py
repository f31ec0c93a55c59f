"""A Service that the kernel refuses: tried again, ever more seldom, while the others are served.

The whole loop runs, on a real kernel.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable

import pytest

from kube.api.core_v1 import Service
from kube.client.fake import FakeClient, FakeServer
from proxy.__main__ import make_dataplane
from proxy.config import Config
from proxy.runner import Proxy
from tests.proxy.dataplane.node import Node
from tests.proxy.dataplane.process import FLAGS
from tests.proxy.dataplane.vocabulary import POD2
from tests.proxy.objects import endpoint_slice, service

pytestmark = pytest.mark.root

BAD, GOOD = "10.96.0.50", "10.96.0.51"
SCHEDULER = "kube-lite.io/ipvs-scheduler"


def test_a_refused_service_is_tried_again_and_holds_up_no_other(
    bare: Node,
    server: FakeServer,
    mode: str,
    caplog: pytest.LogCaptureFixture,
):
    """IPVS: it asks for a scheduler that there is none of. nftables: somebody has put an element in its place."""
    config = Config(proxy_mode=mode, **FLAGS)

    async def scenario() -> None:
        client, dataplane = FakeClient(server), make_dataplane(config, mode, None)
        proxy = Proxy(config, client, dataplane)
        task = asyncio.create_task(proxy.run())
        try:
            await until(lambda: proxy.health.healthy)
            if mode == "nftables":
                _nft(f"add element ip kube-proxy services {{ {BAD} . tcp . 80 : drop }}")
            await _create(client)
            await until(lambda: ("default", "bad") in proxy.failures)
            assert await _ask(bare, GOOD) == "pod2"
            await until(lambda: caplog.text.count("default/bad: ") >= (3 if mode == "ipvs" else 1))
            if mode == "ipvs":
                assert await _ask(bare, BAD) != "pod2"
                mended = await client.get(Service, "bad", "default")
                mended.metadata.annotations = {}
                await client.update(mended)
            await until(lambda: not proxy.failures)
            assert [await _ask(bare, one) for one in (BAD, GOOD)] == ["pod2", "pod2"]
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            dataplane.close()

    bare.call(lambda: asyncio.run(scenario()))
    waits = [line.rpartition("next try in ")[2] for line in caplog.text.splitlines() if "default/bad: " in line]
    assert waits[:3] == ["0.1 s", "0.2 s", "0.4 s"][: len(waits)]


async def _create(client: FakeClient) -> None:
    bad = service("bad", clusterIP=BAD)
    bad.metadata.annotations = {SCHEDULER: "nosuch"}
    for obj in (bad, endpoint_slice("bad", [POD2]), service("good", clusterIP=GOOD), endpoint_slice("good", [POD2])):
        await client.create(obj)


async def _ask(node: Node, address: str) -> str:
    return (await asyncio.to_thread(node.world.ask, "pod1", address, 80, timeout=10)).split()[0]


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def _nft(line: str) -> None:
    subprocess.run(["nft", line], check=True)
