"""One request and its response on a connection: uvicorn's cycle, with the writing made cheap.

Made by `protocol` in place of uvicorn's own. It calls the transport. A response whose length is known goes out as one
write, head and body together, which under TLS is one record instead of two; streams send their head at once. Header
names and values are ours and are not checked again.
"""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

_WORTH_TWO_WRITES = 65536
_BODILESS = frozenset({204, 304})


class KubeCycle(RequestResponseCycle):
    """Behaves as its base class; see there for the attributes."""

    _head: bytes = b""

    async def send(self, message: Any) -> None:
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        if message["type"] == "http.response.start":
            self._start(message)
        else:
            self._body(message.get("body", b""), message.get("more_body", False))

    def _start(self, message: Any) -> None:
        self.response_started = True
        self.waiting_for_100_continue = False
        status = message["status"]
        content = [STATUS_LINE[status]]
        length = None
        for name, value in (*self.default_headers, *message.get("headers", ())):
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
        if head and len(body) > _WORTH_TWO_WRITES:  # joining them would copy more than it saves
            self.transport.write(head)
        else:
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
        self.on_response()
