"""One request and its response on a connection: uvicorn's cycle, with the writing made cheap.

Made by `protocol` in place of uvicorn's own. It calls the transport. A response whose length is known goes out as one
write, head and body together, which under TLS is one record instead of two; streams send their head at once. Header
names and values are ours and are not checked again. `scope["kube.headers"]` is written into every response of the
request, whoever makes it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from apiserver.serving.chunks import drain

_WORTH_TWO_WRITES = 65536
_PIECE = 64 << 10
"""A long body is encrypted and sent in pieces: they fit into the processor's cache, and a slow client has no copy of
the whole body waiting for it."""
_TURN = 1 << 20
"""After so many bytes others get a turn."""
REST_SECONDS = 32.0
"""How long the rest of a request may take that has been answered before it was whole. It is read, so that the client
comes to read its answer, and kept nowhere."""
_BODILESS = frozenset({204, 304})


class KubeCycle(RequestResponseCycle):
    """Behaves as its base class; see there for the attributes."""

    _head: bytes = b""

    async def send(self, message: Any) -> None:
        if self.flow.write_paused and not self.disconnected:
            await drain(self.flow, self.transport)
        if self.disconnected:
            return
        if message["type"] == "http.response.start":
            self._start(message)
            return
        body, more = message.get("body", b""), message.get("more_body", False)
        if len(body) > _WORTH_TWO_WRITES and not self.chunked_encoding and self.scope["method"] != "HEAD":
            body = await self._write_long(body)
        self._body(body, more)

    async def _write_long(self, body: bytes) -> memoryview:
        """All but the last piece, which is returned."""
        self._write(b"")
        view, size = memoryview(body), len(body)
        for at in range(0, size - _PIECE, _PIECE):
            self.transport.write(view[at : at + _PIECE])
            if self.flow.write_paused:
                await drain(self.flow, self.transport)
            elif not (at + _PIECE) % _TURN:
                await asyncio.sleep(0)
            if self.disconnected:
                return view[:0]
        return view[at + _PIECE :]

    def _start(self, message: Any) -> None:
        self.response_started = True
        self.waiting_for_100_continue = False
        status = message["status"]
        content = [STATUS_LINE[status]]
        length = None
        extra = self.scope.get("kube.headers", ())
        for name, value in (*self.default_headers, *extra, *message.get("headers", ())):
            if name == b"content-length":
                length = int(value)
            content += (name, b": ", value, b"\r\n")
        if not self.keep_alive:
            content.append(b"connection: close\r\n")
        self.chunked_encoding = length is None and self.scope["method"] != "HEAD" and status not in _BODILESS
        self.expected_content_length = length or 0
        if self.chunked_encoding:
            content.append(b"transfer-encoding: chunked\r\n")
        content.append(b"\r\n")
        self._head = b"".join(content)
        if self.chunked_encoding:
            self._write(b"")

    def _write(self, body: bytes) -> None:
        head, self._head = self._head, b""
        if head:
            body = head + body
        if body:
            self.transport.write(body)

    def _body(self, body: bytes, more: bool) -> None:
        if self.chunked_encoding:
            chunk = b"%x\r\n%s\r\n" % (len(body), body) if body else b""
            self._write(chunk if more else chunk + b"0\r\n\r\n")
        elif self.scope["method"] == "HEAD":
            self._write(b"")
        else:
            self._write(body)
        if not more:
            self._complete()

    def _complete(self) -> None:
        self.response_complete = True
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        elif self.more_body:
            asyncio.get_running_loop().call_later(REST_SECONDS, self._give_up)
        self.on_response()

    def _give_up(self) -> None:
        if self.more_body:
            self.transport.abort()
