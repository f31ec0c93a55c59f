"""A kubelet's server without containers: exec, logs and port-forward of pods that are this machine's own processes.

Used by the tests of the API server's streams. It runs the kubelet's own application over TLS on a thread of its own;
only the runtime beneath is a stand-in, which runs commands where the test runs.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvicorn

from kube.api.core_v1 import Pod
from kubelet.runtime.interface import ContainerRecord, PodRecord
from kubelet.server import streams
from kubelet.server.app import KubeletApp
from kubelet.server.logs import LogOptions, read_log
from tests.support.pki import Authority


class LogAttachment:
    """What is attached to such a pod sees what its log gets, and its input goes nowhere."""

    def __init__(self, path: str):
        self._lines = read_log(path, LogOptions(follow=True, tail_lines=0), lambda: False)

    async def send(self, channel: int, data: bytes) -> None: ...

    async def receive(self) -> tuple[int, bytes] | None:
        while not (piece := await anext(self._lines)):
            pass
        return streams.STDOUT, piece

    def close(self) -> None: ...


class HostRuntime:
    """Every known pod has one running container; a command in it is a command here."""

    def __init__(self, directory: Path):
        self._directory = directory
        self.records: dict[str, PodRecord] = {}

    def pod(self, uid: str) -> PodRecord | None:
        return self.records.get(uid)

    def log_file(self, uid: str, container: str, attempt: int) -> str:
        return str(self._directory / f"{uid}-{container}-{attempt}.log")

    def exec_argv(self, uid: str, container: str, command: Sequence[str]) -> tuple[list[str], dict[str, str]]:
        return list(command), dict(os.environ)

    def open_terminal(self, uid: str, container: str) -> tuple[int, int]:
        return os.openpty()

    def attach(self, uid: str, container: str) -> LogAttachment:
        return LogAttachment(self.log_file(uid, container, 0))

    async def connect(self, uid: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", port)


class Pods:
    """What the kubelet's informer knows."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Pod] = {}

    def add(self, pod: Pod) -> None:
        self._known[pod.metadata.namespace, pod.metadata.name] = pod

    def get(self, namespace: str, name: str) -> Pod | None:
        return self._known.get((namespace, name))

    def list(self) -> list[Pod]:
        return list(self._known.values())


class KubeletServer:
    """Serves on a free port of 127.0.0.1 until `stop`. Callers must show a certificate of the authority."""

    def __init__(self, directory: Path, authority: Authority):
        self.runtime, self.pods = HostRuntime(directory), Pods()
        certificate, key = authority.serving()
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        app: Any = KubeletApp(self.pods, self.runtime, "127.0.0.1:9")  # type: ignore[arg-type]
        self._server = uvicorn.Server(
            uvicorn.Config(
                app, ssl_certfile=str(certificate), ssl_keyfile=str(key), ssl_ca_certs=str(authority.ca_file),
                ssl_cert_reqs=ssl.CERT_REQUIRED, ws="websockets-sansio", ws_per_message_deflate=False,
                log_config=None, timeout_graceful_shutdown=1,
            )
        )  # fmt: skip
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))

    def add(self, pod: Pod, log: str = "") -> None:
        """From now on the pod runs here, and has written this much."""
        container = pod.spec.containers[0]
        record = ContainerRecord(container.name, 0, container.image, container.image, "stand-in://1", "running")
        uid = pod.metadata.uid
        self.runtime.records[uid] = PodRecord(
            uid, pod.metadata.namespace, pod.metadata.name, ("127.0.0.1",), {container.name: record}
        )
        lines = [f"2026-01-01T00:00:00.000000000Z stdout F {line}" for line in log.splitlines()]
        Path(self.runtime.log_file(uid, container.name, 0)).write_text("".join(line + "\n" for line in lines))
        self.pods.add(pod)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)
