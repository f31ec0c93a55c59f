"""Taking a connection over from HTTP: what `Upgrade: SPDY/3.1` asks for, and uvicorn does not offer.

Made by `protocol` for a request that asks; the connect handler begins it after authorization, or answers the request as
any other. It calls the transport. Until it is begun, what the client sends early waits in the queue.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

_ENOUGH = 1 << 20


class TakeOver:
    """A byte stream (see `apiserver.endpoints.streaming.byte_stream`)."""

    def __init__(self, transport: Any, flow: Any):
        self._transport, self._flow = transport, flow
        self._incoming: asyncio.Queue[bytes] = asyncio.Queue()
        self._waiting = 0
        self.cycle: Any = None

    def feed(self, data: bytes) -> None:
        """Bytes from the client; empty when it has gone."""
        self._incoming.put_nowait(data)
        self._waiting += len(data)
        if self._waiting > _ENOUGH:
            self._flow.pause_reading()

    async def begin(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Answers 101: from now on the connection is the stream's."""
        self.cycle.response_started = self.cycle.response_complete = True
        lines = [b"HTTP/1.1 101 Switching Protocols", *(name + b": " + value for name, value in headers), b"", b""]
        self._transport.write(b"\r\n".join(lines))

    async def read(self) -> bytes:
        data = await self._incoming.get()
        self._waiting -= len(data)
        if self._waiting <= _ENOUGH:
            self._flow.resume_reading()
        if not data:
            self._incoming.put_nowait(b"")
        return data

    async def write(self, data: bytes) -> None:
        if self._transport.is_closing():
            raise ConnectionResetError
        if self._flow.write_paused:
            await self._flow.drain()
        self._transport.write(data)

    async def close(self) -> None:
        self._transport.close()
