"""The ServiceCIDR `kubernetes`: the range of the API server's flags, as an object that clients can see.

Called by the API server at its start. It calls the store. An object that exists is left as it is, with one exception
that Kubernetes makes too: when the flags name a second family, it is added.
Source: kubernetes pkg/controlplane/controller/defaultservicecidr.
"""

from __future__ import annotations

from collections.abc import Sequence

from apiserver.registry.generic.names import new_uid
from apiserver.registry.networking.servicecidrs.ready import DEFAULT_NAME, default_service_cidr
from apiserver.storage.interface import ROOT, Absent, CheckFailed, Put, Storage, Unchanged
from kube.api.networking_v1 import ServiceCIDR

KEY = f"{ROOT}servicecidrs/{DEFAULT_NAME}"


async def ensure_default(storage: Storage, cidrs: Sequence[str], now: str) -> None:
    """Writes what is missing. Raises Unavailable."""
    while True:
        stored = await storage.get(KEY)
        try:
            if stored is None:
                made = default_service_cidr(cidrs, new_uid(), now)
                await storage.commit([Absent(KEY)], [Put(KEY, made.to_json())])
                return
            found = ServiceCIDR.from_json(stored.data)
            if not _is_widened(found.spec.cidrs, cidrs):
                return
            found.spec.cidrs = list(cidrs)
            await storage.commit([Unchanged(KEY, stored.revision)], [Put(KEY, found.to_json())])
            return
        except CheckFailed:
            continue  # another server was faster: look again


def _is_widened(before: Sequence[str], now: Sequence[str]) -> bool:
    return len(before) == 1 and len(now) == 2 and now[0] == before[0]
