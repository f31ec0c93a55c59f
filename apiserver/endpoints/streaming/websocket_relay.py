"""A websocket relayed to another server, message by message: for the `proxy` subresources.

Called by the proxy handler. It calls `websockets`. Text stays text and bytes stay bytes; when one side closes, the
other is closed with the same code. Source: k8s.io/apimachinery/pkg/util/proxy, which joins the connections themselves.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from apiserver.endpoints.responses import Header
from apiserver.endpoints.streaming.http_relay import Target
from apiserver.endpoints.streaming.remotecommand import Receive, Send

_OURS = (b"sec-websocket-", b"connection", b"upgrade", b"host", b"authorization")
_NORMAL = 1000


async def dial(
    target: Target, protocols: Sequence[str], headers: Sequence[Header], context: ssl.SSLContext | None
) -> ClientConnection:
    """Opens the other side with the client's headers. Raises OSError, TimeoutError, WebSocketException."""
    kept = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in headers if not n.startswith(_OURS)]
    scheme = "wss" if target.scheme == "https" else "ws"
    return await connect(
        f"{scheme}://{target.authority}{target.path}", ssl=context, subprotocols=list(protocols) or None,  # type: ignore[arg-type]
        additional_headers=kept, user_agent_header=None, compression=None, max_size=None, ping_interval=None,
        proxy=None,
    )  # fmt: skip


async def relay(receive: Receive, send: Send, backend: ClientConnection) -> None:
    """Until either side closes. `receive` and `send` are those of an accepted websocket."""
    tasks = [asyncio.create_task(_to_backend(receive, backend)), asyncio.create_task(_to_client(backend, send))]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await backend.close()


async def _to_backend(receive: Receive, backend: ClientConnection) -> None:
    with suppress(ConnectionClosed):
        while True:
            message = await receive()
            if message["type"] != "websocket.receive":
                return await backend.close(message.get("code") or _NORMAL)
            text = message.get("text")
            await backend.send(text if text is not None else message["bytes"])


async def _to_client(backend: ClientConnection, send: Send) -> None:
    with suppress(ConnectionClosed):
        async for data in backend:
            key = "text" if isinstance(data, str) else "bytes"
            await send({"type": "websocket.send", key: data})
    await send({"type": "websocket.close", "code": backend.close_code or _NORMAL})
