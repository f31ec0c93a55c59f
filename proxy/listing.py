"""A client that lists in pages, so that a list of 100,000 endpoints is never in memory as full API objects.

Called by the proxy's informers in the client's place. It calls `kube.client`. It leaves out everything but reading.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from kube.api.core_v1 import Service
from kube.api.discovery_v1 import EndpointSlice
from kube.apimachinery.errors import Expired, Gone
from kube.client import ObjectList, WatchEvent
from proxy.model.objects import service_info, slice_info

PAGE = 500
_SLIM: dict[type, Callable[[Any], Any]] = {Service: service_info, EndpointSlice: slice_info}


class PagedClient:
    """As `kube.client.Client`, for an informer: `list` returns slim objects, `watch` is the client's own."""

    def __init__(self, client: Any):
        self._client = client

    async def list(self, type_: type, *, resource_version: str | None = None, **scope: Any) -> ObjectList[Any]:
        """All pages, each slimmed before the next is asked for. Raises what the client raises."""
        slim = _SLIM.get(type_, lambda obj: obj)
        # Pages hang together by the revision of the first; "0" (any revision, from the cache) has no pages.
        first = "" if resource_version == "0" else resource_version
        # With a limit, a revision alone would mean exactly that one, however old.
        match = "NotOlderThan" if first else ""
        page = await self._client.list(type_, **scope, resource_version=first, resource_version_match=match, limit=PAGE)
        items = [slim(obj) for obj in page.items]
        while page.continue_:
            try:
                page = await self._client.list(type_, **scope, limit=PAGE, continue_=page.continue_)
            except (Expired, Gone):
                return await self._all_at_once(type_, slim, scope)
            items += [slim(obj) for obj in page.items]
        return ObjectList(items, page.resource_version)

    async def _all_at_once(self, type_: type, slim: Callable[[Any], Any], scope: dict[str, Any]) -> ObjectList[Any]:
        listed = await self._client.list(type_, **scope)
        return ObjectList([slim(obj) for obj in listed.items], listed.resource_version)

    def watch(self, type_: type, **options: Any) -> AsyncIterator[WatchEvent[Any]]:
        return self._client.watch(type_, **options)
