"""etcd's members fail in each way they can, under two API servers that must give clear answers all the while.

Clear: a write succeeds, or is answered 503 or 504 with `Retry-After`; what was acknowledged is there afterwards; a
watch that was open before shows each write once. Faults: the leader is killed; a member is cut off from the others
while its clients still reach it; a member hangs; its disk works in fits and starts; a majority is gone; the disk is
full. tests/apiserver/storage has the same for the storage layer alone, and test_consistency has them mixed at random.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable

import pytest

from tests.consistency.checker import check, wrong_books
from tests.consistency.clients import NAMESPACE, Client, Log, Servers
from tests.consistency.conftest import PREFIX, ControlPlane, ControlPlanes
from tests.consistency.etcd_history import EtcdHistory
from tests.consistency.history import Op
from tests.consistency.test_consistency import last_words, make_namespace
from tests.consistency.watchers import Watcher
from tests.support.etcd_cluster import NAMES, PATIENCE_SECONDS, call, disarm
from tests.support.patience import until, within

pytestmark = [pytest.mark.timeout(400), pytest.mark.xdist_group("consistency")]
QUOTA = 8_000_000
FAULT_SECONDS = 120
URL = f"/api/v1/namespaces/{NAMESPACE}/configmaps"


class Scene:
    """A client at each API server, and what they write at once when asked to."""

    def __init__(self, plane: ControlPlane):
        self.etcd, self.log = plane.etcd, Log()
        self.servers = Servers(plane.servers, seconds=40)
        self.history = EtcdHistory(plane.etcd, PREFIX)
        self.clients = [Client(number, 0, self.servers, self.log) for number in range(2)]
        self._names = itertools.count()

    async def write(self, rounds: int = 3) -> list[Op]:
        """New ConfigMaps and Services through each server: every request is answered, well or with 503 or 504."""
        done: list[Op] = []
        for _ in range(rounds):
            name = f"w{next(self._names)}"
            done += await asyncio.gather(*(
                client.act("create", resource, f"{name}-{number}")
                for number, client in enumerate(self.clients) for resource in ("configmaps", "services")
            ))  # fmt: skip
        assert all(op.code in (201, 503, 504) for op in done), [str(op) for op in done]
        for number, client in enumerate(self.clients):
            client._at = number  # each stays with its server
        return done

    async def recover(self) -> None:
        """Returns when both servers have taken writes of both kinds again."""
        async with within(PATIENCE_SECONDS, lambda: f"writes of both kinds; the last answers: {self.log.ops[-4:]}"):
            while any(op.outcome != "ok" for op in await self.write(1)):
                pass  # etcd has been asked for some time already

    async def read(self, query: str = "") -> list[int]:
        """The status of a list at each server."""
        return [(await client.get(f"{URL}{query}")).status_code for client in self.servers.clients]

    async def health(self, code: int) -> bool:
        """Whether each server says so of itself."""
        found = [await client.get(f"/{which}") for client in self.servers.clients for which in ("livez", "readyz")]
        told = [answer for answer in found if code == 200 or "[-]etcd failed" in answer.text]
        return [answer.status_code for answer in told] == [code] * len(found)


async def leader_killed(scene: Scene) -> None:
    leader = await scene.etcd.leader()
    await asyncio.gather(scene.etcd.kill(leader), scene.write())
    await scene.recover()
    await scene.etcd.start(leader)


async def leader_cut_off(scene: Scene) -> None:
    """It still thinks that it leads for a while: what it is asked must not be answered from the past."""
    leader = await scene.etcd.leader()
    scene.etcd.cut(leader)
    await scene.write()
    await scene.recover()
    assert await scene.read() == [200, 200]
    scene.etcd.mend()


async def leader_hangs(scene: Scene) -> None:
    leader = await scene.etcd.leader()
    scene.etcd.pause(leader)
    await scene.write(1)
    await scene.recover()
    scene.etcd.resume(leader)


async def slow_disk(scene: Scene) -> None:
    """All members stop for a moment again and again, as with a disk that they share: writes wait or fail."""
    writing = asyncio.create_task(scene.write(4))
    while not writing.done():
        for act in (scene.etcd.pause, scene.etcd.resume):
            for name in NAMES:
                act(name)
            await asyncio.sleep(0.15)
    await writing


async def majority_gone(scene: Scene) -> None:
    """Nothing is certain: writes and consistent reads are refused; who is content with the cache is still answered."""
    await asyncio.gather(*map(scene.etcd.kill, NAMES[:2]))
    assert {op.outcome for op in await scene.write(1)} == {"unknown"}
    assert set(await scene.read()) <= {503, 504}
    assert await scene.read("?resourceVersion=0") == [200, 200]
    await until(lambda: scene.health(500), PATIENCE_SECONDS, "health checks that tell of it")
    await asyncio.gather(*map(scene.etcd.start, NAMES[:2]))
    await until(lambda: scene.health(200), PATIENCE_SECONDS, "health checks that are content again")


async def full_disk(scene: Scene) -> None:
    """Writes are refused in plain words until somebody makes room; reads, watches and deletions go on."""
    client, server = scene.servers.clients
    url, numbers = URL.replace(NAMESPACE, "default"), itertools.count()
    while True:
        body = {"metadata": {"name": f"big-{next(numbers)}"}, "data": {"c": "x" * 500_000}}
        response = await client.post(url, json=body)
        if response.status_code != 201:
            break
    assert response.status_code == 503 and "space exceeded" in response.json()["message"], response.text[:300]
    assert response.headers["Retry-After"] == "1"
    assert {op.code for op in await scene.write(1)} == {503}
    assert await scene.read() == [200, 200]
    for item in (await server.get(url)).json()["items"]:
        name = item["metadata"]["name"]
        assert (await server.delete(f"{url}/{name}")).status_code == 200
    await make_room(scene)


async def make_room(scene: Scene) -> None:
    """As etcd's book for operators says: compact, defragment each member, disarm the alarm."""
    await scene.history.catch_up()
    await scene.etcd.compact(scene.history.revision)
    for url in scene.etcd.urls:
        async with within(PATIENCE_SECONDS, f"room at {url}"):
            while int((await asyncio.to_thread(call, url, "/v3/maintenance/status", {}))["dbSize"]) > QUOTA / 2:
                await asyncio.to_thread(call, url, "/v3/maintenance/defragment", {}, 30)
                await asyncio.sleep(0.1)  # the members compact in their own time
    await asyncio.to_thread(disarm, scene.etcd.urls[0])


