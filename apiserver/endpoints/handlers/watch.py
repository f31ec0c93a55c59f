"""GET with `?watch=true`: changes as they happen, until the time is up or the client leaves.

Called by the router. It calls the store's watch, and `watch_lines` for the form of the events: one JSON object a line,
or frames of protobuf. It leaves out the history, which is the watch cache's.

Guarantees (each with a test that bears its number):
1. The headers are sent at once, before any event.
2. Events come in order of revision, none twice; with a selector an object that stops matching is DELETED, one that
   starts matching is ADDED.
3. Bookmarks come only to those who asked: every minute, and two seconds before the time is up.
4. A watch from a revision that is no longer known gets one ERROR event (410 Expired) and ends.
5. With sendInitialEvents the state comes as ADDED, then a bookmark with `k8s.io/initial-events-end`.

| resourceVersion | begins with |
|---|---|
| unset | every object as ADDED, as of now |
| 0 | every object as ADDED, as of some moment |
| N | the changes after N |

Source: KEP-956, KEP-3157, k8s.io/apiserver/pkg/endpoints/handlers/watch.go.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable
from itertools import islice

from apiserver.endpoints.chunks import chunks_of
from apiserver.endpoints.endpoint import Endpoint
from apiserver.endpoints.facts import Filter
from apiserver.endpoints.handlers.watch_lines import Lines, lines_for
from apiserver.endpoints.metrics import watch_events
from apiserver.endpoints.options import ListOptions, list_options
from apiserver.endpoints.request import Request
from apiserver.endpoints.responses import Response, warning_headers
from apiserver.endpoints.selectors import filter_of
from apiserver.endpoints.streams import Streams
from apiserver.registry.generic.faults import status_of
from apiserver.storage.interface import Event, PolledWatch, StorageError, Stored
from kube.apimachinery.errors import StatusError

_SHORTEST, _LONGEST = 1800, 3600
_TOGETHER = 200
_LAST_BOOKMARK = 2.0
"""Seconds before the end, so that the next watch begins where this one has got to."""


async def watch(endpoint: Endpoint, request: Request) -> Response | None:
    """Streams; None when the response has been sent. An error before the first byte is a plain response."""
    options = list_options(request.query, watch=True)
    wanted = filter_of(endpoint, request.info, options)
    lines = lines_for(endpoint.resource, request.output, request.query.get("includeObject", ""))
    stream = _Stream(request, endpoint.services["streams"], lines.media_type)
    await stream.begin(options.timeout_seconds or random.randint(_SHORTEST, _LONGEST))
    try:
        await _run(endpoint, request, options, wanted, lines, stream)
    except (StatusError, StorageError) as error:
        status = error if isinstance(error, StatusError) else status_of(error)
        await stream.send(lines.error(status.status))
    finally:
        await stream.end()
    return None


async def _run(
    endpoint: Endpoint, request: Request, options: ListOptions, wanted: Filter, lines: Lines, stream: _Stream
) -> None:
    revision, initial = await _initial(endpoint, request, options)
    if initial is not None:
        matching = (s for s in initial if wanted.empty or wanted.matches(s))
        await stream.send_all(lines.of("ADDED", s) for s in matching)
        if options.send_initial_events and options.bookmarks:
            await stream.send(lines.bookmark(revision, initial_end=True))
    watching = endpoint.store.watch(request.info.namespace, revision=revision, bookmarks=options.bookmarks)
    stream.follow(watching)
    try:
        await _follow(watching, wanted, lines, stream)
    finally:
        watching.close()


async def _initial(endpoint: Endpoint, request: Request, options: ListOptions) -> tuple[int, Iterable[Stored] | None]:
    """(the revision to follow from, the objects to begin with or None)."""
    asked, initial = options.revision, options.send_initial_events
    if initial is None:
        initial = not asked
    if not initial and asked:
        return asked, None
    page = await endpoint.store.list(request.info.namespace, revision=asked)
    return page.revision, page.items if initial else None


async def _follow(watching: PolledWatch, wanted: Filter, lines: Lines, stream: _Stream) -> None:
    """Until the watch is closed. This task only wakes up when the client reads too slowly."""
    await watching.start()
    while not watching.closed:
        await stream.writable()
        pump = _Pump(watching, wanted, lines, stream)
        pump.run()
        await pump.stopped


class _Pump:
    """Writes what has come from within the very call that brought it: an event for three hundred watchers costs no
    task switch. `stopped` is done when the watch has been closed, or failed, or when the client must be waited for."""

    def __init__(self, watching: PolledWatch, wanted: Filter, lines: Lines, stream: _Stream):
        self._watching, self._wanted, self._lines, self._stream = watching, wanted, lines, stream
        self._labels = lines.labels
        self.stopped: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def run(self) -> None:
        try:
            going_on = not self._watching.closed and self._write()
        except Exception as error:
            if not self.stopped.done():
                self.stopped.set_exception(error)
            return
        if going_on:
            self._watching.when_ready(self.run)
        elif not self.stopped.done():
            self.stopped.set_result(None)

    def _write(self) -> bool:
        """Whether more can be written."""
        events = self._watching.poll()
        if self._wanted.empty:
            body = [self._lines.of_event(event) for event in events]
        else:
            found = (_filtered_line(event, self._wanted, self._lines) for event in events)
            body = [line for line in found if line is not None]
        watch_events.inc(*self._labels, by=len(body))
        return not body or self._stream.write(body[0] if len(body) == 1 else b"".join(body))


def _filtered_line(event: Event, wanted: Filter, lines: Lines) -> bytes | None:
    """The event as this selector sees it, None when it does not concern it."""
    if event.type == "BOOKMARK":
        return lines.of_event(event)
    assert event.value is not None
    before = event.before is not None and wanted.matches(event.before)
    now = event.type == "PUT" and wanted.matches(event.value)
    if now:
        return lines.of_event(event) if before or event.before is None else lines.of("ADDED", event.value)
    if not before:
        return None
    if event.type == "DELETE":
        return lines.of_event(event)
    last: Stored = event.before  # type: ignore[assignment]
    return lines.of("DELETED", Stored(last.key, last.data, event.revision))


# ---- the stream ----


class _Stream:
    """The response: chunks out, and an ear for the client's leaving, the timeout and the server's end."""

    def __init__(self, request: Request, streams: Streams, media_type: bytes):
        self._request, self._streams, self._media_type = request, streams, media_type
        self._chunks = chunks_of(request.scope)
        self._watch: PolledWatch | None = None
        self._ear: asyncio.Task[None] | None = None
        self._timers: list[asyncio.TimerHandle] = []
        self.open = True

    async def begin(self, seconds: float) -> None:
        """Sends the headers; from now on the stream ends by itself after so many seconds."""
        headers = [
            (b"content-type", self._media_type), (b"cache-control", b"no-cache, private"),
            *warning_headers(self._request.warnings),
        ]  # fmt: skip
        self._request.code = 200
        await self._request.send({"type": "http.response.start", "status": 200, "headers": headers})
        loop = asyncio.get_running_loop()
        self._timers = [loop.call_later(seconds, self.close)]
        if seconds > _LAST_BOOKMARK:
            self._timers.append(loop.call_later(seconds - _LAST_BOOKMARK, self._remind))
        self._ear = loop.create_task(self._listen(), name="watch disconnect")
        self._streams.enter(self)

    async def _listen(self) -> None:
        while (await self._request.receive())["type"] != "http.disconnect":
            pass
        self.close()

    def follow(self, watching: PolledWatch) -> None:
        """`close` ends this watch."""
        self._watch = watching
        if not self.open:
            self.close()

    def _remind(self) -> None:
        if self._watch is not None:
            self._watch.remind()

    def close(self) -> None:
        """Ends the stream soon: nothing more will be awaited from the store."""
        self.open = False
        if self._watch is not None:
            self._watch.close()

    def write(self, chunks: bytes) -> bool:
        """At once; whether more may follow without waiting."""
        return self._chunks.write(chunks)

    async def writable(self) -> None:
        """Waits for a client that reads slowly; one that does not read at all is given up."""
        await self._chunks.writable()

    async def send(self, chunks: bytes) -> None:
        if not self.write(chunks):
            await self.writable()

    async def send_all(self, chunks: Iterable[bytes]) -> None:
        """Many, some hundred in one write, with a turn for others in between."""
        source = iter(chunks)
        while some := b"".join(islice(source, _TOGETHER)):
            await self.send(some)
            await asyncio.sleep(0)

    async def end(self) -> None:
        """The closing chunk."""
        self._streams.leave(self)
        for timer in self._timers:
            timer.cancel()
        if self._ear is not None:
            self._ear.cancel()
        await self._request.send({"type": "http.response.body", "body": b"", "more_body": False})
