"""Chunks of a streamed response, framed once and written to many connections (RFC 9112, 7.1).

Called by the watch handler. It calls what the server under it offers as the ASGI extension `kube.chunks`
(`apiserver.serving.chunks`): ASGI's own `send` would frame the same event again for each of its watchers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from kube.apimachinery.errors import BadRequest


class Chunks(Protocol):
    """The connection of a response whose headers have been sent without a length."""

    def write(self, framed: bytes) -> bool:
        """At once; whether more may follow without waiting for `writable`."""

    async def writable(self) -> None:
        """Waits for a client that reads slowly."""


def chunk(data: bytes) -> bytes:
    """The data as one chunk. They must not be empty: an empty chunk is the end."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def chunks_of(scope: Mapping[str, Any]) -> Chunks:
    """Of the request's connection. Raises BadRequest for a websocket, which has no chunks."""
    extensions = scope.get("extensions") or {}
    if "kube.chunks" not in extensions:
        raise BadRequest("watching is not offered over this protocol")
    return extensions["kube.chunks"]
