"""Stores to test: each on a key prefix of its own in the session's etcd."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from apiserver.storage.cacher import Cacher
from apiserver.storage.etcd import EtcdStorage
from apiserver.storage.interface import Storage

_number = itertools.count()


@pytest.fixture
def prefix() -> str:
    return f"/test{next(_number)}"


@pytest.fixture
async def open_etcd(etcd: str, prefix: str) -> AsyncIterator[Callable[..., EtcdStorage]]:
    """`open_etcd()` gives another client of the same registry."""
    opened: list[EtcdStorage] = []

    def open_one(**options: object) -> EtcdStorage:
        opened.append(EtcdStorage([etcd], prefix, compaction_interval=0, future_seconds=0.4, **options))
        return opened[-1]

    yield open_one
    for store in opened:
        await store.aclose()


@pytest.fixture
async def open_cacher(etcd: str, prefix: str) -> AsyncIterator[Callable[..., Awaitable[Cacher]]]:
    """`await open_cacher()` gives another API server's cache of the same registry."""
    opened: list[Cacher] = []

    async def open_one(**options: object) -> Cacher:
        cacher = Cacher(EtcdStorage([etcd], prefix, compaction_interval=0, future_seconds=0.4), **options)
        await cacher.start()
        opened.append(cacher)
        return cacher

    yield open_one
    for cacher in opened:
        await cacher.aclose()


@pytest.fixture(params=["etcd", "cacher"])
def stores(
    request: pytest.FixtureRequest,
    open_etcd: Callable[..., EtcdStorage],
    open_cacher: Callable[..., Awaitable[Cacher]],
) -> Callable[[], Awaitable[Storage]]:
    """`await stores()` opens one more store of the kind under test, all on the same registry."""

    async def open_one() -> Storage:
        return open_etcd() if request.param == "etcd" else await open_cacher()

    return open_one


@pytest.fixture
async def store(stores: Callable[[], Awaitable[Storage]]) -> Storage:
    return await stores()
