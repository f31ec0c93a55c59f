"""Watchers that do as informers do: list, watch from there, resume when the stream breaks, list anew after a 410.

Called by test_consistency. They call the API servers through httpx, another one for each connection, and write down
every event; what they list is an operation like any client's.
"""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import httpx

from tests.consistency.clients import NAMESPACE, PREFIXES, Log, Servers
from tests.consistency.history import Op, Seen, Segment, version_of

QUIET_SECONDS = 8.0


class Watcher:
    def __init__(self, name: str, resource: str, seed: int, servers: Servers, log: Log, *, everywhere: bool = False):
        """`everywhere` watches all namespaces."""
        self.name, self._resource, self._log, self._servers = name, resource, log, servers
        self._chance = random.Random(f"{seed} watcher {name}")
        self._prefix = PREFIXES[resource] + ("" if everywhere else f"{NAMESPACE}/")
        self._url = f"/api/v1/{'' if everywhere else f'namespaces/{NAMESPACE}/'}{resource}"
        self._at = self._chance.randrange(2)
        self.segments: list[Segment] = []
        self.expired = 0
        self.resumed = 0
        self._news = asyncio.Event()
        self._stopped = False

    async def run(self) -> None:
        """Until `stop`."""
        while not self._stopped:
            if (segment := await self._list()) is not None:
                self.segments.append(segment)
                while not self._stopped and await self._watch(segment):
                    self.resumed += 1
                self.expired += not self._stopped

    async def stop(self, running: asyncio.Task[None]) -> None:
        """Ends `run`. The mark is needed because a connection that fails while it is closed hides a cancellation."""
        self._stopped = True
        running.cancel()
        await asyncio.wait([running])

    async def reach(self, revision: int) -> None:
        """Returns when everything up to a revision has been seen."""
        while not self.segments or self.segments[-1].reached < revision:
            self._news.clear()
            await self._news.wait()

    def _client(self) -> httpx.AsyncClient:
        self._at += 1
        return self._servers.clients[self._at % len(self._servers.clients)]

    async def _list(self) -> Segment | None:
        began = self._log.tick()
        try:
            response = await self._client().get(self._url)
        except httpx.HTTPError:
            return None
        ended = self._log.tick()
        if response.status_code != 200:
            await asyncio.sleep(0.2)
            return None
        answer = response.json()
        revision = int(answer["metadata"]["resourceVersion"])
        items = tuple(version_of(_key(self._resource, item), item) for item in answer["items"])
        op = Op("list", self._prefix, began, ended, "ok", 200, revision=revision, items=items)
        self._log.ops.append(op)
        self._news.set()
        return Segment(self.name, self._prefix, revision, revision)

    async def _watch(self, segment: Segment) -> bool:
        """One connection, from where the segment has got to. False after a 410."""
        query = {"watch": "true", "resourceVersion": str(segment.reached), "allowWatchBookmarks": "true",
                 "timeoutSeconds": str(self._chance.randint(2, 6))}  # fmt: skip
        try:
            async with self._client().stream("GET", self._url, params=query, timeout=QUIET_SECONDS) as response:
                if response.status_code != 200:
                    return response.status_code != 410
                async for line in response.aiter_lines():
                    if not self._note(segment, json.loads(line)):
                        return False
        except httpx.HTTPError:
            pass
        return True

    def _note(self, segment: Segment, event: dict[str, Any]) -> bool:
        type_, obj = event["type"], event["object"]
        if type_ == "ERROR":
            if obj["code"] not in (410, 503, 504):
                self._log.odd.append(f"watch: {obj}")
            return obj["code"] != 410
        segment.reached = int(obj["metadata"]["resourceVersion"])
        if type_ != "BOOKMARK":
            segment.seen.append(Seen(type_, version_of(_key(self._resource, obj), obj)))
        self._news.set()
        return True


def _key(resource: str, obj: dict[str, Any]) -> str:
    return f"{PREFIXES[resource]}{obj['metadata']['namespace']}/{obj['metadata']['name']}"
