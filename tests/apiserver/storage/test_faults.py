"""What goes wrong with etcd, and what must hold all the same: killed, cut off, compacted, full, one of three gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from pathlib import Path

import pytest

from apiserver.storage.cacher import Cacher
from apiserver.storage.etcd import EtcdStorage
from apiserver.storage.etcd.compaction import KEY, Compactor, Turn
from apiserver.storage.interface import (
    Event,
    ExpiredRevision,
    FutureRevision,
    Put,
    Storage,
    StorageError,
    Unavailable,
)
from kube.clock import RealClock
from tests.apiserver.storage.relay import Relay
from tests.etcd_server import EtcdServer, find_free_port
from tests.support.etcd_cluster import call, disarm

PODS = "/registry/pods/"
Start = Callable[..., EtcdServer]


def pod(number: int) -> bytes:
    return b'{"kind":"Pod","metadata":{"number":%d}}' % number


async def write(store: Storage, acknowledged: dict[int, int], numbers: range) -> None:
    """Numbers, one after the other; those whose fate is unknown are left out of the books."""
    for number in numbers:
        with suppress(Unavailable):
            acknowledged[number] = await store.commit([], [Put(f"{PODS}default/p{number % 7}", pod(number))])


async def record(store: Storage, revision: int, events: list[Event], last: bytes) -> None:
    async with aclosing(store.watch(PODS, revision=revision)) as watch:
        async for event in watch:
            events.append(event)
            if event.data == last:
                return


async def finish(store: Storage, number: int) -> None:
    """Writes a last number, however often it takes."""
    while True:
        with suppress(Unavailable):
            await store.commit([], [Put(f"{PODS}default/p0", pod(number))])
            return


def check_history(histories: list[list[Event]], acknowledged: dict[int, int]) -> None:
    """Every watcher saw the same, in order, nothing twice, and everything that was acknowledged."""
    first = [(event.revision, event.key, event.data) for event in histories[0]]
    assert all([(event.revision, event.key, event.data) for event in history] == first for history in histories)
    revisions = [revision for revision, _, _ in first]
    assert revisions == sorted(set(revisions))
    seen = {(revision, data) for revision, _, data in first}
    assert {(revision, pod(number)) for number, revision in acknowledged.items()} <= seen


@pytest.mark.parametrize("kind", ["etcd", "cacher"])
async def test_etcd_is_killed_and_comes_back(start_etcd: Start, kind: str) -> None:
    server = start_etcd()
    store: Storage = EtcdStorage([server.url], compaction_interval=0)
    if kind == "cacher":
        store = Cacher(store)
        await store.start()
    try:
        revision = await store.commit([], [Put(f"{PODS}default/p0", pod(0))])
        histories: list[list[Event]] = [[] for _ in range(5)]
        watchers = [asyncio.create_task(record(store, revision, history, pod(-1))) for history in histories]
        acknowledged: dict[int, int] = {}
        writing = asyncio.create_task(write(store, acknowledged, range(1, 200)))
        for _ in range(2):
            await asyncio.sleep(0.05)
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
        await writing
        await finish(store, -1)
        await asyncio.gather(*watchers)
        check_history(histories, acknowledged)
        assert len(acknowledged) > 150
        assert (await store.get(f"{PODS}default/p0")).data == pod(-1)
    finally:
        await store.aclose()
        server.stop()


async def test_a_member_of_three_is_killed(etcd_directory: Path) -> None:
    names = ["one", "two", "three"]
    peers = {name: f"http://127.0.0.1:{find_free_port()}" for name in names}
    members = []
    for name in names:
        directory = etcd_directory / f"cluster-{name}"
        directory.mkdir()
        fast = ("--heartbeat-interval=50", "--election-timeout=300")
        members.append(EtcdServer(directory, *fast, name=name, peers=peers))
    sockets = [member.launch() for member in members]
    for member, socket in zip(members, sockets, strict=True):
        await asyncio.to_thread(member.await_ready, socket)
    cachers = [Cacher(EtcdStorage([m.url for m in members[n:] + members[:n]], compaction_interval=0)) for n in (0, 1)]
    try:
        await asyncio.gather(*(cacher.start() for cacher in cachers))
        revision = await cachers[0].commit([], [Put(f"{PODS}default/p0", pod(0))])
        histories: list[list[Event]] = [[] for _ in range(4)]
        watchers = [
            asyncio.create_task(record(cachers[n % 2], revision, history, pod(-1)))
            for n, history in enumerate(histories)
        ]
        acknowledged: dict[int, int] = {}
        writing = asyncio.create_task(write(cachers[0], acknowledged, range(1, 150)))
        for member in members:
            await asyncio.sleep(0.1)
            await asyncio.to_thread(member.kill)
            await asyncio.sleep(0.3)
            await asyncio.to_thread(member.start)
        await writing
        await finish(cachers[0], -1)
        await asyncio.gather(*watchers)
        check_history(histories, acknowledged)
        assert len(acknowledged) > 50
        assert (await cachers[1].get(f"{PODS}default/p0")).data == pod(-1)
    finally:
        await asyncio.gather(*(cacher.aclose() for cacher in cachers))
        for member in members:
            member.stop()


async def test_the_first_endpoint_is_dead(etcd: str, prefix: str) -> None:
    store = EtcdStorage([f"http://127.0.0.1:{find_free_port()}", etcd], prefix, compaction_interval=0)
    try:
        revision = await store.commit([], [Put(f"{PODS}a", pod(1))])
        assert (await store.get(f"{PODS}a")).revision == revision
        async with aclosing(store.watch(PODS, revision=revision - 1)) as watch:
            assert (await anext(watch)).revision == revision
    finally:
        await store.aclose()


async def test_nobody_answers() -> None:
    store = EtcdStorage([f"http://127.0.0.1:{find_free_port()}"], patience=0.1)
    for work in (store.get(f"{PODS}a"), store.list(PODS), store.commit([], [Put(f"{PODS}a", b"")])):
        with pytest.raises(Unavailable, match="failed to connect"):
            await work
    assert not await store.healthy()
    await store.aclose()


async def test_a_cut_wire_without_compaction_leaves_no_gap(
    etcd: str, prefix: str, open_etcd: Callable[..., EtcdStorage]
) -> None:
    direct = open_etcd()
    async with Relay(etcd) as relay:
        cacher = Cacher(EtcdStorage([relay.url], prefix, compaction_interval=0, patience=0.1))
        await cacher.start()
        start = cacher.revision
        async with aclosing(cacher.watch(PODS, revision=start)) as watch:
            revisions = [await direct.commit([], [Put(f"{PODS}a", pod(0))])]
            await cacher.get(f"{PODS}a", revision=revisions[0])
            await relay.cut()
            revisions += [await direct.commit([], [Put(f"{PODS}a", pod(n))]) for n in range(5)]
            assert (await cacher.get(f"{PODS}a", revision=0)).revision == revisions[0]
            with pytest.raises(Unavailable):
                await cacher.get(f"{PODS}a")
            relay.mend()
            assert [(await anext(watch)).revision for _ in revisions] == revisions
        await cacher.aclose()


async def test_compaction_behind_a_cut_wire_ends_the_watches_and_loads_anew(
    etcd: str, prefix: str, open_etcd: Callable[..., EtcdStorage]
) -> None:
    direct = open_etcd()
    async with Relay(etcd) as relay:
        cacher = Cacher(EtcdStorage([relay.url], prefix, compaction_interval=0))
        await cacher.start()
        before = await direct.commit([], [Put(f"{PODS}a", pod(0)), Put(f"{PODS}gone", pod(0))])
        await cacher.get(f"{PODS}a", revision=before)
        async with aclosing(cacher.watch(PODS, revision=cacher.revision)) as watch:
            waiting = asyncio.create_task(watch.batch())
            await relay.cut()
            await direct.commit([], [Put(f"{PODS}a", pod(1))])
            after = await direct.commit([], [Put(f"{PODS}b", pod(2))])
            await compact(direct, after)
            relay.mend()
            with pytest.raises(ExpiredRevision) as expired:
                await waiting
            assert expired.value.oldest >= after
        assert {stored.data for stored in (await cacher.list(PODS)).items} == {pod(0), pod(1), pod(2)}
        with pytest.raises(ExpiredRevision):
            await cacher.watch(PODS, revision=before).batch()
        async with aclosing(cacher.watch(PODS, revision=cacher.revision)) as watch:
            revision = await direct.commit([], [Put(f"{PODS}c", pod(3))])
            assert (await anext(watch)).revision == revision
        await cacher.aclose()


async def test_a_revision_to_come_is_not_waited_for_longer_because_etcd_is_away(
    etcd: str, prefix: str, open_etcd: Callable[..., EtcdStorage]
) -> None:
    """However many ask for it: their questions to etcd do not queue up."""
    async with Relay(etcd) as relay:
        cacher = Cacher(EtcdStorage([relay.url], prefix, compaction_interval=0, patience=1, future_seconds=0.5))
        await cacher.start()
        await relay.cut()
        asking = [asyncio.create_task(cacher.get(f"{PODS}a", revision=cacher.revision + n)) for n in range(1, 9)]
        asking.append(asyncio.create_task(cacher.watch(PODS, revision=cacher.revision + 9).batch()))
        done, late = await asyncio.wait(asking, timeout=2)
        assert not late and all(isinstance(task.exception(), FutureRevision) for task in done)
        relay.mend()
        revision = await open_etcd().commit([], [Put(f"{PODS}a", pod(1))])
        assert (await cacher.get(f"{PODS}a", revision=revision)).revision == revision
        await cacher.aclose()


async def compact(store: EtcdStorage, revision: int) -> None:
    compactor = Compactor(store._endpoints, store.keys, RealClock())
    turn = await compactor.compact(Turn())
    await compactor.compact(Turn(turn.version, revision))


async def test_an_old_revision_has_expired_in_etcd(store: Storage, open_etcd: Callable[..., EtcdStorage]) -> None:
    direct = open_etcd()
    revisions = [await direct.commit([], [Put(f"{PODS}a", pod(n))]) for n in range(3)]
    await compact(direct, revisions[-1])
    with pytest.raises(ExpiredRevision):
        await direct.list(PODS, revision=revisions[0], exact=True)
    if isinstance(store, EtcdStorage):
        with pytest.raises(ExpiredRevision):
            await store.watch(PODS, revision=revisions[0]).batch()


async def test_servers_take_turns_to_compact(open_etcd: Callable[..., EtcdStorage]) -> None:
    """Of two servers that both find five minutes gone, one compacts and the other learns."""
    stores = open_etcd(), open_etcd()
    one, other = (Compactor(store._endpoints, store.keys, RealClock()) for store in stores)
    first = await one.compact(Turn())
    assert await other.compact(Turn()) == Turn(1, first.revision)
    for _ in range(3):
        await stores[0].commit([], [Put(f"{PODS}a", pod(0))])
    second = await one.compact(first)
    assert second.version == 2 and second.revision > first.revision
    assert (await other.compact(Turn(1, first.revision))).version == 2
    assert (await stores[1].get(KEY)).data == b"%d" % first.revision
    assert len((await stores[0].list(PODS, revision=first.revision, exact=True)).items) == 0
    with pytest.raises(ExpiredRevision):
        await stores[0].list(PODS, revision=first.revision - 1, exact=True)


async def test_a_full_disk_refuses_writes_and_serves_reads(start_etcd: Start) -> None:
    server = start_etcd("--quota-backend-bytes=2000000")
    cacher = Cacher(EtcdStorage([server.url], compaction_interval=0))
    await cacher.start()
    try:
        await cacher.commit([], [Put(f"{PODS}small", pod(1))])
        with pytest.raises(Unavailable, match="space exceeded"):
            for number in range(100):
                await cacher.commit([], [Put(f"{PODS}big", b"%d" % number + b"x" * 100_000)])
        assert (await cacher.get(f"{PODS}small")).data == pod(1)
        assert len((await cacher.list(PODS)).items) == 2
        revision = await cacher.current_revision()
        compact = {"revision": str(revision), "physical": True}
        await asyncio.to_thread(call, server.url, "/v3/kv/compaction", compact)
        await asyncio.to_thread(call, server.url, "/v3/maintenance/defragment", {})
        await asyncio.to_thread(disarm, server.url)
        await cacher.commit([], [Put(f"{PODS}small", pod(2))])
        assert (await cacher.get(f"{PODS}small")).data == pod(2)
    finally:
        await cacher.aclose()
        server.stop()


async def test_somebody_else_writes_to_this_etcd(etcd: str, open_cacher: Callable[..., Awaitable[Cacher]]) -> None:
    """Revisions that our watch never shows must not make reads wait for ever, nor make them stale."""
    cacher = await open_cacher()
    stranger = EtcdStorage([etcd], "/stranger", compaction_interval=0)
    try:
        for number in range(3):
            await cacher.commit([], [Put(f"{PODS}a", pod(number))])
            await stranger.commit([], [Put(f"{PODS}a", b"{}")])
            got, page = await asyncio.wait_for(asyncio.gather(cacher.get(f"{PODS}a"), cacher.list(PODS)), 5)
            assert got.data == page.items[0].data == pod(number)
            async with aclosing(cacher.watch(PODS, revision=page.revision)) as watch:
                waiting = asyncio.create_task(watch.batch())
                await cacher._reached.wait(page.revision, 5)
                revision = await cacher.commit([], [Put(f"{PODS}b", pod(number))])
                assert [event.revision for event in await waiting] == [revision]
    finally:
        await stranger.aclose()


async def test_before_it_is_loaded_a_cache_says_nothing() -> None:
    cacher = Cacher(EtcdStorage([f"http://127.0.0.1:{find_free_port()}"], compaction_interval=0))
    for work in (cacher.get(f"{PODS}a", revision=0), cacher.list(PODS, revision=0)):
        with pytest.raises(Unavailable):
            await work
    with pytest.raises(StorageError):
        cacher.watch(PODS, revision=0)
    assert not cacher.ready
    await cacher.aclose()


async def test_a_watch_from_the_future(store: Storage) -> None:
    revision = await store.current_revision()
    if isinstance(store, Cacher):
        with pytest.raises(FutureRevision):
            await store.watch(PODS, revision=revision + 1000).batch()
