"""What the kubelet asks of a container runtime, after the Container Runtime Interface (CRI) of Kubernetes.

Called by the pod workers, the probes and the kubelet's server. Implemented by `kubelet.runtime.process`. Images are
resolved by the runtime, since only it knows what it can run; volumes and addresses are given to it ready made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol


class RuntimeFailure(Exception):
    """The runtime could not do it. `reason` is what a pod's status says (`ErrImagePull`, `StartError`, ...)."""

    def __init__(self, reason: str, message: str):
        super().__init__(message)
        self.reason, self.message = reason, message


@dataclass(frozen=True)
class Mount:
    """A file or directory of the node, shown in the container."""

    source: str
    target: str
    read_only: bool = False


@dataclass(frozen=True)
class SandboxSpec:
    """What the containers of a pod share: their network, host name and names of other hosts."""

    uid: str
    namespace: str
    name: str
    hostname: str
    domain: str = ""
    host_network: bool = False
    resolv_conf: str = ""
    host_aliases: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class ContainerSpec:
    """One attempt to run one container."""

    name: str
    attempt: int
    image: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    working_dir: str = ""
    mounts: tuple[Mount, ...] = ()
    user: int | None = None
    group: int | None = None
    read_only_root: bool = False
    termination_message_path: str = "/dev/termination-log"
    stdin: bool = False
    stdin_once: bool = False
    """The container's input ends with that of the first who is attached."""
    tty: bool = False
    target: str = ""
    """The container among whose processes this one runs; it must be running."""
    host_processes: bool = False
    """It runs among the processes of the node."""
    facts: dict[str, str] = field(default_factory=dict)
    """What an image's files may speak of: the names of the pod and the node, the pod's address."""


@dataclass(frozen=True)
class ContainerRecord:
    """What is known of one attempt. `state` is `created`, `running` or `exited`; times are seconds since 1970."""

    name: str
    attempt: int
    image: str
    image_id: str
    container_id: str
    state: str
    pid: int = 0
    started_at: float = 0.0
    finished_at: float = 0.0
    exit_code: int = 0
    signal: int = 0
    reason: str = ""
    message: str = ""


@dataclass(frozen=True)
class PodRecord:
    """What is known of one pod: its addresses, and the newest attempt and the one before of each container."""

    uid: str
    namespace: str
    name: str
    ips: tuple[str, ...] = ()
    containers: dict[str, ContainerRecord] = field(default_factory=dict)
    previous: dict[str, ContainerRecord] = field(default_factory=dict)

    @property
    def running(self) -> list[ContainerRecord]:
        return [record for record in self.containers.values() if record.state == "running"]


class Attachment(Protocol):
    """A part in a container's input and output, while it runs. Channels are those of `v5.channel.k8s.io`."""

    async def send(self, channel: int, data: bytes) -> None:
        """Input (0), the terminal's size (4), or that there will be no more input (255). Raises OSError."""

    async def receive(self) -> tuple[int, bytes] | None:
        """Output (1, 2); None when the container has ended, or lets this one go because its input ended."""

    def close(self) -> None: ...


class Runtime(Protocol):
    """A container runtime. Methods that fail raise RuntimeFailure."""

    name: str
    on_change: Callable[[str], object]
    """Called with a pod's UID when one of its containers has ended."""

    async def start(self) -> None:
        """Finds what still runs from before a restart."""

    def pods(self) -> list[PodRecord]: ...

    def pod(self, uid: str) -> PodRecord | None:
        """None when there is no sandbox of that pod."""

    def check_image(self, image: str) -> str:
        """The image's id, as `pull` would answer. Raises RuntimeFailure (ErrImagePull, InvalidImageName)."""

    async def run_sandbox(self, spec: SandboxSpec) -> PodRecord: ...

    async def start_container(self, uid: str, spec: ContainerSpec) -> None: ...

    def signal(self, uid: str, container: str, number: int | None = None) -> None:
        """Sends a signal (None: the one that the image wants for a graceful end) to the container's first process."""

    async def stop_sandbox(self, uid: str) -> None:
        """Takes the network away; containers must have ended."""

    async def remove_pod(self, uid: str) -> None:
        """Forgets the pod with its logs."""

    def log_file(self, uid: str, container: str, attempt: int) -> str:
        """Where that attempt's output is, in the CRI's log format."""

    def exec_argv(self, uid: str, container: str, command: Sequence[str]) -> tuple[list[str], dict[str, str]]:
        """A command line and environment that run `command` inside the container."""

    def network_of(self, uid: str) -> tuple[str, str]:
        """The file of the pod's network namespace (empty: it uses the node's own), and its resolv.conf."""

    def open_terminal(self, uid: str, container: str) -> tuple[int, int]:
        """A terminal of the container's own: file descriptors of both ends. Raises OSError, RuntimeFailure."""

    def attach(self, uid: str, container: str) -> Attachment:
        """The container's output from now on, and its input. Raises OSError, RuntimeFailure."""

    async def connect(self, uid: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection to a port on the pod's own loopback. Raises OSError."""
