"""A small HTTP server for health, metrics, modes and debugging: GET only, one request a connection.

Called by the controllers, the proxy and cluster DNS. It calls asyncio's streams. It leaves out everything that a load
balancer's health check and Prometheus do not need: that is why it is not FastAPI, which these processes never load.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

from kube.metrics import CONTENT_TYPE, REGISTRY

log = logging.getLogger(__name__)

_REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 500: "Internal Server Error",
            503: "Service Unavailable"}  # fmt: skip
_PATIENCE = 5.0
_GONE = (TimeoutError, ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)
"""The client takes too long, has left, or sends a head without end."""


class Answer(NamedTuple):
    body: str
    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = {}


Handler = Callable[[], Answer]
Below = Callable[[str, Mapping[str, str]], Awaitable[Answer]]
"""Answers for every path below one: (the rest of the path, the query) -> answer."""


def metrics() -> Answer:
    """`/metrics`: all metrics of the process, as Prometheus reads them."""
    return Answer(REGISTRY.render(), content_type=CONTENT_TYPE)


class HttpServer:
    """Serves handlers by their path; the path "" serves all others. `below` has prefixes that end in a slash."""

    def __init__(self, handlers: Mapping[str, Handler], below: Mapping[str, Below] | None = None):
        self._handlers, self._below = handlers, below or {}
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def start(self, host: str | Sequence[str], port: int) -> int:
        """Listens on one address, on several, or (empty) on all; returns the port. Raises OSError when it is taken."""
        self._server = await asyncio.start_server(self._accept, host or None, port)
        return self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            with contextlib.suppress(*_GONE):
                async with asyncio.timeout(_PATIENCE):
                    request = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                    writer.write(_render(await self._answer_or_say(request)))
                    await writer.drain()
        finally:
            self._open.discard(task)
            writer.close()

    async def _answer_or_say(self, request: str) -> Answer:
        try:
            return await self._answer(request)
        except Exception:
            log.exception("%s failed", request.partition("\r\n")[0])
            return Answer("internal server error\n", 500)

    async def _answer(self, request: str) -> Answer:
        method, target, *_ = [*request.split("\r\n", 1)[0].split(" "), "", ""]
        path, _, query = target.partition("?")
        if method not in ("GET", "HEAD"):
            return Answer("method not allowed\n", 405)
        for prefix, below in self._below.items():
            if path.startswith(prefix):
                return await below(unquote(path[len(prefix) :]), dict(parse_qsl(query)))
        handler = self._handlers.get(path) or self._handlers.get("")
        return handler() if handler else Answer("not found\n", 404)


def _render(answer: Answer) -> bytes:
    body = answer.body.encode()
    headers = {
        "Content-Type": answer.content_type,
        "X-Content-Type-Options": "nosniff",
        **answer.headers,
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    lines = [f"HTTP/1.1 {answer.status} {_REASONS[answer.status]}", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body
