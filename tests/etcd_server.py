"""A real etcd for tests: one process, on free ports, that can be killed and started again on its data.

Used by the fixtures of conftest.py and by tests that need an etcd of their own to kill, fill or cluster. Its
readiness is etcd's own message to the service manager (sd_notify), so nothing is polled. It keeps no list of what
it started: the fixtures stop what they start.
"""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable
from pathlib import Path


def find_free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listened on a moment ago."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class EtcdServer:
    """One etcd process of its own. `start` returns when it serves; data survive `kill` and a new `start`.

    With `peers` (name -> peer URL) it is one member of a cluster. Readiness is etcd's own message to the service
    manager (sd_notify), so nothing is polled.
    """

    def __init__(self, directory: Path, *args: str, name: str = "default", peers: dict[str, str] | None = None):
        self.directory, self.args, self.name = directory, args, name
        self.url = f"http://127.0.0.1:{find_free_port()}"
        self.peers = peers or {name: f"http://127.0.0.1:{find_free_port()}"}
        self.process: subprocess.Popen[bytes] | None = None

    def launch(self) -> socket.socket:
        """Starts the process; the socket receives `READY=1` when it serves."""
        notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = self.directory / "notify"
        path.unlink(missing_ok=True)
        notify.bind(str(path))
        with (self.directory / "etcd.log").open("ab") as log:
            self.process = subprocess.Popen(
                ["etcd", *self._flags(), *self.args],
                stdout=log, stderr=log, env={"NOTIFY_SOCKET": str(path), "PATH": "/usr/bin:/bin"},
            )  # fmt: skip
        return notify

    def _flags(self) -> list[str]:
        peer = self.peers[self.name]
        flags = {
            "name": self.name, "data-dir": str(self.directory / "data"),
            "listen-client-urls": self.url, "advertise-client-urls": self.url,
            "listen-peer-urls": peer, "initial-advertise-peer-urls": peer,
            "initial-cluster": ",".join(f"{name}={url}" for name, url in self.peers.items()),
        }  # fmt: skip
        return [f"--{key}={value}" for key, value in flags.items()]

    def await_ready(self, notify: socket.socket, seconds: float = 30) -> None:
        """Raises RuntimeError with the end of etcd's log when it does not come up."""
        with notify:
            notify.settimeout(0.5)
            for _ in range(int(seconds * 2)):
                try:
                    if b"READY=1" in notify.recv(4096):
                        return
                except TimeoutError:
                    if self.process.poll() is not None:
                        break
        log = (self.directory / "etcd.log").read_text(errors="replace")
        self.stop()
        raise RuntimeError(f"etcd did not start:\n{log[-2000:]}")

    def start(self) -> EtcdServer:
        self.await_ready(self.launch())
        return self

    def kill(self) -> None:
        """As `kill -9`: what was not on disk is lost."""
        self._end(lambda process: process.kill())

    def stop(self) -> None:
        self._end(lambda process: process.terminate())

    def _end(self, how: Callable[[subprocess.Popen[bytes]], None]) -> None:
        if self.process is not None:
            how(self.process)
            self.process.wait(20)
            self.process = None
