"""HTTP/1.1 for clients on this machine: requests read whole, answers written whole or as they come.

Called by `kubectl_lite.commands.proxy`. httptools parses. It leaves out upgrades.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus

import httptools
from httptools import HttpParserError

OF_THE_CONNECTION = {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
"""Headers that are for the next hop alone. Source: RFC 9110, section 7.6.1."""

__all__ = ["OF_THE_CONNECTION", "HttpParserError", "Request", "Requests", "respond", "stream"]
_KNOWN = {int(status) for status in HTTPStatus}


@dataclass
class Request:
    """Header names are in lower case."""

    method: str = ""
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)


class Requests:
    """Those of one connection, one after the other: `async for request in Requests(reader, writer)`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self._reader, self._writer = reader, writer
        self._parser = httptools.HttpRequestParser(self)
        self._begun, self._done = Request(), list[Request]()

    async def __aiter__(self) -> AsyncIterator[Request]:
        """Ends with the connection. Raises httptools.HttpParserError for what is no HTTP."""
        while data := await self._reader.read(65536):
            with suppress(httptools.HttpParserUpgrade):  # nobody must take another protocol: we stay with this one
                self._parser.feed_data(data)
            while self._done:
                yield self._done.pop(0)
                if not self._parser.should_keep_alive():
                    return

    # ---- httptools ----

    def on_message_begin(self) -> None:
        self._begun = Request()

    def on_url(self, url: bytes) -> None:
        self._begun.path += url.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._begun.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self._begun.method = self._parser.get_method().decode()
        if self._begun.headers.get("expect", "").lower() == "100-continue":
            self._writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self._begun.body += body

    def on_message_complete(self) -> None:
        self._done.append(self._begun)


async def respond(writer: asyncio.StreamWriter, status: int, kind: str, body: bytes) -> None:
    """A whole answer; `kind` is its media type."""
    writer.write(_head(status, [("Content-Type", kind), ("Content-Length", str(len(body)))]) + body)
    await writer.drain()


async def stream(
    writer: asyncio.StreamWriter, status: int, headers: Iterable[tuple[str, str]], chunks: AsyncIterator[bytes] | None
) -> None:
    """An answer as it comes; without chunks (of HEAD) its headers alone."""
    kept = [(name, value) for name, value in headers if name.lower() not in OF_THE_CONNECTION]
    if chunks is None:
        writer.write(_head(status, kept))
        return await writer.drain()
    kept = [(name, value) for name, value in kept if name.lower() not in ("content-length", "content-encoding")]
    writer.write(_head(status, [*kept, ("Transfer-Encoding", "chunked")]))
    async for chunk in chunks:
        if chunk:
            writer.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
            await writer.drain()
    writer.write(b"0\r\n\r\n")
    await writer.drain()


def _head(status: int, headers: Iterable[tuple[str, str]]) -> bytes:
    phrase = HTTPStatus(status).phrase if status in _KNOWN else ""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"HTTP/1.1 {status} {phrase}\r\n{lines}\r\n".encode("latin-1")
