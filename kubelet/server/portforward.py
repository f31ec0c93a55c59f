"""Port-forward over a websocket: for the n-th port, channel 2n carries data and channel 2n+1 errors.

Called by `kubelet.server.app`. Each channel first sends its port as two bytes, little-endian. Connections are made
on the pod's own loopback, by the runtime.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from kubelet.runtime.interface import Runtime
from kubelet.server.streams import CLOSE, WebSocket

PROTOCOLS = ("v5.portforward.k8s.io", "v4.portforward.k8s.io", "portforward.k8s.io",
             "v5.channel.k8s.io", "v4.channel.k8s.io")  # fmt: skip


async def run_port_forward(socket: WebSocket, runtime: Runtime, uid: str, ports: Sequence[int]) -> None:
    """Until the client goes away, or all connections have ended."""
    for index, port in enumerate(ports):
        for channel in (2 * index, 2 * index + 1):
            await socket.send(channel, port.to_bytes(2, "little"))
    writers: dict[int, asyncio.StreamWriter] = {}
    copies = [asyncio.create_task(_connect(socket, runtime, uid, i, port, writers)) for i, port in enumerate(ports)]
    listener = asyncio.create_task(_listen(socket, writers, copies))
    all_copied = asyncio.gather(*copies, return_exceptions=True)  # nobody would ask it for an exception
    try:
        await asyncio.wait({listener, all_copied}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (listener, *copies):
            task.cancel()
        await asyncio.gather(listener, *copies, return_exceptions=True)
        for writer in writers.values():
            writer.close()


async def _connect(
    socket: WebSocket, runtime: Runtime, uid: str, index: int, port: int, writers: dict[int, asyncio.StreamWriter]
) -> None:
    try:
        reader, writers[index] = await runtime.connect(uid, port)
    except OSError as error:
        text = f"error forwarding port {port} to pod {uid}, uid : failed to connect to localhost:{port}: {error}"
        await socket.send(2 * index + 1, text.encode())
        return
    with suppress(OSError):
        while data := await reader.read(32768):
            await socket.send(2 * index, data)


async def _connected(
    index: int, writers: dict[int, asyncio.StreamWriter], copies: Sequence[asyncio.Task[None]]
) -> None:
    """Data may come before the connection to the pod is made."""
    while index not in writers and not copies[index].done():  # noqa: ASYNC110, a few milliseconds, once
        await asyncio.sleep(0.005)


async def _listen(
    socket: WebSocket, writers: dict[int, asyncio.StreamWriter], copies: Sequence[asyncio.Task[None]]
) -> None:
    early: dict[int, list[bytes]] = {}
    while (message := await socket.receive()) is not None:
        channel, data = message
        if channel == CLOSE:
            index = data[0] // 2 if data else 0
            if index in writers and writers[index].can_write_eof():
                writers[index].write_eof()
            continue
        index = channel // 2
        if channel % 2 or index >= len(copies):
            continue
        early.setdefault(index, []).append(data)
        await _connected(index, writers, copies)
        if writer := writers.get(index):
            with suppress(OSError):
                writer.write(b"".join(early.pop(index, [])))
                await writer.drain()
