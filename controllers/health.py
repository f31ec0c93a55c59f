"""The small HTTP server of the manager: `/healthz`, `/livez`, `/readyz` and `/metrics`.

Called by `controllers.manager`. It calls `kube.metrics`. It leaves out TLS and authorization: it listens on loopback
unless told otherwise, and shows nothing secret.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from kube.metrics import CONTENT_TYPE, REGISTRY

READ_SECONDS = 5.0


@asynccontextmanager
async def serve(
    address: str, port: int, ready: Callable[[], bool], refresh: Callable[[], None]
) -> AsyncIterator[asyncio.Server]:
    """Serves while the block runs. `ready` answers `/readyz`; `refresh` is called before metrics are shown."""

    def answer(path: str) -> tuple[int, str, str]:
        if path in ("/healthz", "/livez"):
            return 200, "text/plain; charset=utf-8", "ok"
        if path == "/readyz":
            return (200, "text/plain", "ok") if ready() else (500, "text/plain", "informers have not synced")
        if path == "/metrics":
            refresh()
            return 200, CONTENT_TYPE, REGISTRY.render()
        return 404, "text/plain; charset=utf-8", "404 page not found\n"

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(READ_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].split(b"?")[0].decode()
            writer.write(_response(*answer(path)))
            await writer.drain()
        except (OSError, ValueError, IndexError, EOFError, TimeoutError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, address, port)
    try:
        yield server
    finally:
        server.close()


def _response(code: int, content_type: str, body: str) -> bytes:
    reason = {200: "OK", 404: "Not Found"}.get(code, "Internal Server Error")
    data = body.encode()
    head = f"HTTP/1.1 {code} {reason}\r\nContent-Type: {content_type}\r\nContent-Length: {len(data)}\r\n"
    return (head + "Connection: close\r\n\r\n").encode() + data
