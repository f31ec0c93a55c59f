"""The store on etcd itself: every read and write is a request, and etcd is the truth.

Called by `apiserver.storage.cacher`, which answers most reads in its place. It calls the modules beside it. It keeps
nothing in memory but leases; reads are linearizable unless their `revision` allows less.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any

from aetcd.rpc import RangeRequest, StatusRequest

from apiserver.storage.etcd.compaction import Compactor
from apiserver.storage.etcd.endpoints import RANGE, STATUS, TLS, TXN, Endpoints
from apiserver.storage.etcd.keys import Keys, range_end
from apiserver.storage.etcd.leases import Leases
from apiserver.storage.etcd.metrics import observed, operation_of
from apiserver.storage.etcd.transactions import build, failure, stored
from apiserver.storage.etcd.watch import ChangeStream, EtcdWatch
from apiserver.storage.interface import (
    ROOT,
    Check,
    FutureRevision,
    Items,
    Op,
    Page,
    Put,
    Stored,
    Unavailable,
    Watch,
)
from kube.clock import Clock, RealClock

_FUTURE_STEP = 0.05


class EtcdStorage:
    """`Storage` on an etcd cluster. `start` begins compaction; reads and writes need no start."""

    def __init__(
        self,
        endpoints: Sequence[str],
        prefix: str = "/registry",
        *,
        tls: TLS | None = None,
        clock: Clock | None = None,
        timeout: float = 10,
        patience: float = 3,
        future_seconds: float = 3,
        compaction_interval: float = 300,
    ):
        """`endpoints`: `http(s)://HOST:PORT` of the members. `timeout` bounds one request, `patience` the search for a
        member that answers, `future_seconds` the wait for a revision that is still to come. `compaction_interval` 0
        leaves compaction to others."""
        self._clock = clock or RealClock()
        self._endpoints = Endpoints(endpoints, tls, timeout=timeout, patience=patience)
        self.keys = Keys(prefix)
        self._leases = Leases(self._endpoints, self._clock)
        self.future_seconds = future_seconds
        self._compaction_interval = compaction_interval
        self._compaction: asyncio.Task[None] | None = None
        self._now = RangeRequest(key=self.keys.root, count_only=True, limit=1)

    async def start(self) -> None:
        if self._compaction_interval and self._compaction is None:
            compactor = Compactor(self._endpoints, self.keys, self._clock, self._compaction_interval)
            self._compaction = asyncio.create_task(compactor.run(), name="etcd compaction")

    async def aclose(self) -> None:
        if self._compaction is not None:
            self._compaction.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._compaction
            self._compaction = None
        await self._endpoints.aclose()

    async def current_revision(self) -> int:
        """Linearizable: at least the revision of any write acknowledged before the call."""
        response = await self._endpoints.call(RANGE, self._now)
        return response.header.revision

    async def version(self) -> tuple[int, ...]:
        """The server's version, such as (3, 4, 23). Raises Unavailable."""
        response = await self._endpoints.call(STATUS, StatusRequest())
        return tuple(int(part) for part in response.version.partition("-")[0].split("."))

    async def get(self, key: str, *, revision: int | None = None) -> Stored | None:
        request = RangeRequest(key=self.keys.to_etcd(key), serializable=revision == 0)
        with observed("get", key):
            response = await self._range(request, revision or 0)
        return stored(self.keys, response.kvs[0]) if response.kvs else None

    async def list(
        self, prefix: str, *, revision: int | None = None, exact: bool = False, limit: int = 0, after: str = ""
    ) -> Page:
        start = self.keys.to_etcd(prefix)
        request = RangeRequest(
            key=self.keys.to_etcd(after) + b"\0" if after else start,
            range_end=range_end(start),
            limit=limit,
            revision=revision or 0 if exact else 0,
            serializable=revision == 0,
        )
        with observed("list", prefix):
            response = await self._range(request, revision or 0)
        items = Items(stored(self.keys, pair) for pair in response.kvs)
        return Page(
            items,
            revision or 0 if exact else response.header.revision,
            items[-1].key if response.more else "",
            response.count - len(items),
        )

    async def _range(self, request: RangeRequest, at_least: int) -> Any:
        """The answer, once etcd has reached the revision `at_least`."""
        for attempt in range(int(self.future_seconds / _FUTURE_STEP) + 1):
            if attempt:
                await self._clock.sleep(_FUTURE_STEP)
            try:
                response = await self._endpoints.call(RANGE, request, asked=at_least)
            except FutureRevision:
                continue
            if response.header.revision >= at_least:
                return response
        raise FutureRevision(at_least, await self.current_revision())

    async def commit(self, checks: Sequence[Check], ops: Sequence[Op]) -> int:
        leases = {op.ttl: await self._leases.lease_for(op.ttl) for op in ops if isinstance(op, Put) and op.ttl}
        request = build(self.keys, checks, ops, leases)
        with observed(*operation_of(checks, ops)):
            response = await self._endpoints.call(TXN, request, write=True)
        if not response.succeeded:
            raise failure(self.keys, checks, response)
        return response.header.revision

    def watch(self, prefix: str, *, revision: int, bookmarks: bool = False) -> Watch:
        return EtcdWatch(self.changes(prefix, revision, previous=True), self.keys, bookmarks)

    def changes(self, prefix: str = ROOT, revision: int = 0, *, previous: bool = False) -> ChangeStream:
        """etcd's own changes below the prefix, after `revision`."""
        return ChangeStream(self._endpoints, self.keys.to_etcd(prefix), revision, previous=previous)

    async def healthy(self) -> bool:
        """Whether etcd answers and has a leader."""
        try:
            await self.current_revision()
        except Unavailable:
            return False
        return True
