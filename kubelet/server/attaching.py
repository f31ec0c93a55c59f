"""Attach: a client's websocket joined to a container's own streams, which go on without it.

Called by `kubelet.server.app`. It calls the runtime's attachment, whose channels are the websocket's. It leaves out
what the end of a client's input means for the container, which is the runtime's to know. Source: kubernetes
pkg/kubelet/server, containerd's attach.

    the client's input ends, or it leaves    the container is told (255)
    this kubelet stops                       it is not: whoever attaches next goes on
    the container ends                       Status Success, as Kubernetes has it: the exit code is in the pod
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from contextlib import suppress

from kubelet.runtime.interface import Attachment
from kubelet.server import streams

_SERVER_STOPS = 1012
"""The code with which uvicorn ends websockets when it stops."""


async def run_attach(
    socket: streams.WebSocket, attachment: Attachment, *, stdin: bool, outputs: Collection[int]
) -> None:
    """Until the container ends, or lets go of the client, or the client goes."""
    up = asyncio.create_task(_to_container(socket, attachment, stdin))
    down = asyncio.create_task(_to_client(socket, attachment, outputs))
    try:
        await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
        if down.done():
            await socket.send(streams.ERROR, streams.success())
    finally:
        up.cancel()
        down.cancel()
        await asyncio.gather(up, down, return_exceptions=True)
        attachment.close()


async def _to_container(socket: streams.WebSocket, attachment: Attachment, stdin: bool) -> None:
    """Returns when the client has gone."""
    with suppress(OSError):  # the container may end first
        while (message := await socket.receive()) is not None:
            channel, data = message
            ends = channel == streams.CLOSE and data[:1] == bytes([streams.STDIN])
            if channel == streams.RESIZE or (stdin and (ends or channel == streams.STDIN)):
                await attachment.send(channel, data)
        if stdin and socket.close_code != _SERVER_STOPS:
            await attachment.send(streams.CLOSE, bytes([streams.STDIN]))
        return
    await asyncio.Event().wait()  # until what the container said at last has been passed on


async def _to_client(socket: streams.WebSocket, attachment: Attachment, outputs: Collection[int]) -> None:
    while (message := await attachment.receive()) is not None:
        channel, data = message
        if channel in outputs:
            await socket.send(channel, data)
