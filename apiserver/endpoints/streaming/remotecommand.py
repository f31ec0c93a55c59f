"""exec and attach: the client's channels on one side, the kubelet's websocket on the other.

Called by the connect handler. It calls the kubelet. A websocket client's messages are relayed as they are; a SPDY
client's streams are turned into the channels of `v4.channel.k8s.io`, which the kubelet speaks.
Source: k8s.io/apimachinery remotecommand, KEP-4006.

| SPDY stream | channel |
|---|---|
| stdin | 0 |
| stdout | 1 |
| stderr | 2 |
| error | 3 |
| resize | 4 |
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from apiserver.endpoints.streaming.spdy_session import SpdySession, SpdyStream

PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
CLIENT_PROTOCOLS = (*PROTOCOLS, "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io")
SPDY_PROTOCOLS = ("v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io")
CHANNELS = {"stdin": 0, "stdout": 1, "stderr": 2, "error": 3, "resize": 4}
_CLOSE = 255
_WAIT_SECONDS = 30

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


async def relay_websocket(receive: Receive, send: Send, kubelet: ClientConnection) -> None:
    """Copies messages both ways until either side has ended; then closes the other."""
    async with kubelet:
        up = asyncio.create_task(_client_to_kubelet(receive, kubelet))
        down = asyncio.create_task(_kubelet_to_client(kubelet, send))
        await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
        for task in (up, down):
            task.cancel()
        await asyncio.gather(up, down, return_exceptions=True)
    with suppress(Exception):  # the client may have gone first
        await send({"type": "websocket.close", "code": 1000})


async def _client_to_kubelet(receive: Receive, kubelet: ClientConnection) -> None:
    while (message := await receive())["type"] == "websocket.receive":
        data = message.get("bytes")
        await kubelet.send(data if data is not None else (message.get("text") or "").encode())


async def _kubelet_to_client(kubelet: ClientConnection, send: Send) -> None:
    with suppress(ConnectionClosed):
        async for data in kubelet:
            await send({"type": "websocket.send", "bytes": data if isinstance(data, bytes) else data.encode()})


async def relay_spdy(session: SpdySession, wanted: set[str], kubelet: ClientConnection) -> None:
    """Waits for the client's streams, then copies until the kubelet has ended."""
    reader = asyncio.create_task(session.run())
    try:
        async with kubelet, asyncio.timeout(None) as deadline:
            deadline.reschedule(asyncio.get_running_loop().time() + _WAIT_SECONDS)
            streams = await _streams(session, wanted)
            deadline.reschedule(None)
            if streams is not None:
                await _copy(streams, kubelet, reader)
                for stream in streams.values():
                    await stream.close()
    except TimeoutError:
        pass
    finally:
        await session.close()
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)


async def _streams(session: SpdySession, wanted: set[str]) -> dict[str, SpdyStream] | None:
    """The streams by what they carry; None when the client goes before all have come."""
    found: dict[str, SpdyStream] = {}
    while not wanted <= found.keys():
        stream = await session.accept()
        if stream is None:
            return None
        found[stream.headers.get("streamtype", "")] = stream
    return found


async def _copy(streams: dict[str, SpdyStream], kubelet: ClientConnection, reader: asyncio.Task[None]) -> None:
    ends = kubelet.subprotocol == PROTOCOLS[0]
    inputs = [
        asyncio.create_task(_to_kubelet(streams[kind], CHANNELS[kind], kubelet, ends))
        for kind in ("stdin", "resize") if kind in streams
    ]  # fmt: skip
    output = asyncio.create_task(_from_kubelet(kubelet, {CHANNELS[k]: s for k, s in streams.items() if k in CHANNELS}))
    await asyncio.wait({output, reader}, return_when=asyncio.FIRST_COMPLETED)
    for task in (output, *inputs):
        task.cancel()
    await asyncio.gather(output, *inputs, return_exceptions=True)


async def _to_kubelet(stream: SpdyStream, channel: int, kubelet: ClientConnection, ends: bool) -> None:
    while data := await stream.read():
        await kubelet.send(bytes([channel]) + data)
    if ends and channel == CHANNELS["stdin"]:
        await kubelet.send(bytes([_CLOSE, channel]))


async def _from_kubelet(kubelet: ClientConnection, streams: dict[int, SpdyStream]) -> None:
    with suppress(ConnectionClosed):
        async for message in kubelet:
            data = message if isinstance(message, bytes) else message.encode()
            if data and (stream := streams.get(data[0])) is not None:
                await stream.write(data[1:])
