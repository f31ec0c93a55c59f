"""A SPDY connection on the server's side: streams that the client opens, each with bytes in both directions.

Made by the connect handler over a byte stream; used by the relays. It calls `spdy`.

Guarantees (each with a test that bears its number):
1. Every stream that the client opens is accepted at once and handed out by `accept`, in order.
2. A stream's `read` ends with empty bytes when the client has sent FIN, has reset it, or has gone.
3. `close` of a stream sends FIN; what was written before arrives before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from apiserver.endpoints.streaming import spdy
from apiserver.endpoints.streaming.byte_stream import ByteStream

_CHUNK = 32 * 1024


class SpdyStream:
    """One stream. `headers` are those it was opened with, their names in lower case."""

    def __init__(self, session: SpdySession, number: int, headers: Mapping[str, str]):
        self.number, self.headers = number, headers
        self._session = session
        self._incoming: asyncio.Queue[bytes] = asyncio.Queue()
        self._ended = self._closed = False

    def feed(self, data: bytes, *, end: bool) -> None:
        if data:
            self._incoming.put_nowait(data)
        if end and not self._ended:
            self._ended = True
            self._incoming.put_nowait(b"")

    async def read(self) -> bytes:
        """What the client sent; empty at the end."""
        data = await self._incoming.get()
        if not data:
            self._incoming.put_nowait(b"")
        return data

    async def write(self, data: bytes) -> None:
        for at in range(0, len(data), _CHUNK):
            await self._session.send(spdy.data(self.number, data[at : at + _CHUNK]))

    async def close(self) -> None:
        if not self._closed:
            self._closed = True
            await self._session.send(spdy.data(self.number, b"", end=True))


class SpdySession:
    """`run` reads until the client goes; meanwhile `accept` hands out the streams."""

    def __init__(self, connection: ByteStream):
        self._connection = connection
        self._decoder, self._encoder = spdy.Decoder(), spdy.Encoder()
        self._streams: dict[int, SpdyStream] = {}
        self._opened: asyncio.Queue[SpdyStream | None] = asyncio.Queue()
        self._gone = False
        self._last = 0

    async def run(self) -> None:
        """Ends when the client has gone, or speaks something else."""
        try:
            while chunk := await self._connection.read():
                for frame in self._decoder.feed(chunk):
                    await self._handle(frame)
        except (spdy.ProtocolError, ConnectionError):
            pass
        finally:
            self._gone = True
            for stream in self._streams.values():
                stream.feed(b"", end=True)
            self._opened.put_nowait(None)

    async def _handle(self, frame: spdy.Frame) -> None:
        if frame.type == spdy.SYN_STREAM:
            await self._open(frame)
        elif frame.type == spdy.PING:
            await self.send(spdy.ping(frame.payload))
        elif frame.type in (0, spdy.RST_STREAM) and (stream := self._streams.get(frame.stream)):
            ended = frame.ends or frame.type == spdy.RST_STREAM
            stream.feed(frame.payload if frame.type == 0 else b"", end=ended)

    async def _open(self, frame: spdy.Frame) -> None:
        stream = self._streams[frame.stream] = SpdyStream(self, frame.stream, frame.headers)
        self._last = frame.stream
        await self.send(self._encoder.reply(frame.stream))
        if frame.ends:
            stream.feed(b"", end=True)
        self._opened.put_nowait(stream)

    async def accept(self) -> SpdyStream | None:
        """The next stream; None when the client has gone."""
        stream = await self._opened.get()
        if stream is None:
            self._opened.put_nowait(None)
        return stream

    def forget(self, stream: SpdyStream) -> None:
        """The stream is done with: nothing more will be delivered to it."""
        self._streams.pop(stream.number, None)

    async def send(self, data: bytes) -> None:
        if not self._gone:
            try:
                await self._connection.write(data)
            except ConnectionError:
                self._gone = True

    async def close(self) -> None:
        """Says goodbye and ends the connection."""
        await self.send(spdy.go_away(self._last))
        await self._connection.close()
