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
from tests.support.patience import within

QUIET_SECONDS, PAUSE_SECONDS, REACH_SECONDS = 8.0, 0.1, 60


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
        self._doing = "has not begun"
        self._news = asyncio.Event()
        self._stopped = False
        self._running = asyncio.create_task(self._run(), name=f"watcher {name}")
        self._running.add_done_callback(lambda _: self._news.set())

    async def _run(self) -> None:
        """Until `stop`."""
        while not self._stopped:
            if (segment := await self._list()) is not None:
                self.segments.append(segment)
                while not self._stopped and await self._watch(segment):
                    self.resumed += 1
                self.expired += not self._stopped

    async def stop(self) -> None:
        """Ends it. The mark is needed because a connection that fails while it is closed hides a cancellation."""
        self._stopped = True
        self._running.cancel()
        async with within(REACH_SECONDS, f"the end of {self._running.get_name()}"):
            await asyncio.wait([self._running])

    async def reach(self, revision: int) -> None:
        """Returns when everything up to a revision has been seen. Raises what has ended the watcher, if anything."""
        async with within(REACH_SECONDS, lambda: f"{self.name} at revision {revision}; {self._place()}"):
            while not self.segments or self.segments[-1].reached < revision:
                if self._running.done():
                    self._running.result()
                self._news.clear()
                await self._news.wait()

    def _place(self) -> str:
        """How far it has got, and what it is doing, for whoever reads why a test failed."""
        reached = self.segments[-1].reached if self.segments else 0
        stack = [f"{frame.f_code.co_name}:{frame.f_lineno}" for frame in self._running.get_stack()]
        return f"it is at {reached}, {self._doing}, in {stack}"

    def _client(self) -> httpx.AsyncClient:
        self._at += 1
        self._doing = f"asks server {self._at % len(self._servers.clients)}"
        return self._servers.clients[self._at % len(self._servers.clients)]

    async def _list(self) -> Segment | None:
        began = self._log.tick()
        try:
            response = await self._client().get(self._url)
        except httpx.HTTPError:
            await asyncio.sleep(PAUSE_SECONDS)
            return None
        ended = self._log.tick()
        if response.status_code != 200:
            await asyncio.sleep(PAUSE_SECONDS)
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
                    await asyncio.sleep(PAUSE_SECONDS)
                    return response.status_code != 410
                self._doing += f", answered {response.status_code}"
                async for line in response.aiter_lines():
                    if not self._note(segment, json.loads(line)):
                        return False
        except httpx.HTTPError as error:
            self._doing += f", failed with {error!r}"
            await asyncio.sleep(PAUSE_SECONDS)
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
