"""An HTTP request relayed as it is: for the `proxy` subresources.

Called by the proxy handler. It calls asyncio's streams and httptools. One connection a request, closed at the end;
websockets are `websocket_relay`'s. Source: k8s.io/apimachinery/pkg/util/proxy.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httptools

from apiserver.endpoints.responses import Header

_CONNECT_SECONDS = 10
_CHUNK = 65536
_HOP_BY_HOP = frozenset({
    b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"te", b"trailer",
    b"transfer-encoding", b"upgrade", b"content-length", b"host", b"authorization",
})  # fmt: skip


@dataclass(frozen=True)
class Target:
    """Where to: `path` begins with a slash and carries the query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass
class Answer:
    """The head of the answer, and its body as it comes."""

    status: int
    headers: list[Header]
    body: AsyncIterator[bytes]


@dataclass
class _Parsed:
    """What httptools calls back with."""

    headers: list[Header] = field(default_factory=list)
    body: list[bytes] = field(default_factory=list)
    has_head = done = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.has_head = True

    def on_body(self, body: bytes) -> None:
        self.body.append(body)

    def on_message_complete(self) -> None:
        self.done = True


@asynccontextmanager
async def relay(
    method: str, target: Target, headers: Sequence[Header], body: bytes, context: ssl.SSLContext | None = None
) -> AsyncIterator[Answer]:
    """Sends the request. Raises OSError, TimeoutError, httptools.HttpParserError."""
    async with asyncio.timeout(_CONNECT_SECONDS):
        reader, writer = await asyncio.open_connection(target.host, target.port, ssl=context)
    try:
        writer.write(_request(method, target, headers, body))
        await writer.drain()
        parsed = _Parsed()
        parser = httptools.HttpResponseParser(parsed)
        while not parsed.has_head:
            chunk = await reader.read(_CHUNK)
            if not chunk:
                raise ConnectionResetError("EOF")
            parser.feed_data(chunk)
        kept = [pair for pair in parsed.headers if pair[0] not in _HOP_BY_HOP]
        yield Answer(parser.get_status_code(), kept, _body(reader, parser, parsed))
    finally:
        writer.close()


def _request(method: str, target: Target, headers: Sequence[Header], body: bytes) -> bytes:
    lines = [f"{method} {target.path} HTTP/1.1".encode("latin-1"), b"host: " + target.authority.encode()]
    lines += [name + b": " + value for name, value in headers if name not in _HOP_BY_HOP]
    if body or method in ("POST", "PUT", "PATCH"):
        lines.append(b"content-length: %d" % len(body))
    lines += [b"connection: close", b"", body]
    return b"\r\n".join(lines)


async def _body(
    reader: asyncio.StreamReader, parser: httptools.HttpResponseParser, parsed: _Parsed
) -> AsyncIterator[bytes]:
    while True:
        if parsed.body:
            yield b"".join(parsed.body)
            parsed.body.clear()
        if parsed.done:
            return
        chunk = await reader.read(_CHUNK)
        if not chunk:
            return
        parser.feed_data(chunk)
