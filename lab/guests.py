"""A machine that is a User-Mode Linux guest: the same interface as a machine made of namespaces, over its agent.

Called by `lab.fleet`. It calls `lab.agent` in the guest, through a socket of the lab's network, and `lab.uml` to
start the guest. A guest has a kernel of its own, so IPVS is there whatever the kernel of this machine has.
"""

from __future__ import annotations

import contextlib
import io
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lab.agent import EXIT, FRAME, STDERR, STDIN, STDOUT, frame
from lab.config import AGENT_PORT
from lab.machines import Namespaces, environment
from lab.spawn import SpawnError


class Guest:
    """One guest. `control` is the machine on whose network its agent is reached."""

    def __init__(self, name: str, address: str, secret: str, control: Namespaces, env: Mapping[str, str]):
        self.name, self.address, self.secret, self.control, self.env = name, address, secret, control, env

    def _ask(self, operation: str, timeout: float | None = 30, **fields: Any) -> socket.socket:
        sock = self.control.connect((self.address, AGENT_PORT), timeout)
        request = {"secret": self.secret, "operation": operation, **fields}
        sock.sendall(json.dumps(request).encode() + b"\n")
        return sock

    def _answer(self, operation: str, **fields: Any) -> dict[str, Any]:
        with self._ask(operation, **fields) as sock, sock.makefile("rb") as lines:
            line = lines.readline()
        if not line:
            raise OSError(f"{self.name}: its agent closed the connection")
        return json.loads(line)

    def answers(self) -> bool:
        """Whether the guest has booted as far as its agent."""
        try:
            self.control.connect((self.address, AGENT_PORT), 0.5).close()
            return True
        except OSError:
            return False

    def start(self, argv: Sequence[str], log: Path, pass_fds: Sequence[int] = ()) -> int:
        answer = self._answer("start", argv=list(argv), log=str(log), env=environment(**self.env))
        if "error" in answer:
            raise SpawnError(f"{self.name}: {answer['error']}")
        return answer["pid"]

    def start_time(self, pid: int) -> int | None:
        try:
            return self._answer("start_time", pid=pid)["start_time"]
        except OSError:
            return None

    def kill(self, pid: int, number: int) -> None:
        self._answer("kill", pid=pid, signal=number)

    def execute(self, argv: Sequence[str], **options: Any) -> int:
        return self._stream(argv, sys.stdin.buffer, sys.stdout.buffer, sys.stderr.buffer, None)

    def run(self, argv: Sequence[str], input: str = "", timeout: float = 60) -> subprocess.CompletedProcess[str]:
        out, err = io.BytesIO(), io.BytesIO()
        code = self._stream(argv, io.BytesIO(input.encode()), out, err, timeout)
        texts = (stream.getvalue().decode(errors="replace") for stream in (out, err))
        return subprocess.CompletedProcess(argv, code, *texts)

    def _stream(
        self, argv: Sequence[str], source: io.IOBase, out: io.IOBase, err: io.IOBase, timeout: float | None
    ) -> int:
        with self._ask("execute", timeout, argv=list(argv), env=environment(**self.env)) as sock:
            threading.Thread(target=_send_input, args=(sock, source), daemon=True).start()
            with sock.makefile("rb") as frames:
                return _receive(frames, {STDOUT: out, STDERR: err})


def _send_input(sock: socket.socket, source: Any) -> None:
    read = getattr(source, "read1", source.read)
    with contextlib.suppress(OSError, ValueError):
        while data := read(65536):
            sock.sendall(frame(STDIN, data))
        sock.sendall(frame(STDIN, b""))


def _receive(frames: io.BufferedIOBase, outputs: Mapping[int, Any]) -> int:
    while head := frames.read(FRAME.size):
        channel, length = FRAME.unpack(head)
        data = frames.read(length)
        if channel == EXIT:
            return int(data)
        outputs[channel].write(data)
        outputs[channel].flush()
    raise OSError("the guest ended before its command")
