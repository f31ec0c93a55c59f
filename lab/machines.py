"""The machines of a lab, however they are made: start a process on one, run a command on one, ask whether it lives.

Called by `lab.up`, `lab.execute` and `lab.drivers`. Three kinds share one interface: this machine (`Local`), a set
of namespaces (`Namespaces`), and, in `lab.guests`, a User-Mode Linux guest. They call `lab.spawn` and `kube.linux`.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from kube import linux
from lab import spawn
from lab.config import REPOSITORY, SYSTEM_PATH


class Machine(Protocol):
    """Somewhere to run processes. Process ids are those that `start` returned."""

    name: str

    def start(self, argv: Sequence[str], log: Path, pass_fds: Sequence[int] = ()) -> int:
        """Starts a process that stays. Raises spawn.SpawnError."""

    def start_time(self, pid: int) -> int | None:
        """When that process started, None when it has gone."""

    def kill(self, pid: int, number: int) -> None:
        """Sends a signal; a process that has gone is no error."""

    def execute(self, argv: Sequence[str], **options: Any) -> int:
        """Runs a command on our own standard streams and returns its exit code."""

    def run(self, argv: Sequence[str], input: str = "", timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """Runs a command and returns its output."""


def environment(**more: str) -> dict[str, str]:
    """For every process of a lab: this environment, the system's programs, this interpreter, this source tree."""
    path = f"{Path(sys.executable).parent}:{SYSTEM_PATH}"
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "PYTEST_"))}
    unbuffered = {"PYTHONUNBUFFERED": "1", "PYTHONPATH": str(REPOSITORY)}
    return {**kept, "PATH": path, **unbuffered, **more}


class Local:
    """This machine itself, for a control plane without nodes."""

    def __init__(self, name: str = "control-plane"):
        self.name = name

    inside: int | None = None
    env: Mapping[str, str] = {}

    def start(self, argv: Sequence[str], log: Path, pass_fds: Sequence[int] = ()) -> int:
        log.parent.mkdir(parents=True, exist_ok=True)
        return spawn.start(argv, log=log, env=environment(**self.env), inside=self.inside, pass_fds=pass_fds)

    def start_time(self, pid: int) -> int | None:
        return linux.start_time(pid)

    def kill(self, pid: int, number: int) -> None:
        if linux.start_time(pid) is not None:
            os.kill(pid, number)

    def _command(self, argv: Sequence[str]) -> list[str]:
        return list(argv)

    def execute(self, argv: Sequence[str], **options: Any) -> int:
        return subprocess.run(self._command(argv), env=environment(**self.env), check=False, **options).returncode

    def run(self, argv: Sequence[str], input: str = "", timeout: float = 60) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._command(argv), env=environment(**self.env), input=input, capture_output=True, text=True,
            errors="replace", timeout=timeout, check=False,
        )  # fmt: skip


class Namespaces(Local):
    """A machine made of namespaces, named by the process that waits in them as its PID 1."""

    def __init__(self, name: str, pid: int, env: Mapping[str, str] | None = None):
        super().__init__(name)
        self.pid, self.inside, self.env = pid, pid, env or {}

    def _command(self, argv: Sequence[str]) -> list[str]:
        target = ["nsenter", f"--target={self.pid}", "--mount", "--uts", "--ipc", "--net", "--pid"]
        return [*target, "--", *argv]

    @classmethod
    def create(cls, name: str, etc: Path, addresses: Mapping[str, Sequence[str]]) -> Namespaces:
        """A new machine without links. `etc` is a directory for its /etc/hosts and /etc/resolv.conf."""
        etc.mkdir(parents=True, exist_ok=True)
        (etc / "hosts").write_text(hosts_file(addresses))
        (etc / "resolv.conf").write_text("# No name server: pods ask the cluster's DNS.\n")
        return cls(name, spawn.start_machine(name, lambda: _mounts(etc)))

    def network_batch(self, lines: Sequence[str]) -> None:
        """Applies lines of `ip -batch` in this machine's network. Raises OSError with what `ip` said."""
        # Only the network namespace is entered: a line may name another machine by our own id of its process.
        argv = ["nsenter", f"--target={self.pid}", "--net", "--", "ip", "-batch", "-"]
        done = subprocess.run(argv, input="\n".join(lines) + "\n", capture_output=True, text=True, check=False)
        if done.returncode:
            raise OSError(f"network of {self.name}: {done.stderr.strip()}")

    def connect(self, address: tuple[str, int], timeout: float | None = None) -> socket.socket:
        """A connected socket of this machine's network, usable here. Raises OSError."""
        sock = self.socket()
        sock.settimeout(timeout)
        try:
            sock.connect(address)
        except OSError:
            sock.close()
            raise
        return sock

    def listen(self, address: tuple[str, int]) -> socket.socket:
        """A listening socket of this machine's network, usable here. Raises OSError."""
        sock = self.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(1024)
        return sock

    def datagrams(self, address: tuple[str, int]) -> socket.socket:
        """A bound UDP socket of this machine's network, usable here. Raises OSError."""
        sock = self.socket(socket.SOCK_DGRAM)
        sock.bind(address)
        return sock

    def socket(self, kind: int = socket.SOCK_STREAM) -> socket.socket:
        """A socket belongs for ever to the network namespace in which it was made."""
        home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            linux.enter(self.pid, ["net"])
            return socket.socket(type=kind)
        finally:
            linux.setns(home, linux.CLONE_NEWNET)
            os.close(home)


def end(pid: int, number: int, seconds: float = 10) -> None:
    """Sends a signal and waits until the process has gone; SIGKILL when it takes too long.

    With its PID 1 a machine ends: its processes, then its mounts and links.
    """
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    with open(handle, "rb"):
        signal.pidfd_send_signal(handle, number)
        if not select.select([handle], [], [], seconds)[0]:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            select.select([handle], [], [], seconds)


def hosts_file(addresses: Mapping[str, Sequence[str]]) -> str:
    """/etc/hosts of every machine of the lab."""
    lines = ["127.0.0.1 localhost", "::1 localhost ip6-localhost"]
    lines += [f"{address} {name}" for name, known in addresses.items() for address in known]
    return "\n".join(lines) + "\n"


def _mounts(etc: Path) -> None:
    """/proc of its own PIDs, /run and the names in /etc of its own; everything else is the host's file tree."""
    resolv = os.path.realpath("/etc/resolv.conf")  # often a link into /run, which is new
    linux.mount("proc", "/proc", "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)
    linux.mount("run", "/run", "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "mode=755")
    for directory in ("/run/lock", "/run/netns"):
        os.makedirs(directory, exist_ok=True)
    for source, target in (("hosts", "/etc/hosts"), ("resolv.conf", resolv)):
        if not os.path.exists(target):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            Path(target).touch()
        linux.bind(str(etc / source), target)
    # Not allowed in some containers: /sys/class/net then shows the outer machine's links, which nothing here reads.
    with contextlib.suppress(PermissionError):
        linux.mount("sysfs", "/sys", "sysfs", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)
