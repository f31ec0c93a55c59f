"""The small HTTP server beside each agent: `/healthz`, `/livez`, `/readyz`, `/metrics` and what an agent adds.

Called by controllers, proxy, cluster_dns and kubelet, which give it a table of paths. It speaks just enough HTTP/1.1
for probes and Prometheus: GET, one answer a request, kept-alive connections. Anything more belongs into a real server.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from kube.metrics import REGISTRY

MOST_HEADERS, IDLE_SECONDS = 16_384, 60.0


@dataclass(frozen=True, slots=True)
class Reply:
    """What a path answers."""

    status: int = 200
    body: str = "ok"
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] | None = None


Handler = Callable[[], Reply] | Callable[[], Awaitable[Reply]]
_PHRASES = {200: "OK", 404: "Not Found", 405: "Method Not Allowed", 500: "Internal Server Error",
            503: "Service Unavailable"}  # fmt: skip


def metrics() -> Reply:
    """`/metrics`: all metrics of the process in Prometheus' text format."""
    return Reply(body=REGISTRY.render(), content_type="text/plain; version=0.0.4; charset=utf-8")


def health(check: Callable[[], str]) -> Handler:
    """A health path: `check` returns what is wrong, or an empty string."""

    def handler() -> Reply:
        wrong = check()
        return Reply(500, wrong) if wrong else Reply()

    return handler


class HealthServer:
    """Serves a table of paths. `await start()` binds; `port` is the bound one, so 0 may be asked for."""

    def __init__(self, paths: Mapping[str, Handler], host: str = "127.0.0.1", port: int = 0):
        self.paths = dict(paths)
        self.host, self.port = host, port
        self._server: asyncio.Server | None = None

    async def start(self, sock: socket.socket | None = None) -> None:
        """Binds and serves until `close`. Raises OSError when the address is taken."""
        if sock is not None:
            self._server = await asyncio.start_server(self._serve, sock=sock, limit=MOST_HEADERS)
        else:
            self._server = await asyncio.start_server(self._serve, self.host, self.port, limit=MOST_HEADERS)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            while True:
                async with asyncio.timeout(IDLE_SECONDS):
                    head = await reader.readuntil(b"\r\n\r\n")
                request, *_ = head.decode("latin-1").split("\r\n")
                writer.write(_encode(await self._answer(request), request.startswith("HEAD ")))
                await writer.drain()
                if b"connection: close" in head.lower() or request.endswith("HTTP/1.0"):
                    break
        writer.close()

    async def _answer(self, request: str) -> Reply:
        method, _, rest = request.partition(" ")
        if method not in ("GET", "HEAD"):
            return Reply(405, "only GET is served here")
        handler = self.paths.get(rest.partition(" ")[0].partition("?")[0])
        if handler is None:
            return Reply(404, "404 page not found")
        reply = handler()
        return reply if isinstance(reply, Reply) else await reply


def _encode(reply: Reply, head_only: bool) -> bytes:
    body = reply.body.encode()
    more = "".join(f"{name}: {value}\r\n" for name, value in (reply.headers or {}).items())
    head = (
        f"HTTP/1.1 {reply.status} {_PHRASES.get(reply.status, 'Status')}\r\n"
        f"Content-Type: {reply.content_type}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    )
    return head.encode() + (b"" if head_only else body)