FAULTS: tuple[Callable[[Scene], Awaitable[None]], ...] = (
    leader_killed, leader_cut_off, leader_hangs, slow_disk, majority_gone, full_disk
)  # fmt: skip


async def test_each_fault_ends_in_a_clear_state(control_plane: ControlPlanes) -> None:
    async with control_plane(f"--quota-backend-bytes={QUOTA}") as plane:
        scene = Scene(plane)
        await make_namespace(scene.servers)
        watchers = [Watcher(resource, resource, 0, scene.servers, scene.log) for resource in ("configmaps", "services")]
        for fault in FAULTS:
            print(fault.__name__)  # shown when it fails
            async with within(FAULT_SECONDS, f"the end of {fault.__name__}"):
                await fault(scene)
            await scene.recover()
            assert not scene.log.odd
        last = await last_words(scene.clients[0])
        print("the last write is at revision", last)
        await asyncio.gather(*(watcher.reach(last) for watcher in watchers))
        print("every watcher has seen the last write")
        await asyncio.gather(*(watcher.stop() for watcher in watchers))
        await scene.servers.aclose()
        await scene.history.catch_up()
    segments = [segment for watcher in watchers for segment in watcher.segments]
    assert len(segments) == len(watchers), "a watch had to list anew"
    truth = scene.history.truth
    assert [*check(truth, scene.log.ops, segments), *wrong_books(truth, scene.history.allocations)] == []
