"""The generic store on a real etcd: its guarantees by number."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest

from apiserver.registry.generic.options import Write
from apiserver.registry.generic.store import Store
from apiserver.registry.generic.strategy import Strategy
from apiserver.storage.cacher import Cacher
from apiserver.storage.etcd import EtcdStorage
from kube.api import scheme
from kube.api.core_v1 import ConfigMap
from kube.apimachinery.errors import AlreadyExists, Conflict, Invalid, NotFound
from kube.apimachinery.meta_v1 import DeleteOptions, ObjectMeta


@pytest.fixture
async def storage(etcd: str) -> AsyncIterator[Cacher]:
    cacher = Cacher(EtcdStorage([etcd], f"/store-{uuid.uuid4().hex[:8]}"))
    await cacher.start()
    yield cacher
    await cacher.aclose()


@pytest.fixture
def store(storage: Cacher) -> Store[ConfigMap]:
    return Store(scheme.by_type(ConfigMap), Strategy(), storage)


def config_map(name: str, **data: str) -> ConfigMap:
    return ConfigMap(kind="ConfigMap", apiVersion="v1", metadata=ObjectMeta(name=name), data=data)


def setting(**data: str) -> Any:
    async def make(current: ConfigMap | None) -> ConfigMap:
        assert current is not None
        current.data = {**current.data, **data}
        current.metadata.resourceVersion = ""
        return current

    return make


async def test_guarantee_1_concurrent_updates_all_count(store: Store[ConfigMap]) -> None:
    import asyncio

    await store.create("d", config_map("a"), Write())
    await asyncio.gather(*(store.update("d", "a", setting(**{f"k{i}": "x"}), Write()) for i in range(20)))
    assert len((await store.get_object("d", "a")).data) == 20


async def test_guarantee_2_nothing_is_refused_because_of_a_stale_read(
    store: Store[ConfigMap], storage: Cacher, etcd: str
) -> None:
    """The object is written behind the cache's back: an update right after must see it, whatever the cache has seen."""
    for i in range(30):
        await store.create("d", config_map(f"a{i}"), Write())
        written = await store.update("d", f"a{i}", setting(k="1"), Write())
        assert written.revision
        assert (await store.delete("d", f"a{i}", DeleteOptions(), Write())).removed
        with pytest.raises(NotFound):
            await store.update("d", f"a{i}", setting(k="2"), Write())


async def test_guarantee_3_an_update_that_changes_nothing_writes_nothing(store: Store[ConfigMap]) -> None:
    created = await store.create("d", config_map("a", k="1"), Write())
    written = await store.update("d", "a", setting(k="1"), Write())
    assert written.revision == created.revision


async def test_an_update_from_an_old_revision_is_a_conflict(store: Store[ConfigMap]) -> None:
    await store.create("d", config_map("a"), Write())
    old = await store.get_object("d", "a")
    await store.update("d", "a", setting(k="1"), Write())

    async def make(_current: ConfigMap | None) -> ConfigMap:
        return old.deep_copy()

    with pytest.raises(Conflict):
        await store.update("d", "a", make, Write())


async def test_names(store: Store[ConfigMap]) -> None:
    await store.create("d", config_map("a"), Write())
    with pytest.raises(AlreadyExists):
        await store.create("d", config_map("a"), Write())
    with pytest.raises(Invalid, match="RFC 1123"):
        await store.create("d", config_map("Bad_Name"), Write())
    generated = ConfigMap(kind="ConfigMap", apiVersion="v1", metadata=ObjectMeta(generateName="x-"))
    made = ConfigMap.from_json((await store.create("d", generated, Write())).wire)
    assert made.metadata.name.startswith("x-") and len(made.metadata.name) == 7


async def test_finalizers_hold_an_object(store: Store[ConfigMap]) -> None:
    held = config_map("a")
    held.metadata.finalizers = ["example.com/hold"]
    await store.create("d", held, Write())
    written = await store.delete("d", "a", DeleteOptions(), Write())
    assert not written.removed and (await store.get_object("d", "a")).metadata.deletionTimestamp

    async def release(current: ConfigMap | None) -> ConfigMap:
        assert current is not None
        current.metadata.finalizers = []
        return current

    assert (await store.update("d", "a", release, Write())).removed
    with pytest.raises(NotFound):
        await store.get("d", "a")


async def test_a_dry_run_leaves_no_trace(store: Store[ConfigMap]) -> None:
    dry = Write(dry_run=True)
    assert not (await store.create("d", config_map("a"), dry)).revision
    with pytest.raises(NotFound):
        await store.get("d", "a")
    created = await store.create("d", config_map("a"), Write())
    await store.update("d", "a", setting(k="1"), dry)
    await store.delete("d", "a", DeleteOptions(), dry)
    assert (await store.get("d", "a")).revision == created.revision
