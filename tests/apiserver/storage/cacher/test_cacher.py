"""The watch cache by itself: what readers and watchers share, bookmarks, slow watchers, how often etcd is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing

import pytest

from apiserver.storage.cacher import Cacher, feed
from apiserver.storage.cacher.cacher import _progress_is_exact
from apiserver.storage.cacher.freshness import Reached, RevisionReader
from apiserver.storage.interface import Delete, ExpiredRevision, Put, Unavailable
from apiserver.storage.keys import root_of
from kube.clock import FakeClock

PODS = "/registry/pods/"
Open = Callable[..., Awaitable[Cacher]]


def pod(text: str) -> bytes:
    return b'{"kind":"Pod","metadata":{"name":"%s"}}' % text.encode()


@pytest.mark.parametrize(
    ("key", "root"),
    [
        ("/registry/pods/default/a", "/registry/pods/"),
        ("/registry/pods/", "/registry/pods/"),
        ("/registry/services/specs/default/a", "/registry/services/specs/"),
        ("/registry/services/endpoints/", "/registry/services/endpoints/"),
        ("/registry/services/", ""),
        ("/registry/ipaddresses/10.0.0.1", "/registry/ipaddresses/"),
        ("/registry/compact_rev_key", ""),
        ("/registry/", ""),
    ],
)
def test_the_resource_of_a_key(key: str, root: str) -> None:
    assert root_of(key) == root


@pytest.mark.parametrize(
    ("version", "exact"),
    [((3, 4, 23), False), ((3, 4, 25), True), ((3, 5, 7), False), ((3, 5, 8), True), ((3, 6, 0), True)],
)
def test_which_servers_tell_progress_exactly(version: tuple[int, ...], exact: bool) -> None:
    assert _progress_is_exact(version) is exact


async def test_watchers_share_events_and_readers_share_lists(open_cacher: Open) -> None:
    cacher = await open_cacher()
    start = cacher.revision
    watches = [cacher.watch(PODS, revision=start) for _ in range(3)]
    await cacher.commit([], [Put(f"{PODS}a/x", pod("x"))])
    (first,), (second,), (third,) = [await watch.batch() for watch in watches]
    assert first is second is third
    one, two = await cacher.list(PODS), await cacher.list(PODS)
    assert one.items is two.items and one.items[0] is first.value
    assert one.items.tail == b'{"metadata":{"resourceVersion":"%d","name":"x"}}]}\n' % first.revision
    assert one.items.tail is two.items.tail
    await cacher.commit([], [Put("/registry/nodes/n", b"{}")])
    assert (await cacher.list(PODS)).items is one.items
    assert (await cacher.list(PODS)).revision > one.revision
    for watch in watches:
        await watch.aclose()


async def test_events_of_a_busy_watcher_are_joined(open_cacher: Open) -> None:
    cacher = await open_cacher()
    async with aclosing(cacher.watch(PODS, revision=cacher.revision)) as watch:
        for number in range(20):
            revision = await cacher.commit([], [Put(f"{PODS}a/x", pod(str(number)))])
        await cacher.get(f"{PODS}a/x", revision=revision)
        assert len(await watch.batch()) == 20


async def test_a_watcher_that_falls_too_far_behind_is_ended(open_cacher: Open) -> None:
    cacher = await open_cacher()
    await cacher.commit([], [Put(f"{PODS}a/x", pod("x"))])
    slow, quick = (cacher.watch(PODS, revision=cacher.revision) for _ in range(2))
    await cacher.list(PODS)
    cacher._resources[PODS].history._max_events = 8
    for number in range(20):
        await cacher.commit([], [Put(f"{PODS}a/x", pod(str(number)))])
        assert len(await quick.batch()) >= 1
    with pytest.raises(ExpiredRevision):
        await slow.batch()
        await slow.batch()


async def test_2_a_watch_from_now_shows_nothing_older(open_cacher: Open) -> None:
    cacher = await open_cacher()
    before = await cacher.commit([], [Put(f"{PODS}a/x", pod("x"))])
    await cacher.get(f"{PODS}a/x", revision=before)
    async with aclosing(cacher.watch(PODS, revision=0)) as watch:
        after = await cacher.commit([], [Delete(f"{PODS}a/x")])
        assert [event.revision for event in await watch.batch()] == [after]


async def test_7_bookmarks_tell_how_far_it_is(open_cacher: Open) -> None:
    clock = FakeClock()
    cacher = await open_cacher(clock=clock, bookmark_seconds=60)
    watches = [cacher.watch(PODS, revision=cacher.revision, bookmarks=wanted) for wanted in (True, False)]
    async with aclosing(watches[0]) as watch, aclosing(watches[1]) as plain:
        silent = asyncio.create_task(plain.batch())
        first = await cacher.commit([], [Put(f"{PODS}a/x", pod("x"))])
        assert [event.revision for event in await watch.batch()] == [first] == [(await silent)[0].revision]
        elsewhere = await cacher.commit([], [Put("/registry/nodes/n", b"{}")])
        await cacher.get("/registry/nodes/n", revision=elsewhere)
        silent = asyncio.create_task(plain.batch())
        waiting = asyncio.create_task(watch.batch())
        await asyncio.sleep(0)
        await clock.advance(60)
        (bookmark,) = await waiting
        assert (bookmark.type, bookmark.revision, watch.revision) == ("BOOKMARK", elsewhere, elsewhere)
        assert not silent.done()
        last = await cacher.commit([], [Put(f"{PODS}a/x", pod("y"))])
        assert [event.revision for event in await silent] == [last]


async def test_5_a_snapshot_whose_pages_nobody_asks_for_is_forgotten_and_read_from_etcd(open_cacher: Open) -> None:
    clock = FakeClock()
    cacher = await open_cacher(clock=clock)
    for name in "xyz":
        await cacher.commit([], [Put(f"{PODS}a/{name}", pod("old"))])
    first = await cacher.list(PODS, limit=1)
    last = await cacher.commit([], [Put(f"{PODS}a/{name}", pod("new")) for name in "yz"])
    await cacher.get(f"{PODS}a/z", revision=last)
    pages = []
    for step in (0, 200, 200, 400):
        await clock.advance(step)
        page = await cacher.list(PODS, revision=first.revision, exact=True, limit=1, after=first.continue_key)
        pages.append(page)
        assert [stored.data for stored in page.items] == [pod("old")]
    kept, again, still, read = (page.items[0] for page in pages)
    assert kept is again is still, "from memory, as long as somebody goes on reading"
    assert read is not kept and read == kept


async def test_asking_for_what_is_not_there_leaves_nothing_behind(open_cacher: Open) -> None:
    cacher = await open_cacher()
    await cacher.commit([], [Put(f"{PODS}a/x", pod("x"))])
    for namespace in range(10):
        assert not (await cacher.list(f"{PODS}none{namespace}/")).items
    assert len((await cacher.list(f"{PODS}a/")).items) == 1
    assert list(cacher._resources[PODS]._lists) == [f"{PODS}a/"]


async def test_a_watch_given_up_leaves_nothing_behind(open_cacher: Open) -> None:
    cacher = await open_cacher()
    watches = [cacher.watch(f"{PODS}{namespace}/", revision=cacher.revision) for namespace in ("a", "b", "c")]
    tasks = [asyncio.create_task(watch.batch()) for watch in watches]
    await asyncio.sleep(0)
    tasks[0].cancel()
    await watches[1].aclose()
    await asyncio.gather(*tasks[:2], return_exceptions=True)
    assert list(cacher._resources[PODS]._waiting) == [f"{PODS}c/"]
    await cacher.aclose()
    assert isinstance((await asyncio.gather(tasks[2], return_exceptions=True))[0], StopAsyncIteration)


async def test_2_a_watch_goes_on_at_a_server_that_starts_later(open_cacher: Open) -> None:
    first = await open_cacher()
    start = first.revision
    revisions = [await first.commit([], [Put(f"{PODS}a/{name}", pod(name))]) for name in "xyx"]
    revisions.append(await first.commit([], [Delete(f"{PODS}a/y")]))
    second = await open_cacher()
    told = []
    for cacher in (first, second):
        async with aclosing(cacher.watch(PODS, revision=start)) as watch:
            events = [await anext(watch) for _ in revisions]
        told.append([(event.type, event.key, event.revision, event.data, event.previous) for event in events])
    assert told[0] == told[1]
    assert [event[2] for event in told[0]] == revisions
    page = await second.list(PODS, revision=revisions[1], exact=True)
    assert [stored.revision for stored in page.items] == revisions[:2]
    assert second.peek(f"{PODS}a/x") is events[2].value and events[2].before is events[0].value


async def test_readers_share_a_question_that_is_asked_after_they_came() -> None:
    asked: list[asyncio.Future[int]] = []

    async def read() -> int:
        asked.append(asyncio.get_running_loop().create_future())
        return await asked[-1]

    reader = RevisionReader(read)
    first = [asyncio.create_task(reader.revision()) for _ in range(10)]
    await asyncio.sleep(0.001)
    late = [asyncio.create_task(reader.revision()) for _ in range(10)]
    late[0].cancel()
    await asyncio.sleep(0.001)
    assert len(asked) == 1
    asked[0].set_result(5)
    assert await asyncio.gather(*first) == [5] * 10
    await asyncio.sleep(0.001)
    asked[1].set_exception(Unavailable("gone"))
    results = await asyncio.gather(*late, return_exceptions=True)
    assert isinstance(results[0], asyncio.CancelledError)
    assert all(isinstance(result, Unavailable) for result in results[1:])
    await reader.aclose()


async def test_waiting_for_a_revision() -> None:
    reached = Reached()
    waiting = [asyncio.create_task(reached.wait(revision, 5)) for revision in (3, 1, 2)]
    await asyncio.sleep(0)
    reached.advance(2)
    assert await waiting[1] and await waiting[2]
    assert not waiting[0].done()
    reached.advance(1)  # never back
    assert reached.revision == 2
    assert not await reached.wait(9, 0.01)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reached.wait(9, 5), 0.01)
    assert [revision for revision, _, _ in reached._waiting] == [3], "who has gone is forgotten"
    reached.advance(3)
    assert await waiting[0]


async def test_nobody_waits_for_a_question_that_ended_in_another_way() -> None:
    asked: list[asyncio.Future[int]] = []

    async def read() -> int:
        asked.append(asyncio.get_running_loop().create_future())
        return await asked[-1]

    reader = RevisionReader(read)
    first = asyncio.create_task(reader.revision())
    await asyncio.sleep(0.001)
    asked[0].set_exception(ValueError("no protobuf"))
    with pytest.raises(ValueError, match="no protobuf"):
        await first
    waiting = [asyncio.create_task(reader.revision())]
    await asyncio.sleep(0.001)
    waiting.append(asyncio.create_task(reader.revision()))
    await asyncio.sleep(0.001)
    await reader.aclose()
    results = await asyncio.wait_for(asyncio.gather(*waiting, return_exceptions=True), 5)
    assert all(isinstance(result, asyncio.CancelledError) for result in results)


async def test_2_a_cache_that_stumbles_loads_anew(open_cacher: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Watchers that would wait for ever are ended; nothing that was written is missing afterwards."""
    monkeypatch.setattr(feed, "_LONGEST_PAUSE", 0.01)
    cacher = await open_cacher()
    watch = cacher.watch(PODS, revision=cacher.revision)
    waiting = asyncio.create_task(watch.batch())
    await asyncio.sleep(0)
    stumbled = asyncio.Event()

    def stumble(key: bytes) -> str:
        stumbled.set()
        raise ArithmeticError

    with monkeypatch.context() as patched:
        patched.setattr(cacher._etcd.keys, "from_etcd", stumble)
        first = await cacher.commit([], [Put(f"{PODS}a/x", pod("x"))])
        assert (await cacher.get(f"{PODS}a/x", revision=0)) is None
        await asyncio.wait_for(stumbled.wait(), 10)
    with pytest.raises(ExpiredRevision):
        await asyncio.wait_for(waiting, 10)
    second = await cacher.commit([], [Put(f"{PODS}a/x", pod("y"))])
    assert (await cacher.get(f"{PODS}a/x", revision=second)).data == pod("y")
    async with aclosing(cacher.watch(PODS, revision=second - 1)) as watch:
        assert [event.revision for event in await watch.batch()] == [second] > [first]
