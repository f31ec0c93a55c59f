"""The reflector: keeps a local copy true by list and watch, through broken streams and restarts of the server.

Called by `kube.informer.informer`, which is its sink. It calls the client. It leaves out storing and handlers.
Source: client-go's tools/cache/reflector.go.

| the watch | then |
|---|---|
| ends (the server's time limit) | watch again from the last revision, at once |
| breaks, or the server is away | back off, watch again from the last revision |
| Expired or Gone (410) | list again: "not older than" the last revision; a consistent list when that fails too |
| "Too large resource version" | back off, watch again; after three times the server lost data: consistent list |
| any other error | back off, watch again from the last revision |
"""

from __future__ import annotations

import logging
import random
from contextlib import aclosing
from typing import Any, Generic, Protocol, TypeVar

from kube.apimachinery.errors import Expired, Gone, StatusError, Timeout
from kube.apimachinery.meta_v1 import Object
from kube.client import ObjectList, Unreachable, WatchEvent
from kube.clock import Clock

T = TypeVar("T", bound=Object)
log = logging.getLogger(__name__)

WATCH_SECONDS = (300, 600)
FIRST_BACKOFF, LONGEST_BACKOFF = 0.1, 5.0
SHORT_WATCH = 1.0
"""A watch that ended sooner brought nothing and counts as a failure, or an ailing server would be hammered."""


class Sink(Protocol[T]):
    def replace(self, items: list[T]) -> None:
        """The world is exactly this."""

    def apply(self, event: WatchEvent[T]) -> None:
        """ADDED, MODIFIED or DELETED."""


class Reflector(Generic[T]):
    """Feeds a sink for ever.

    1. The sink sees one `replace` first, then every change after it in order.
    2. After an interruption it sees the changes that it missed, or a `replace`.
    3. No error ends `run`, only cancellation.
    """

    def __init__(
        self,
        client: Any,
        type_: type[T],
        sink: Sink[T],
        clock: Clock,
        *,
        namespace: str = "",
        label_selector: str = "",
        field_selector: str = "",
    ):
        self._client, self._type, self._sink, self._clock = client, type_, sink, clock
        self._scope = {"namespace": namespace, "label_selector": label_selector, "field_selector": field_selector}
        self._revision: str = ""
        self._listed = False
        self._list_from = "0"
        self._too_large = 0
        self._failures = 0

    async def run(self) -> None:
        while True:
            began = self._clock.monotonic()
            try:
                if not self._listed:
                    await self._list()
                await self._watch()
                quick = self._clock.monotonic() - began < SHORT_WATCH
                self._failures = self._failures + 1 if quick else 0
            except (Expired, Gone) as error:
                log.info("watch of %s: %s; listing again", self._type.__name__, error)
                # A list that is "expired" itself was too exacting: the consistent one never is.
                self._list_from = self._revision if self._listed else ""
                self._listed = False
                self._failures += not self._list_from
            except Timeout as error:
                self._failures += 1
                self._on_timeout(error)
            except (StatusError, Unreachable, ValueError) as error:
                self._failures += 1
                log.warning("reflecting %s: %s: %s", self._type.__name__, type(error).__name__, error)
            if self._failures:
                await self._clock.sleep(self._backoff())

    def _on_timeout(self, error: Timeout) -> None:
        log.warning("reflecting %s: %s", self._type.__name__, error)
        self._too_large += 1
        if self._too_large >= 3:
            self._listed, self._list_from, self._too_large = False, "", 0

    def _backoff(self) -> float:
        return min(FIRST_BACKOFF * 2.0 ** min(self._failures - 1, 10), LONGEST_BACKOFF) * random.uniform(0.8, 1.2)

    async def _list(self) -> None:
        listed: ObjectList[T] = await self._client.list(self._type, **self._scope, resource_version=self._list_from)
        self._sink.replace(listed.items)
        self._revision = listed.resource_version
        self._listed, self._too_large = True, 0

    async def _watch(self) -> None:
        events = self._client.watch(
            self._type,
            **self._scope,
            resource_version=self._revision,
            timeout_seconds=random.randint(*WATCH_SECONDS),
        )
        async with aclosing(events):
            async for event in events:
                if event.type != "BOOKMARK":
                    self._sink.apply(event)
                self._revision = event.object.metadata.resourceVersion
                self._failures = self._too_large = 0
