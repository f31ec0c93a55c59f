"""Writing to a slow or a quick client: pieces of a long response, without a task switch as long as the client reads.

Used by `cycle` for long bodies, and offered to the watch handler by `protocol` as the ASGI extension `kube.chunks`. It
calls the transport. A client that takes nothing for a minute is cut off: what waits for it must not stay in memory.
"""

from __future__ import annotations

import asyncio
from typing import Any

STALLED_SECONDS = 60.0
MOST_WAITING = 128 << 10
"""Bytes that may wait for a client besides those in the socket."""


async def drain(flow: Any, transport: Any) -> None:
    """Waits until the client has taken what it was sent, or aborts the connection when it takes too long."""
    try:
        async with asyncio.timeout(STALLED_SECONDS):
            await flow.drain()
    except TimeoutError:
        transport.abort()


class Chunks:
    """One connection, for whoever frames chunks by itself (RFC 9112, 7.1) and shares them between connections."""

    def __init__(self, transport: Any, flow: Any):
        self._transport, self._flow = transport, flow

    def write(self, framed: bytes) -> bool:
        """At once. Says whether more may follow without waiting for `writable`."""
        self._transport.write(framed)
        return not self._flow.write_paused

    async def writable(self) -> None:
        if self._flow.write_paused:
            await drain(self._flow, self._transport)
