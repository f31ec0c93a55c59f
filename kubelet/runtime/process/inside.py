"""Ways into a container that runs: a command, a terminal, its streams, a socket in its network.

Called by `ProcessRuntime` and by `enter`. It calls the records to find the container, and the shim's socket to attach.
It leaves out what is said over the streams: that is the kubelet's server's.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Sequence

from kube import linux
from kubelet.runtime.interface import ContainerRecord, RuntimeFailure
from kubelet.runtime.process import stdio
from kubelet.runtime.process.records import Records, read_json

SOCKET = "attach"
BLOCK = 32768
"""Both as in `streams`, which the shim alone imports."""


def running_record(records: Records, uid: str, container: str) -> ContainerRecord:
    """The running attempt of a container. Raises RuntimeFailure."""
    attempts = records.attempts(uid, container)
    record = records.container(uid, container, attempts[-1]) if attempts else None
    if record is None or record.state != "running":
        raise RuntimeFailure("NotRunning", f'container not found ("{container}")')
    return record


def exec_argv(records: Records, uid: str, container: str, command: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """`nsenter` into a running container, and the container's environment. Raises RuntimeFailure."""
    record = running_record(records, uid, container)
    spec = read_json(records.attempt_directory(uid, container, record.attempt) / "spec.json") or {}
    where = ["--mount", "--uts", "--ipc", "--net", "--pid", f"--wdns={spec.get('cwd') or '/'}"]
    return ["nsenter", f"--target={record.pid}", *where, "--", *command], dict(spec["env"])


def open_terminal(records: Records, uid: str, container: str) -> tuple[int, int]:
    """A new terminal out of the container's own devpts: both ends. Raises OSError, RuntimeFailure."""
    return stdio.open_terminal(f"/proc/{running_record(records, uid, container).pid}/root/dev/pts")


class Attachment:
    """See `kubelet.runtime.interface.Attachment`: one connection to the shim."""

    def __init__(self, sock: socket.socket):
        self._sock = sock

    async def send(self, channel: int, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        for at in range(0, len(data) or 1, BLOCK):
            await loop.sock_sendall(self._sock, bytes([channel]) + data[at : at + BLOCK])

    async def receive(self) -> tuple[int, bytes] | None:
        try:
            message = await asyncio.get_running_loop().sock_recv(self._sock, BLOCK + 1)
        except ConnectionError:
            return None
        return (message[0], message[1:]) if message else None

    def close(self) -> None:
        self._sock.close()


def attach(records: Records, uid: str, container: str) -> Attachment:
    """Raises RuntimeFailure, OSError."""
    record = running_record(records, uid, container)
    directory = os.open(records.attempt_directory(uid, container, record.attempt), os.O_PATH | os.O_CLOEXEC)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        sock.connect(f"/proc/self/fd/{directory}/{SOCKET}")  # the whole path may be too long for a socket
    except OSError:
        sock.close()
        raise
    finally:
        os.close(directory)
    sock.setblocking(False)
    return Attachment(sock)


def socket_inside(netns: str) -> socket.socket:
    """Makes a socket in a network namespace; in a thread of its own, which then goes back."""
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    there = os.open(netns, os.O_RDONLY | os.O_CLOEXEC)
    try:
        linux.setns(there, linux.CLONE_NEWNET)
        return socket.socket()
    finally:
        linux.setns(home, linux.CLONE_NEWNET)
        os.close(home)
        os.close(there)
