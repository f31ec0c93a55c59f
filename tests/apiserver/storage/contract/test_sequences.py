"""Any sequence of transactions, against a model: what is read, what is listed at each revision, what a watch tells."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import aclosing
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiserver.storage.cacher import Cacher
from apiserver.storage.etcd import EtcdStorage
from apiserver.storage.interface import Absent, CheckFailed, Delete, Put, Storage, Unchanged

_number = itertools.count()
ROOT = "/registry/pods/"
Model = dict[str, tuple[bytes, int]]  # key -> value, revision

keys = st.sampled_from(["a/x", "a/y", "ab/x", "b/x", "b/y"])
op = st.tuples(st.sampled_from(["put", "put", "delete"]), keys)
check = st.tuples(st.sampled_from(["absent", "unchanged", "stale"]), keys)
transaction = st.tuples(
    st.lists(check, max_size=2, unique_by=lambda pair: pair[1]),
    st.lists(op, min_size=1, max_size=3, unique_by=lambda pair: pair[1]),
)


def value(number: int) -> bytes:
    return b'{"kind":"Pod","metadata":{"number":%d}}' % number


def to_check(kind: str, key: str, model: Model) -> Absent | Unchanged:
    if kind == "absent" or (kind == "unchanged" and key not in model):
        return Absent(ROOT + key)
    return Unchanged(ROOT + key, model[key][1] if kind == "unchanged" else 1)


def holds(one: Absent | Unchanged, model: Model) -> bool:
    found = model.get(one.key.removeprefix(ROOT))
    return found is None if isinstance(one, Absent) else found is not None and found[1] == one.revision


@pytest.mark.parametrize("kind", ["etcd", "cacher"])
@settings(max_examples=20, deadline=None)
@given(transactions=st.lists(transaction, min_size=1, max_size=12))
def test_a_store_behaves_as_the_model(etcd: str, kind: str, transactions: list[Any]) -> None:
    asyncio.run(play(etcd, kind, transactions))


async def play(url: str, kind: str, transactions: list[Any]) -> None:
    below = EtcdStorage([url], f"/sequence{next(_number)}", compaction_interval=0)
    store: Storage = below if kind == "etcd" else Cacher(below)
    if isinstance(store, Cacher):
        await store.start()
    try:
        await check_all(store, transactions)
    finally:
        await store.aclose()


async def check_all(store: Storage, transactions: list[Any]) -> None:
    model: Model = {}
    start = await store.current_revision()
    told: list[tuple[Any, ...]] = []
    snapshots: dict[int, Model] = {}
    for number, (checks, ops) in enumerate(transactions):
        wanted = [to_check(kind, key, model) for kind, key in checks]
        work = [Put(ROOT + key, value(number)) if what == "put" else Delete(ROOT + key) for what, key in ops]
        failing = [one.key for one in wanted if not holds(one, model)]
        try:
            revision = await store.commit(wanted, work)
        except CheckFailed as failed:
            assert failed.key == failing[0]
            current = model.get(failed.key.removeprefix(ROOT))
            assert (failed.current and (failed.current.data, failed.current.revision)) == current
            continue
        assert not failing
        for what, key in ops:
            before = model.get(key, (None, 0))[0]
            if what == "put":
                model[key] = value(number), revision
                told.append(("PUT", ROOT + key, revision, value(number), before))
            elif model.pop(key, None):
                told.append(("DELETE", ROOT + key, revision, before, before))
        snapshots[revision] = dict(model)
        await check_reads(store, model)
    await check_snapshots(store, snapshots)
    await check_watches(store, start, told)


async def check_reads(store: Storage, model: Model) -> None:
    for prefix in ("", "a/", "b/"):
        page = await store.list(ROOT + prefix)
        assert [(one.key, one.data, one.revision) for one in page.items] == [
            (ROOT + key, *model[key]) for key in sorted(model) if key.startswith(prefix)
        ]


async def check_snapshots(store: Storage, snapshots: dict[int, Model]) -> None:
    for revision, model in snapshots.items():
        seen, after = [], ""
        while True:
            page = await store.list(ROOT, revision=revision, exact=True, limit=2, after=after)
            seen += [(one.key.removeprefix(ROOT), (one.data, one.revision)) for one in page.items]
            assert page.revision == revision and page.remaining == len(model) - len(seen)
            if not (after := page.continue_key):
                break
        assert seen == sorted(model.items())


async def check_watches(store: Storage, start: int, told: list[tuple[Any, ...]]) -> None:
    revisions = sorted({start, *(one[2] for one in told)})
    for revision in {revisions[0], revisions[len(revisions) // 2]}:
        for prefix in ("", "a/"):
            wanted = [one for one in told if one[2] > revision and one[1].startswith(ROOT + prefix)]
            async with aclosing(store.watch(ROOT + prefix, revision=revision)) as watch:
                seen = [await anext(watch) for _ in wanted]
            got = [(one.type, one.key, one.revision, one.data, one.previous) for one in seen]
            assert sorted(got, key=lambda one: one[2]) == got
            assert sorted(got) == sorted(wanted)
