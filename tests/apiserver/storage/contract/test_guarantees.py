"""The contract of `apiserver.storage.interface`, held against every store: one test a numbered guarantee at least."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing

import pytest

from apiserver.storage.etcd import EtcdStorage
from apiserver.storage.interface import (
    Absent,
    CheckFailed,
    Delete,
    Event,
    ExpiredRevision,
    FutureRevision,
    Put,
    Storage,
    Stored,
    TooLarge,
    Unchanged,
    Watch,
)
from tests.apiserver.storage.test_faults import compact

PODS = "/registry/pods/"


def pod(name: str, text: str = "") -> bytes:
    return f'{{"kind":"Pod","apiVersion":"v1","metadata":{{"name":"{name}"}},"text":"{text}"}}'.encode()


async def create(store: Storage, name: str, text: str = "") -> int:
    key = f"{PODS}default/{name}"
    return await store.commit([Absent(key)], [Put(key, pod(name, text))])


async def take(watch: Watch, count: int) -> list[Event]:
    return [await anext(watch) for _ in range(count)]


def told(events: list[Event]) -> list[tuple[str, str, int]]:
    return [(event.type, event.key.removeprefix(PODS), event.revision) for event in events]


async def test_1_a_transaction_is_all_or_nothing(store: Storage) -> None:
    await create(store, "a")
    with pytest.raises(CheckFailed) as failed:
        await store.commit(
            [Absent(f"{PODS}default/b"), Absent(f"{PODS}default/a")],
            [Put(f"{PODS}default/b", pod("b")), Put(f"{PODS}default/a", pod("a", "new"))],
        )
    assert failed.value.key == f"{PODS}default/a"
    assert failed.value.current.data == pod("a")
    assert await store.get(f"{PODS}default/b") is None
    assert (await store.get(f"{PODS}default/a")).data == pod("a")


async def test_1_every_key_of_a_transaction_gets_its_revision(store: Storage) -> None:
    revision = await store.commit([], [Put(f"{PODS}default/{name}", pod(name)) for name in "ab"])
    page = await store.list(PODS)
    assert [stored.revision for stored in page.items] == [revision, revision]
    assert page.revision >= revision


async def test_1_checks_look_at_the_revision(store: Storage) -> None:
    first = await create(store, "a")
    key = f"{PODS}default/a"
    second = await store.commit([Unchanged(key, first)], [Put(key, pod("a", "2"))])
    with pytest.raises(CheckFailed) as failed:
        await store.commit([Unchanged(key, first)], [Delete(key)])
    assert failed.value.current == Stored(key, pod("a", "2"), second)
    await store.commit([Unchanged(key, second)], [Delete(key)])
    with pytest.raises(CheckFailed) as failed:
        await store.commit([Unchanged(key, second)], [Put(key, pod("a"))])
    assert failed.value.current is None


async def test_2_a_watch_delivers_every_change_once_and_in_order(store: Storage) -> None:
    start = await create(store, "before")
    one = await create(store, "a")
    two = await store.commit([], [Put(f"{PODS}default/a", pod("a", "2")), Put(f"{PODS}default/b", pod("b"))])
    async with aclosing(store.watch(PODS, revision=start)) as watch:
        events = await take(watch, 3)
        three = await store.commit([], [Delete(f"{PODS}default/a")])
        events += await take(watch, 1)
    assert told(events) == [
        ("PUT", "default/a", one),
        ("PUT", "default/a", two),
        ("PUT", "default/b", two),
        ("DELETE", "default/a", three),
    ]
    assert [event.previous for event in events] == [None, pod("a"), None, pod("a", "2")]
    assert [event.data for event in events] == [pod("a"), pod("a", "2"), pod("b"), pod("a", "2")]
    assert events[3].value.wire == events[3].value.wire.replace(b"{}", b"")
    assert b'"resourceVersion":"%d"' % three in events[3].value.wire


async def test_2_a_watch_of_a_prefix_sees_only_that(store: Storage) -> None:
    start = await store.current_revision()
    async with aclosing(store.watch(f"{PODS}blue/", revision=start)) as watch:
        reading = asyncio.create_task(take(watch, 2))
        for key in ("blue/a", "red/a", "blue2/a", "blue/b"):
            await store.commit([], [Put(PODS + key, pod("a"))])
        await store.commit([], [Put("/registry/services/specs/blue/a", pod("a"))])
        assert [event.key for event in await reading] == [f"{PODS}blue/a", f"{PODS}blue/b"]


async def test_2_watchers_that_start_anywhere_agree(store: Storage) -> None:
    start = await store.current_revision()
    revisions = [await create(store, f"p{number:02}") for number in range(20)]
    for position, revision in enumerate([start, *revisions[:-1]]):
        async with aclosing(store.watch(PODS, revision=revision)) as watch:
            events = await take(watch, 20 - position)
        assert [event.revision for event in events] == revisions[position:]


async def test_2_a_batch_has_all_that_came(store: Storage) -> None:
    start = await store.current_revision()
    revisions = [await create(store, name) for name in "abc"]
    seen: list[int] = []
    async with aclosing(store.watch(PODS, revision=start)) as watch:
        while len(seen) < 3:
            seen += [event.revision for event in await watch.batch()]
        assert watch.revision >= revisions[-1]
    assert seen == revisions


async def test_2_closing_ends_a_waiting_reader(store: Storage) -> None:
    watch = store.watch(PODS, revision=await store.current_revision())

    seen = asyncio.Event()

    async def read() -> None:
        async for _ in watch:
            seen.set()

    reading = asyncio.create_task(read())
    await create(store, "a")
    await seen.wait()
    await watch.aclose()
    await reading
    with pytest.raises(StopAsyncIteration):
        await watch.batch()


async def test_3_a_read_sees_every_acknowledged_write(stores: Callable[[], Awaitable[Storage]]) -> None:
    writer, reader = await stores(), await stores()
    for number in range(30):
        revision = await writer.commit([], [Put(f"{PODS}default/a", pod("a", str(number)))])
        got, page = await asyncio.gather(reader.get(f"{PODS}default/a"), reader.list(PODS))
        assert got.revision == revision
        assert page.items[0].revision == revision


async def test_3_a_read_not_older_than_a_revision_waits_for_it(stores: Callable[[], Awaitable[Storage]]) -> None:
    writer, reader = await stores(), await stores()
    for number in range(10):
        revision = await writer.commit([], [Put(f"{PODS}default/a", pod("a", str(number)))])
        assert (await reader.get(f"{PODS}default/a", revision=revision)).revision == revision


async def test_3_a_revision_that_nobody_wrote_is_refused(store: Storage) -> None:
    revision = await create(store, "a")
    with pytest.raises(FutureRevision) as refused:
        await store.list(PODS, revision=revision + 1000)
    assert refused.value.current >= revision


async def test_4_what_was_read_does_not_change(store: Storage) -> None:
    await create(store, "a", "old")
    page = await store.list(PODS)
    got = await store.get(f"{PODS}default/a")
    await store.commit([], [Put(f"{PODS}default/a", pod("a", "new")), Put(f"{PODS}default/b", pod("b"))])
    await store.list(PODS)
    assert [stored.data for stored in page.items] == [pod("a", "old")]
    assert got.data == pod("a", "old")


async def test_5_pages_show_one_snapshot(store: Storage) -> None:
    for name in "abcde":
        await create(store, name)
    first = await store.list(PODS, limit=2)
    await store.commit([], [Delete(f"{PODS}default/c"), Put(f"{PODS}default/bb", pod("bb"))])
    second = await store.list(PODS, revision=first.revision, exact=True, limit=2, after=first.continue_key)
    await create(store, "f")
    third = await store.list(PODS, revision=first.revision, exact=True, limit=2, after=second.continue_key)
    names = [stored.key.rpartition("/")[2] for page in (first, second, third) for stored in page.items]
    assert names == list("abcde")
    assert {page.revision for page in (first, second, third)} == {first.revision}
    assert [page.remaining for page in (first, second, third)] == [3, 1, 0]
    assert third.continue_key == ""


async def test_5_an_old_snapshot_can_be_read_by_another_server(stores: Callable[[], Awaitable[Storage]]) -> None:
    one, other = await stores(), await stores()
    await create(one, "a")
    revision = await create(one, "b")
    await one.commit([], [Delete(f"{PODS}default/a")])
    page = await other.list(PODS, revision=revision, exact=True)
    assert [stored.key.rpartition("/")[2] for stored in page.items] == ["a", "b"]


async def test_6_a_value_with_a_ttl_goes_by_itself(store: Storage) -> None:
    key = "/registry/events/default/e"
    start = await store.commit([], [Put(key, pod("e"), ttl=1)])
    began = asyncio.get_running_loop().time()
    async with aclosing(store.watch("/registry/events/", revision=start)) as watch:
        (event,) = await take(watch, 1)
    assert event.type == "DELETE" and event.previous == pod("e")
    assert asyncio.get_running_loop().time() - began >= 1


async def test_7_no_change_comes_after_a_bookmark_that_covers_it(store: Storage) -> None:
    start = await store.current_revision()
    events: list[Event] = []
    async with aclosing(store.watch(PODS, revision=start, bookmarks=True)) as watch:
        for number in range(15):
            await store.commit([], [Put("/registry/nodes/n", b"{}")])
            last = await create(store, str(number))
        while not events or events[-1].revision < last:
            events += await watch.batch()
        assert watch.revision >= last
    covered = start
    for event in events:
        assert event.revision > covered or event.type == "BOOKMARK"
        covered = event.revision if event.type == "BOOKMARK" else covered
    assert [event.key for event in events if event.type == "PUT"] == [f"{PODS}default/{n}" for n in range(15)]


async def test_2_and_5_after_a_compaction_all_is_told_or_expired(
    store: Storage, open_etcd: Callable[..., EtcdStorage]
) -> None:
    revisions = [await create(store, name) for name in "abcd"]
    await compact(open_etcd(), revisions[-1])
    async with aclosing(store.watch(PODS, revision=revisions[0])) as watch:
        try:
            assert [event.revision for event in await take(watch, 3)] == revisions[1:]
        except ExpiredRevision as expired:
            assert (expired.asked, expired.oldest > revisions[0]) == (revisions[0], True)
    try:
        page = await store.list(PODS, revision=revisions[1], exact=True)
        assert [stored.revision for stored in page.items] == revisions[:2]
    except ExpiredRevision as expired:
        assert expired.asked == revisions[1]
    assert [stored.revision for stored in (await store.list(PODS)).items] == revisions


async def test_lists_are_in_key_order_and_below_the_prefix_only(store: Storage) -> None:
    for key in ("pods/b/x", "pods/a/y", "pods/a-b/z", "podsets/a/x", "services/specs/a/s", "services/endpoints/a/s"):
        await store.commit([], [Put(f"/registry/{key}", pod("p"))])

    async def keys(prefix: str) -> list[str]:
        return [stored.key.removeprefix("/registry/") for stored in (await store.list(prefix)).items]

    assert await keys(PODS) == ["pods/a-b/z", "pods/a/y", "pods/b/x"]
    assert await keys(f"{PODS}a/") == ["pods/a/y"]
    assert await keys("/registry/services/specs/") == ["services/specs/a/s"]
    assert await keys("/registry/services/") == ["services/endpoints/a/s", "services/specs/a/s"]
    assert await keys("/registry/nothing/") == []


async def test_the_revision_stands_in_the_metadata(store: Storage) -> None:
    revision = await create(store, "a")
    stored = await store.get(f"{PODS}default/a")
    assert stored.wire.startswith(b'{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"%d",' % revision)
    assert stored.item.startswith(b'{"metadata":{"resourceVersion":"%d",' % revision)
    assert stored.data == pod("a")


async def test_a_value_without_metadata_is_kept_as_it_is(store: Storage) -> None:
    await store.commit([], [Put("/registry/nodeports/30000", b'{"namespace":"a"}')])
    stored = await store.get("/registry/nodeports/30000")
    assert stored.wire == stored.data == stored.item == b'{"namespace":"a"}'


async def test_a_value_that_is_too_large_is_refused(store: Storage) -> None:
    with pytest.raises(TooLarge):
        await store.commit([], [Put(f"{PODS}default/a", b"x" * (3 << 20))])
    with pytest.raises(TooLarge):
        await store.commit([], [Put(f"{PODS}default/{number}", b"x") for number in range(200)])
    assert (await store.list(PODS)).items == ()
