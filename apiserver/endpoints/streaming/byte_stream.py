"""A two-way stream of bytes, wherever it comes from: a taken-over connection, or a websocket used as one.

Made by the protocol or by the connect handler; used by `spdy_session`. It calls what it is given.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol


class ByteStream(Protocol):
    async def read(self) -> bytes:
        """What has come; empty at the end."""

    async def write(self, data: bytes) -> None:
        """Sends, and waits while the peer is slow."""

    async def close(self) -> None:
        """Ends both directions."""


class WebSocketStream:
    """An accepted ASGI websocket whose binary messages, joined, are the stream."""

    def __init__(self, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]):
        self._receive, self._send = receive, send

    async def read(self) -> bytes:
        while True:
            message = await self._receive()
            if message["type"] != "websocket.receive":
                return b""
            if data := message.get("bytes") or b"":
                return data

    async def write(self, data: bytes) -> None:
        await self._send({"type": "websocket.send", "bytes": data})

    async def close(self) -> None:
        await self._send({"type": "websocket.close", "code": 1000})
