"""port-forward: each of the client's connections becomes a websocket to the kubelet.

Called by the connect handler. It calls the kubelet. A SPDY client opens for each connection an error stream and a data
stream with the same `requestid`; the kubelet's websocket carries data on channel 0 and errors on channel 1, after a
first message on each that repeats the port. A websocket client of the older kind is relayed as it is.
Source: k8s.io/apimachinery portforward, KEP-4006.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from apiserver.endpoints.streaming.spdy_session import SpdySession, SpdyStream
from kube.apimachinery.errors import StatusError

SPDY_PROTOCOL = "portforward.k8s.io"
TUNNEL_PROTOCOL = "SPDY/3.1+portforward.k8s.io"
CLIENT_PROTOCOLS = (TUNNEL_PROTOCOL, "v5.channel.k8s.io", "v4.channel.k8s.io", "portforward.k8s.io")
KUBELET_PROTOCOLS = ("v4.channel.k8s.io",)
_DATA, _ERROR = 0, 1

Dial = Callable[[int], Awaitable[ClientConnection]]
"""Opens the kubelet's websocket for a port. Raises StatusError."""


async def relay_spdy(session: SpdySession, dial: Dial) -> None:
    """Serves the client's connections until it goes."""
    reader = asyncio.create_task(session.run())
    waiting: dict[str, SpdyStream] = {}
    forwards: set[asyncio.Task[None]] = set()
    try:
        while (stream := await session.accept()) is not None:
            kind, request = stream.headers.get("streamtype", ""), stream.headers.get("requestid", "")
            if kind == "error":
                waiting[request] = stream
            elif kind == "data":
                task = asyncio.create_task(_forward(session, stream, waiting.pop(request, None), dial))
                forwards.add(task)
                task.add_done_callback(forwards.discard)
    finally:
        for task in (reader, *forwards):
            task.cancel()
        await asyncio.gather(reader, *forwards, return_exceptions=True)
        await session.close()


async def _forward(session: SpdySession, data: SpdyStream, error: SpdyStream | None, dial: Dial) -> None:
    """One connection, from the client's two streams to the pod's port."""
    try:
        async with await dial(int(data.headers.get("port", "0"))) as kubelet:
            up = asyncio.create_task(_up(data, kubelet))
            down = asyncio.create_task(_down(kubelet, data, error))
            await asyncio.wait({down, up}, return_when=asyncio.FIRST_COMPLETED)
            if not down.done():  # the client has said all; the pod may still be answering
                await asyncio.wait({down})
            up.cancel()
            await asyncio.gather(up, return_exceptions=True)
    except (StatusError, OSError, ValueError) as failure:
        if error is not None:
            await error.write(str(failure).encode())
    finally:
        for stream in (data, error):
            if stream is not None:
                await stream.close()
                session.forget(stream)


async def _up(data: SpdyStream, kubelet: ClientConnection) -> None:
    while payload := await data.read():
        await kubelet.send(bytes([_DATA]) + payload)
    with suppress(ConnectionClosed):
        await kubelet.send(bytes([255, _DATA]))


async def _down(kubelet: ClientConnection, data: SpdyStream, error: SpdyStream | None) -> None:
    announced: set[int] = set()
    with suppress(ConnectionClosed):
        async for message in kubelet:
            payload = message if isinstance(message, bytes) else message.encode()
            channel = payload[0] if payload else _DATA
            if channel not in announced:  # the first message of each channel repeats the port
                announced.add(channel)
            elif channel == _DATA:
                await data.write(payload[1:])
            elif channel == _ERROR and error is not None:
                await error.write(payload[1:])
