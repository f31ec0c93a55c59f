"""Compaction: every five minutes, etcd forgets the history older than that. One server of many does it.

Run as a task by `EtcdStorage`. Each server keeps in memory the revision that it saw five minutes ago; whoever first
advances the key `compact_rev_key` (a compare-and-swap on its version) compacts to that revision, the others only
learn. So a watch can always be resumed for five minutes at least, whichever server it was on. It calls etcd's KV
service. Source: k8s.io/apiserver/pkg/storage/etcd3/compact.go.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from aetcd.rpc import CompactionRequest, Compare, PutRequest, RangeRequest, RequestOp, TxnRequest

from apiserver.storage.etcd.endpoints import COMPACT, TXN, Endpoints
from apiserver.storage.etcd.keys import Keys
from apiserver.storage.interface import ROOT, ExpiredRevision, StorageError
from kube.clock import Clock

log = logging.getLogger(__name__)

INTERVAL = 300.0
KEY = f"{ROOT}compact_rev_key"
"""Below our prefix, so that our own watch sees its revisions too."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a server knows from its last attempt: how often anyone has compacted, and etcd's revision then."""

    version: int = 0
    revision: int = 0


class Compactor:
    def __init__(self, endpoints: Endpoints, keys: Keys, clock: Clock, interval: float = INTERVAL):
        self._endpoints, self._key, self._clock, self._interval = endpoints, keys.to_etcd(KEY), clock, interval

    async def run(self) -> None:
        """For ever; a failure waits for the next turn."""
        turn = Turn()
        while True:
            await self._clock.sleep(self._interval)
            try:
                turn = await self.compact(turn)
            except StorageError as error:
                log.warning("compaction failed: %s", error)

    async def compact(self, last: Turn) -> Turn:
        """One turn: compacts to `last.revision` if nobody else has had a turn since `last`. Raises StorageError."""
        response = await self._endpoints.call(TXN, self._swap(last), write=True)
        if not response.succeeded:
            found = response.responses[0].response_range.kvs
            return Turn(found[0].version if found else 0, response.header.revision)
        if last.revision:
            await self._forget(last.revision)
        return Turn(last.version + 1, response.header.revision)

    def _swap(self, last: Turn) -> TxnRequest:
        return TxnRequest(
            compare=[Compare(result=Compare.EQUAL, target=Compare.VERSION, key=self._key, version=last.version)],
            success=[RequestOp(request_put=PutRequest(key=self._key, value=str(last.revision).encode()))],
            failure=[RequestOp(request_range=RangeRequest(key=self._key))],
        )

    async def _forget(self, revision: int) -> None:
        try:
            await self._endpoints.call(COMPACT, CompactionRequest(revision=revision), asked=revision)
            log.info("compacted etcd's history up to revision %d", revision)
        except ExpiredRevision:
            pass  # somebody outside compacts as well
