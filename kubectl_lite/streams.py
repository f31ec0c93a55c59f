"""A container's streams joined to ours: what `exec`, `attach`, `run -it` and `cp` have in common.

Called by those commands. It speaks `v5.channel.k8s.io` (v4 with older servers) over one websocket: the first byte of
each message names the stream. Source: KEP-4006. It leaves out SPDY, which servers of this age no longer need.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import termios
import threading
import tty
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from kubectl_lite.errors import CommandError
from kubectl_lite.session import Session

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

    from kube.client.config import ClientConfig

STDIN, STDOUT, STDERR, ERROR, RESIZE, CLOSE = 0, 1, 2, 3, 4, 255
V5, V4 = "v5.channel.k8s.io", "v4.channel.k8s.io"
Json = dict[str, Any]
Sink = Callable[[int, bytes], None]
Source = Callable[[Callable[[bytes], Awaitable[None]]], Awaitable[None]]


def path_of(pod: Json, subresource: str, container: str, argv: tuple[str, ...] = (), **wanted: bool) -> str:
    """The URL of `exec` or `attach`; `wanted` are stdin, stdout, stderr and tty."""
    meta = pod["metadata"]
    query = [("container", container), *(("command", word) for word in argv)]
    query += [(name, "true") for name, yes in wanted.items() if yes]
    return f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}/{subresource}?{urlencode(query)}"


@asynccontextmanager
async def connected(session: Session, path: str, protocols: tuple[str, ...] = (V5, V4)) -> AsyncIterator[Any]:
    """A websocket to the server. Raises the server's error when it refuses, CommandError when it is not there."""
    import websockets

    config = session.config
    context = config.ssl_context() or None
    names: Json = {"server_hostname": config.tls_server_name} if context and config.tls_server_name else {}
    names |= {"sock": await _through(config)} if config.proxy_url else {}
    url = config.server.replace("http", "ws", 1).rstrip("/") + path
    try:
        async with websockets.connect(
            url, subprotocols=list(protocols), ssl=context, additional_headers=session.identity(),  # type: ignore
            max_size=None, compression=None, proxy=None, **names,
        ) as socket:  # fmt: skip
            yield socket
    except websockets.InvalidStatus as refused:
        raise _refusal(refused.response.body, refused.response.status_code) from refused
    except websockets.ConnectionClosedError as broken:
        raise CommandError("the connection to the server ended unexpectedly") from broken


async def _through(config: ClientConfig) -> socket.socket:
    """A connection that the proxy makes. Raises CommandError."""
    from kube.client.proxies import tunnel

    where = urlsplit(config.server)
    port = where.port or {"https": 443}.get(where.scheme, 80)
    try:
        return await tunnel(config.proxy_url, where.hostname or "", port)
    except OSError as why:
        raise CommandError(f"Unable to connect to the server: {why}", prefix=False) from why


async def run(session: Session, path: str, *, stdin: bool, terminal: bool, redraw: bool = False) -> Json:
    """Joins the streams to this process's own until the command ends; returns the Status that says how.

    With `redraw` a program that fills the terminal is made to draw it anew: it is told of two sizes.
    """
    async with connected(session, path) as socket:
        with _raw_terminal() if terminal else nullcontext():
            source = _from_stdin if stdin else None
            return await converse(socket, _to_ours, source, sizes=terminal, redraw=redraw)


async def converse(
    socket: ClientConnection, sink: Sink, source: Source | None, *, sizes: bool = False, redraw: bool = False
) -> Json:
    """Gives what arrives to `sink` and sends what `source` brings, until the other side ends; returns its Status."""
    sending = [asyncio.create_task(_send(socket, source))] if source else []
    sending += [asyncio.create_task(_send_sizes(socket, redraw))] if sizes else []
    status: Json = {}
    try:
        async for message in socket:
            assert isinstance(message, bytes)
            channel, data = message[0], message[1:]
            if channel == ERROR:
                status = json.loads(data)
            elif channel in (STDOUT, STDERR):
                sink(channel, data)
    finally:
        for task in sending:
            task.cancel()
        await asyncio.gather(*sending, return_exceptions=True)
    return status


async def _send(socket: ClientConnection, source: Source) -> None:
    """All that the source brings; its end too, where the protocol can say so."""

    async def send(data: bytes) -> None:
        await socket.send(bytes([STDIN]) + data)

    await source(send)
    if socket.subprotocol == V5:
        await socket.send(bytes([CLOSE, STDIN]))


def _to_ours(channel: int, data: bytes) -> None:
    stream = sys.stdout.buffer if channel == STDOUT else sys.stderr.buffer
    stream.write(data)
    stream.flush()


async def _from_stdin(send: Callable[[bytes], Awaitable[None]]) -> None:
    loop, queue = asyncio.get_running_loop(), asyncio.Queue[bytes]()

    def read() -> None:  # a thread, because a file cannot be awaited; a daemon, because a read cannot be cancelled
        data = b"first"
        while data and not loop.is_closed():
            data = os.read(sys.stdin.fileno(), 65536)
            if not loop.is_closed():
                loop.call_soon_threadsafe(queue.put_nowait, data)

    threading.Thread(target=read, daemon=True).start()
    while data := await queue.get():
        await send(data)


async def _send_sizes(socket: ClientConnection, redraw: bool) -> None:
    """The terminal's size, now and whenever it changes; with `redraw` a slightly larger one before.

    It is what the terminal itself says, as in kubectl: $COLUMNS and $LINES may be those of another.
    """
    if not sys.stdout.isatty():
        return
    changed = asyncio.Event()
    changed.set()
    asyncio.get_running_loop().add_signal_handler(signal.SIGWINCH, changed.set)
    larger = (1, 0) if redraw else (0,)
    while await changed.wait():
        changed.clear()
        width, height = os.get_terminal_size(sys.stdout.fileno())
        for more in larger:
            size = {"Width": width + more, "Height": height + more}
            await socket.send(bytes([RESIZE]) + json.dumps(size).encode())
        larger = (0,)


@contextmanager
def _raw_terminal() -> Iterator[None]:
    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setraw(sys.stdin, termios.TCSANOW)  # what was typed ahead is kept
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _refusal(body: bytes | None, code: int) -> Exception:
    """The server's Status as its error, or whatever it said instead."""
    from kube.apimachinery.errors import from_status
    from kube.apimachinery.meta_v1 import Status

    try:
        return from_status(Status.from_json(body or b""))
    except ValueError:
        return CommandError(f"unable to upgrade connection: {(body or b'').decode(errors='replace') or code}")


def is_terminal(stdin: bool, tty: bool, quiet: bool = False) -> bool:
    """Whether to ask for a terminal; without our input there is none, and an input that is no terminal is told."""
    if not stdin:
        return False
    if tty and not sys.stdin.isatty():
        if not quiet:
            print("Unable to use a TTY - input is not a terminal or the right kind of file", file=sys.stderr)
        return False
    return tty


def exit_code(status: Json, *, quiet: bool = False) -> int:
    """From the Status in the last message. One that is not 0 is told, unless `quiet`."""
    if status.get("status") == "Success":
        return 0
    causes = (status.get("details") or {}).get("causes") or ()
    codes = [cause["message"] for cause in causes if cause.get("reason") == "ExitCode"]
    if codes:
        if not quiet:
            print(f"command terminated with exit code {codes[0]}", file=sys.stderr)
        return int(codes[0])
    raise CommandError(status.get("message") or "the connection ended before the command did")
