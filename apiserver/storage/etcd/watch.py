"""etcd's watch: one gRPC stream, resumed by itself when it breaks.

`ChangeStream` hands over etcd's changes in batches that never cut a revision in two; the watch cache is fed by one of
them. `EtcdWatch` makes the interface's events of it. They call etcd's Watch service, on a stream for each: progress,
`compact_revision` and fragments, which etcd's client libraries hide, all matter here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from aetcd import rpc

from apiserver.storage.etcd.endpoints import WATCH, Endpoints
from apiserver.storage.etcd.errors import wrap
from apiserver.storage.etcd.keys import Keys, range_end
from apiserver.storage.etcd.transport import Channel, RpcError, StreamCall
from apiserver.storage.interface import Event, ExpiredRevision, Stored, Unavailable, Watch

_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0
_PUT = rpc.Event.PUT


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened up to `revision`: etcd's events in order; none when it is only progress."""

    revision: int
    events: Sequence[rpc.Event]


class ChangeStream:
    """Every change below a prefix after `revision` (0: from now on), exactly once, through as many connections as it
    takes."""

    def __init__(self, endpoints: Endpoints, prefix: bytes, revision: int, *, previous: bool = False):
        """`previous` asks etcd to send the value before each change too."""
        self.revision = revision
        self.lost_at: float | None = None
        """When etcd was last heard, by the event loop's clock; None while the stream is up."""
        self._endpoints, self._prefix, self._previous = endpoints, prefix, previous
        self._call: StreamCall | None = None
        self._member: Channel | None = None
        self._closed = False

    async def batches(self) -> AsyncIterator[Changes]:
        """For ever. Raises ExpiredRevision when etcd has compacted what comes next."""
        pause = _FIRST_PAUSE
        while not self._closed:
            try:
                await self._open()
                async for changes in self._read():
                    pause = _FIRST_PAUSE
                    yield changes
            except Unavailable:
                self.lost_at = self.lost_at or asyncio.get_running_loop().time()
                self._drop()
                if not self._closed:
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, _LONGEST_PAUSE)

    async def request_progress(self) -> None:
        """Asks etcd to say how far it has got, when nothing else comes."""
        if self._call is not None:
            self._call.write(rpc.WatchRequest(progress_request=rpc.WatchProgressRequest()).SerializeToString())

    def close(self) -> None:
        """`batches` ends."""
        self._closed = True
        self._drop()

    def _drop(self) -> None:
        call, self._call = self._call, None
        if call is not None:
            call.cancel()

    async def _open(self) -> None:
        create = rpc.WatchCreateRequest(
            key=self._prefix, range_end=range_end(self._prefix),
            start_revision=self.revision + 1 if self.revision else 0,
            prev_kv=self._previous, progress_notify=True, fragment=True,
        )  # fmt: skip
        member = self._endpoints.current
        try:
            self._call = await member.stream(WATCH.path, rpc.WatchRequest(create_request=create).SerializeToString())
        except RpcError as error:
            self._endpoints.give_up(member)
            raise wrap(error) from error
        self._member = member

    async def _read(self) -> AsyncIterator[Changes]:
        parts: list[rpc.Event] = []
        while True:
            response = await self._receive()
            if response.canceled:
                self._canceled(response)
            if response.created:
                self.lost_at = None
                self.revision = self.revision or response.header.revision
            parts.extend(response.events)
            if response.created or response.fragment:
                continue
            events, parts = parts, []
            self.revision = events[-1].kv.mod_revision if events else max(self.revision, response.header.revision)
            yield Changes(self.revision, events)

    async def _receive(self) -> rpc.WatchResponse:
        if self._call is None:
            raise Unavailable("the watch was closed")
        try:
            return WATCH.answer.FromString(await self._call.read())
        except RpcError as error:
            if self._member is not None and not self._closed:
                self._endpoints.give_up(self._member)
            raise wrap(error) from error

    def _canceled(self, response: rpc.WatchResponse) -> None:
        if response.compact_revision:
            raise ExpiredRevision(self.revision, response.compact_revision)
        raise Unavailable(response.cancel_reason or "etcd cancelled the watch")


class EtcdWatch(Watch):
    """A watch straight from etcd, one stream each: for tests, and for prefixes that the cache does not keep."""

    def __init__(self, stream: ChangeStream, keys: Keys, bookmarks: bool):
        super().__init__(stream.revision)
        self._stream, self._keys, self._bookmarks = stream, keys, bookmarks
        self._batches = stream.batches()

    async def batch(self) -> Sequence[Event]:
        async for changes in self._batches:
            events = [to_event(self._keys, event) for event in changes.events]
            if not events and self._bookmarks:
                events = [Event("BOOKMARK", changes.revision)]
            self.revision = changes.revision
            if events:
                return events
        raise StopAsyncIteration

    async def aclose(self) -> None:
        self._stream.close()


def to_event(keys: Keys, event: rpc.Event) -> Event:
    """What the interface calls an event. The stream must have asked for previous values."""
    pair, previous = event.kv, event.prev_kv
    key = keys.from_etcd(pair.key)
    before = Stored(key, previous.value, previous.mod_revision) if previous.mod_revision else None
    if event.type == _PUT:
        return Event("PUT", pair.mod_revision, Stored(key, pair.value, pair.mod_revision), before)
    return Event("DELETE", pair.mod_revision, Stored(key, previous.value, pair.mod_revision), before)


def lacks_previous(event: rpc.Event) -> bool:
    """Whether the value before has been compacted away."""
    return not event.prev_kv.mod_revision and (event.type != _PUT or event.kv.version > 1)
