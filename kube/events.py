"""Events: short sentences about objects that people read in `kubectl describe` and `kubectl get events`.

Called by controllers, kubelet and proxy: `recorder.event(pod, "Warning", "FailedScheduling", "0/3 nodes ...")`, which
never waits and never fails. It calls the client from a task of its own. It leaves out expiry: the API server's
storage forgets events after an hour. Source: client-go's tools/record (recorder, events_cache.go).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from kube.api import scheme
from kube.api.core_v1 import Event, EventSource, ObjectReference
from kube.apimachinery import times
from kube.apimachinery.errors import AlreadyExists, NotFound, StatusError
from kube.apimachinery.meta_v1 import Object, ObjectMeta
from kube.client import Unreachable
from kube.clock import Clock, RealClock

log = logging.getLogger(__name__)

NORMAL, WARNING = "Normal", "Warning"

REMEMBERED = 4096
AGGREGATE_AFTER = 10
"""So many different messages about one thing within `AGGREGATE_SECONDS` become one event."""
AGGREGATE_SECONDS = 600.0
BURST, REFILL_SECONDS = 25, 300.0
"""An object may have a burst of so many events from one source, then one each five minutes."""
MAX_QUEUED = 1000
MAX_MESSAGE = 1024


@dataclass
class _Similar:
    messages: set[str] = field(default_factory=set)
    at: float = 0.0


@dataclass
class _Budget:
    tokens: float = BURST
    at: float = 0.0


class Correlator:
    """Decides what becomes of an event. Pure, but for what it remembers.

    1. The same message about the same object again raises the count of the event that is stored.
    2. The eleventh different message about one reason within ten minutes, and those after it, are stored as one event,
       "(combined from similar events): ...".
    3. More than the budget of an object is dropped.
    """

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, ...], Event] = OrderedDict()
        self._similar: OrderedDict[tuple[str, ...], _Similar] = OrderedDict()
        self._budgets: OrderedDict[tuple[str, ...], _Budget] = OrderedDict()

    def correlate(self, event: Event, now: float) -> Event | None:
        """The event to write: new (count 1), or an earlier one with its count raised. None: drop it."""
        message, key = self._aggregate(event, now)
        if not self._within_budget(event, now):
            return None
        earlier = self._seen.get((*key, message if key[-1] != "*" else ""))
        if earlier is not None:
            merged = earlier.model_copy(
                update={"count": earlier.count + 1, "lastTimestamp": event.lastTimestamp, "message": message}
            )
        else:
            merged = event.model_copy(update={"message": message})
        return self._remember(self._seen, (*key, message if key[-1] != "*" else ""), merged)

    def stored(self, event: Event) -> None:
        """The server's answer is what the next patch must refer to."""
        for key, seen in self._seen.items():
            if seen.metadata.name == event.metadata.name:
                self._seen[key] = event
                return

    def _aggregate(self, event: Event, now: float) -> tuple[str, tuple[str, ...]]:
        key = (*_about(event), event.type, event.reason)
        similar = self._similar.get(key)
        if similar is None or now - similar.at > AGGREGATE_SECONDS:
            similar = _Similar()
        similar.at = now
        similar.messages.add(event.message)
        self._remember(self._similar, key, similar)
        if len(similar.messages) < AGGREGATE_AFTER:
            return event.message, (*key, "")
        similar.messages.pop()  # there are enough to know that there are many
        return "(combined from similar events): " + event.message, (*key, "*")

    def _within_budget(self, event: Event, now: float) -> bool:
        key = _about(event)
        budget = self._budgets.get(key) or _Budget(at=now)
        budget.tokens = min(BURST, budget.tokens + (now - budget.at) / REFILL_SECONDS)
        budget.at = now
        self._remember(self._budgets, key, budget)
        if budget.tokens < 1:
            return False
        budget.tokens -= 1
        return True

    @staticmethod
    def _remember(cache: OrderedDict, key: tuple[str, ...], value: Any) -> Any:
        cache[key] = value
        cache.move_to_end(key)
        if len(cache) > REMEMBERED:
            cache.popitem(last=False)
        return value


def _about(event: Event) -> tuple[str, ...]:
    ref = event.involvedObject
    return (event.source.component, event.source.host, ref.kind, ref.namespace, ref.name, ref.uid, ref.fieldPath)


def reference(obj: Object, field_path: str = "") -> ObjectReference:
    """What an event is about."""
    resource, meta = scheme.by_type(type(obj)), obj.metadata
    return ObjectReference(
        kind=resource.kind,
        apiVersion=resource.api_version,
        namespace=meta.namespace,
        name=meta.name,
        uid=meta.uid,
        resourceVersion=meta.resourceVersion,
        fieldPath=field_path,
    )


class Recorder:
    """Records events of one component.

    1. `event` returns at once and raises nothing; when too many wait, the newest are dropped.
    2. Events are written in the order in which they were recorded.
    3. What waits when `run` is cancelled is dropped, unless `flush` was awaited.
    """

    def __init__(self, client: Any, component: str, *, host: str = "", clock: Clock | None = None):
        self._client, self._clock = client, clock or RealClock()
        self._source = EventSource(component=component, host=host)
        self._correlator = Correlator()
        self._queue: asyncio.Queue[Event] = asyncio.Queue(MAX_QUEUED)
        self._names = 0

    def event(self, about: Object | ObjectReference, type: str, reason: str, message: str) -> None:
        """`type` is Normal or Warning, `reason` a word in CamelCase, `message` a sentence for people."""
        ref = about if isinstance(about, ObjectReference) else reference(about)
        event = self._new(ref, type, reason, message[:MAX_MESSAGE])
        try:
            self._queue.put_nowait(event)
        except asyncio.QueueFull:
            log.warning("too many events wait; dropped %s about %s %s/%s", reason, ref.kind, ref.namespace, ref.name)

    async def run(self) -> None:
        """Writes what is recorded, until cancelled."""
        while True:
            event = await self._queue.get()
            try:
                await self._write(event)
            except (StatusError, Unreachable, ValueError) as error:
                log.debug("event %s was not written: %s", event.reason, error)
            finally:
                self._queue.task_done()

    async def flush(self) -> None:
        """Returns when all that was recorded has been written (or refused). `run` must be running."""
        await self._queue.join()

    def _new(self, ref: ObjectReference, type: str, reason: str, message: str) -> Event:
        now = self._clock.now()
        stamp = times.format_time(now)
        self._names += 1
        suffix = f"{int(now.timestamp() * 1e9) + self._names:x}"
        return Event(
            kind="Event",
            apiVersion="v1",
            metadata=ObjectMeta(name=f"{ref.name}.{suffix}", namespace=ref.namespace or "default"),
            involvedObject=ref,
            type=type,
            reason=reason,
            message=message,
            source=self._source,
            reportingComponent=self._source.component,
            reportingInstance=self._source.host,
            firstTimestamp=stamp,
            lastTimestamp=stamp,
            count=1,
        )

    async def _write(self, event: Event) -> None:
        merged = self._correlator.correlate(event, self._clock.monotonic())
        if merged is None:
            return
        if merged.count > 1:
            body = {"count": merged.count, "lastTimestamp": merged.lastTimestamp, "message": merged.message}
            try:
                await self._client.patch(Event, merged.metadata.name, merged.metadata.namespace, body, "merge")
                return
            except NotFound:  # it has expired: begin anew
                merged = event.model_copy(update={"message": merged.message})
        with contextlib.suppress(AlreadyExists):
            self._correlator.stored(await self._client.create(merged))
