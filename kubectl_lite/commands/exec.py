"""`kubectl_lite exec`: runs a command in a container, its streams joined to ours.

Called by the command line. It asks for the pod, then speaks `v5.channel.k8s.io` (v4 with older servers) over one
websocket: the first byte of each message names the stream. Source: KEP-4006. It leaves out SPDY, which servers of
this age no longer need.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
import termios
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import click

from kubectl_lite.cli import command
from kubectl_lite.errors import CommandError
from kubectl_lite.resources import Target, targets
from kubectl_lite.session import Session

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

STDIN, STDOUT, STDERR, ERROR, RESIZE, CLOSE = 0, 1, 2, 3, 4, 255
V5, V4 = "v5.channel.k8s.io", "v4.channel.k8s.io"


@command("exec")
@click.argument("pod")
@click.argument("argv", nargs=-1, type=click.UNPROCESSED)
@click.option("-c", "--container", default="", help="Container name. If omitted, the pod's first container.")
@click.option("-i", "--stdin", is_flag=True, help="Pass stdin to the container.")
@click.option("-t", "--tty", "terminal", is_flag=True, help="Stdin is a TTY.")
@click.option("-q", "--quiet", is_flag=True, help="Only print output from the remote session.")
async def cli(
    session: Session, pod: str, argv: tuple[str, ...], container: str, stdin: bool, terminal: bool, quiet: bool
) -> int:
    """Execute a command in a container."""
    if not argv:
        raise CommandError("you must specify at least one command for the container")
    found = await _find_pod(session, (await targets(session, (pod,) if "/" in pod else ("pod", pod)))[0])
    terminal = terminal and stdin and sys.stdin.isatty()
    query = [("container", container or _default_container(found, quiet)), *(("command", word) for word in argv)]
    query += [("stdin", "true")] * stdin + [("stdout", "true"), ("tty" if terminal else "stderr", "true")]
    meta = found["metadata"]
    path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}/exec?{urlencode(query)}"
    status = await _run(session, path, stdin, terminal)
    return _exit_code(status)


async def _find_pod(session: Session, target: Target) -> dict[str, Any]:
    """The pod itself, or a running pod of a Deployment, Service, or whatever else selects pods."""
    found = await session.get(target.path)
    if found.get("kind") == "Pod":
        return found
    selector = (found.get("spec") or {}).get("selector") or {}
    labels = selector.get("matchLabels", selector)
    if not labels:
        raise CommandError(f"cannot attach to {target.printed}: it selects no pods")
    params = {"labelSelector": ",".join(f"{key}={value}" for key, value in labels.items())}
    listed = await session.get(f"/api/v1/namespaces/{target.namespace}/pods", params=params)
    running = [pod for pod in listed["items"] if pod.get("status", {}).get("phase") == "Running"]
    if not running:
        raise CommandError(f"{target.printed} has no running pod")
    return running[0]


def _default_container(pod: dict[str, Any], quiet: bool) -> str:
    """The annotated one, else the first; says so when there are others, as kubectl does."""
    names = [container["name"] for container in pod["spec"]["containers"]]
    annotated = pod["metadata"].get("annotations", {}).get("kubectl.kubernetes.io/default-container", "")
    chosen = annotated if annotated in names else names[0]
    if len(names) > 1 and not annotated and not quiet:
        print(f'Defaulted container "{chosen}" out of: {", ".join(names)}', file=sys.stderr)
    return chosen


async def _run(session: Session, path: str, stdin: bool, terminal: bool) -> dict[str, Any]:
    """Joins the streams until the command ends; returns the Status that says how."""
    import websockets

    config = session.config
    context = config.ssl_context() or None
    url = config.server.replace("http", "ws", 1).rstrip("/") + path
    try:
        async with websockets.connect(
            url, subprotocols=[V5, V4], ssl=context, additional_headers=config.auth_headers(), max_size=None,
            compression=None, proxy=None,
        ) as socket:  # fmt: skip
            with _raw_terminal() if terminal else _nothing():
                return await _converse(socket, stdin, terminal)
    except websockets.InvalidStatus as refused:
        raise _refusal(refused.response.body, refused.response.status_code) from refused


async def _converse(socket: ClientConnection, stdin: bool, terminal: bool) -> dict[str, Any]:
    sending = [asyncio.create_task(_send_stdin(socket))] if stdin else []
    sending += [asyncio.create_task(_send_sizes(socket))] if terminal else []
    status: dict[str, Any] = {}
    try:
        async for message in socket:
            assert isinstance(message, bytes)
            channel, data = message[0], message[1:]
            if channel == ERROR:
                status = json.loads(data)
            elif channel in (STDOUT, STDERR):
                stream = sys.stdout.buffer if channel == STDOUT else sys.stderr.buffer
                stream.write(data)
                stream.flush()
    finally:
        for task in sending:
            task.cancel()
        await asyncio.gather(*sending, return_exceptions=True)
    return status


async def _send_stdin(socket: ClientConnection) -> None:
    """What we read goes out; its end too, where the protocol can say so."""
    loop, queue = asyncio.get_running_loop(), asyncio.Queue[bytes]()

    def read() -> None:  # a thread, because a file cannot be awaited; a daemon, because a read cannot be cancelled
        data = b"first"
        while data and not loop.is_closed():
            data = os.read(sys.stdin.fileno(), 65536)
            if not loop.is_closed():
                loop.call_soon_threadsafe(queue.put_nowait, data)

    threading.Thread(target=read, daemon=True).start()
    while data := await queue.get():
        await socket.send(bytes([STDIN]) + data)
    if socket.subprotocol == V5:
        await socket.send(bytes([CLOSE, STDIN]))


async def _send_sizes(socket: ClientConnection) -> None:
    """The terminal's size, now and whenever it changes."""
    changed = asyncio.Event()
    changed.set()
    asyncio.get_running_loop().add_signal_handler(signal.SIGWINCH, changed.set)
    while await changed.wait():
        changed.clear()
        width, height = shutil.get_terminal_size()
        await socket.send(bytes([RESIZE]) + json.dumps({"Width": width, "Height": height}).encode())


@contextmanager
def _raw_terminal() -> Iterator[None]:
    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setraw(sys.stdin)
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _refusal(body: bytes | None, code: int) -> Exception:
    """The server's Status as its error, or whatever it said instead."""
    from kube.apimachinery.errors import from_status
    from kube.apimachinery.meta_v1 import Status

    try:
        return from_status(Status.from_json(body or b""))
    except ValueError:
        return CommandError(f"unable to upgrade connection: {(body or b'').decode(errors='replace') or code}")


def _exit_code(status: dict[str, Any]) -> int:
    """From the Status in the last message."""
    if status.get("status") == "Success":
        return 0
    causes = (status.get("details") or {}).get("causes") or ()
    codes = [cause["message"] for cause in causes if cause.get("reason") == "ExitCode"]
    if codes:
        print(f"command terminated with exit code {codes[0]}", file=sys.stderr)
        return int(codes[0])
    raise CommandError(status.get("message") or "the connection ended before the command did")
