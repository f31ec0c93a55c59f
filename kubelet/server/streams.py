"""Exec over a websocket: channels in front of bytes, as `v4.channel.k8s.io` and `v5.channel.k8s.io` say.

Called by `kubelet.server.app`; `attaching` has its channels from here. It starts the command through the runtime and
copies between its pipes, or its terminal, and the socket. Source: k8s.io/apimachinery's remotecommand constants,
KEP-4006.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import struct
import termios
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

STDIN, STDOUT, STDERR, ERROR, RESIZE, CLOSE = 0, 1, 2, 3, 4, 255
PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")


class WebSocket:
    """An accepted ASGI websocket with channels. `close_code` is known when the client has gone."""

    def __init__(self, receive: Any, send: Any):
        self._receive, self._send = receive, send
        self.close_code = 0

    async def send(self, channel: int, data: bytes) -> None:
        await self._send({"type": "websocket.send", "bytes": bytes([channel]) + data})

    async def receive(self) -> tuple[int, bytes] | None:
        """One message; None when the client has gone."""
        message = await self._receive()
        if message["type"] != "websocket.receive":
            self.close_code = message.get("code", 1006)
            return None
        data = message.get("bytes") or (message.get("text") or "").encode()
        return (data[0], data[1:]) if data else (STDIN, b"")

    async def close(self) -> None:
        await self._send({"type": "websocket.close", "code": 1000})


def success() -> bytes:
    return json.dumps({"metadata": {}, "status": "Success"}).encode()


def exit_status(code: int) -> bytes:
    """The Status that ends an exec."""
    if code == 0:
        return success()
    return json.dumps({
        "metadata": {}, "status": "Failure", "reason": "NonZeroExitCode",
        "message": f"command terminated with non-zero exit code: exit status {code}",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }).encode()  # fmt: skip


def failure(message: str) -> bytes:
    return json.dumps({
        "metadata": {}, "status": "Failure", "reason": "InternalError", "message": message, "code": 500,
    }).encode()  # fmt: skip


async def run_exec(
    socket: WebSocket, argv: Sequence[str], env: dict[str, str], *, stdin: bool, terminal: tuple[int, int] | None
) -> None:
    """Runs a command for the client until it ends; it is ended when the client goes away.

    With a terminal (both its ends) the command has one stream in each direction.
    """
    process = _Terminal(socket, *terminal) if terminal else _Pipes(socket)
    try:
        await process.start(argv, env, stdin)
    except OSError as error:
        await socket.send(ERROR, failure(str(error)))
        return
    listener = asyncio.create_task(_listen(socket, process))
    try:
        code = await process.finish()
        await socket.send(ERROR, exit_status(code))
    finally:
        listener.cancel()
        process.kill()


async def _listen(socket: WebSocket, process: _Pipes) -> None:
    while (message := await socket.receive()) is not None:
        channel, data = message
        if channel == STDIN:
            await process.write(data)
        elif channel == RESIZE:
            process.resize(data)
        elif channel == CLOSE and data[:1] == bytes([STDIN]):
            process.end_input()
    process.kill()


class _Pipes:
    """A command with three pipes."""

    def __init__(self, socket: WebSocket):
        self.socket = socket
        self.process: asyncio.subprocess.Process

    async def start(self, argv: Sequence[str], env: dict[str, str], stdin: bool) -> None:
        self.process = await asyncio.create_subprocess_exec(
            *argv, env=env, start_new_session=True,
            stdin=asyncio.subprocess.PIPE if stdin else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip

    async def finish(self) -> int:
        copies = ((self.process.stdout, STDOUT), (self.process.stderr, STDERR))
        await asyncio.gather(*(self._copy(stream, channel) for stream, channel in copies))
        return _shell_code(await self.process.wait())

    async def _copy(self, stream: asyncio.StreamReader, channel: int) -> None:
        while data := await stream.read(32768):
            await self.socket.send(channel, data)

    async def write(self, data: bytes) -> None:
        if self.process.stdin is None:
            return
        with suppress(OSError):
            self.process.stdin.write(data)
            await self.process.stdin.drain()

    def end_input(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()

    def resize(self, data: bytes) -> None:
        """Only terminals have a size."""

    def kill(self) -> None:
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


class _Terminal(_Pipes):
    """A command on a terminal of its own: one stream in each direction."""

    def __init__(self, socket: WebSocket, master: int, slave: int):
        super().__init__(socket)
        self.master, self.slave = master, slave

    async def start(self, argv: Sequence[str], env: dict[str, str], stdin: bool) -> None:
        os.set_blocking(self.master, False)
        # In the container, setsid --ctty makes the terminal the command's own: Ctrl-C and the window's size reach it.
        at = argv.index("--") + 1
        inside = [*argv[:at], "setsid", "--ctty", "--wait", *argv[at:]]
        try:
            self.process = await asyncio.create_subprocess_exec(
                *inside, env={"TERM": "xterm", **env}, start_new_session=True,
                stdin=self.slave, stdout=self.slave, stderr=self.slave,
            )  # fmt: skip
        finally:
            os.close(self.slave)

    async def finish(self) -> int:
        loop, readable = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self.master, readable.set)
        waiter = asyncio.create_task(self.process.wait())
        try:
            while await self._copy_available():
                readable.clear()
                waking = asyncio.create_task(readable.wait())
                await asyncio.wait({waking, waiter}, return_when=asyncio.FIRST_COMPLETED)
                waking.cancel()
                if waiter.done() and not readable.is_set():
                    break
            return _shell_code(await waiter)
        finally:
            loop.remove_reader(self.master)
            os.close(self.master)
            self.master = -1

    async def _copy_available(self) -> bool:
        """Copies what is there; False at the end."""
        while True:
            try:
                data = os.read(self.master, 32768)
            except BlockingIOError:
                return True
            except OSError:  # the other side of the terminal is closed
                return False
            if not data:
                return False
            await self.socket.send(STDOUT, data)

    async def write(self, data: bytes) -> None:
        while data and self.master >= 0:
            try:
                data = data[os.write(self.master, data) :]
            except BlockingIOError:
                await asyncio.sleep(0.01)
            except OSError:
                return

    def end_input(self) -> None:
        """A terminal's input does not end; Ctrl-D is a byte."""

    def resize(self, data: bytes) -> None:
        with suppress(ValueError, KeyError, OSError):
            size = json.loads(data)
            packed = struct.pack("HHHH", int(size["Height"]), int(size["Width"]), 0, 0)
            fcntl.ioctl(self.master, termios.TIOCSWINSZ, packed)


def _shell_code(code: int) -> int:
    return code if code >= 0 else 128 - code
