"""Leases: how a value goes by itself after its time (Events live for an hour).

Called by `store` for puts with a `ttl`. It calls etcd's Lease service. A lease is shared by the keys that are written
within a short while with the same ttl, as kube-apiserver does: one lease for each Event would cost etcd more than the
Events. A key may therefore outlive its ttl a little (never fall short of it). Source: k8s.io/apiserver lease_manager.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aetcd.rpc import LeaseGrantRequest

from apiserver.storage.etcd.endpoints import LEASE_GRANT, Endpoints
from kube.clock import Clock

REUSE_SECONDS, REUSE_SHARE = 60, 0.05  # a lease outlives its ttl by the smaller of these
MOST_KEYS = 1000


@dataclass(slots=True)
class _Lease:
    id: int
    reusable_until: float
    keys: int = 0


class Leases:
    def __init__(self, endpoints: Endpoints, clock: Clock):
        self._endpoints, self._clock = endpoints, clock
        self._by_ttl: dict[int, _Lease] = {}
        self._granting = asyncio.Lock()

    async def lease_for(self, ttl: int) -> int:
        """The id of a lease that lasts at least `ttl` seconds from now. Raises Unavailable."""
        async with self._granting:
            lease = self._by_ttl.get(ttl)
            if lease is None or lease.keys >= MOST_KEYS or self._clock.monotonic() >= lease.reusable_until:
                lease = self._by_ttl[ttl] = await self._grant(ttl)
            lease.keys += 1
            return lease.id

    async def _grant(self, ttl: int) -> _Lease:
        spare = min(REUSE_SECONDS, ttl * REUSE_SHARE)
        began = self._clock.monotonic()
        request = LeaseGrantRequest(TTL=ttl + max(1, round(spare)))
        response = await self._endpoints.call(LEASE_GRANT, request)
        return _Lease(response.ID, began + spare)
