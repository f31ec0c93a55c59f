"""The API servers that are measured: ours on an etcd of its own, the peer of the command line, and a bare reference.

Called by the benchmarks of the server. It calls the test suite's support for etcd and the API server, so that what is
measured is what is tested. Everything is on: TLS, bearer tokens, RBAC, admission, validation; etcd writes to the disk.
"""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks import OURS, Settings, processes
from tests.etcd_server import EtcdServer
from tests.support.cluster import start_apiserver
from tests.support.pki import Authority

REFERENCE, PEER = "bare FastAPI", "peer"
ADDRESSES = "10.64.0.0/12"
"""Wide enough for every Service that is made here."""


@dataclass(frozen=True)
class Target:
    """One server under load. `pid` is 0 when its process cannot be seen from here."""

    subject: str
    url: str
    token: str
    pid: int = 0
    etcd_pid: int = 0

    @property
    def address(self) -> tuple[str, int]:
        url = urlsplit(self.url)
        return url.hostname or "127.0.0.1", url.port or 443

    def request(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """(status, the JSON of the answer), on a connection of its own."""
        host, port = self.address
        connection = HTTPSConnection(host, port, context=trusting(), timeout=120)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        return response.status, json.loads(answer) if answer.startswith(b"{") else answer

    def cpu(self) -> float:
        """Seconds of processor time that the server (with its workers) has used until now."""
        return processes.cpu_seconds(self.pid)

    def memory(self) -> float:
        """Resident megabytes, what workers share counted once."""
        return processes.resident_megabytes(self.pid)


def trusting() -> ssl.SSLContext:
    """Any certificate will do: what is measured here is speed."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


@contextmanager
def ours(settings: Settings) -> Iterator[Target]:
    """A new etcd and a new API server on it."""
    with tempfile.TemporaryDirectory(prefix="kube-lite-bench-") as name:
        directory = Path(name)
        etcd = EtcdServer(directory).start()
        try:
            flags = ["--service-cluster-ip-range", ADDRESSES, "--workers", str(settings.workers)]
            flags += ["--disable-admission-plugins", "ServiceAccount"]  # no controller makes any account
            server = start_apiserver(etcd.url, directory / "apiserver", flags=flags, prefix="/registry")
            try:
                yield Target(_named(settings), server.url, server.token, server.process.pid, etcd.process.pid)
            finally:
                server.stop()
        finally:
            etcd.stop()


def _named(settings: Settings) -> str:
    return OURS if settings.workers == 1 else f"{OURS}, {settings.workers} workers"


@contextmanager
def peer(settings: Settings) -> Iterator[Target]:
    """The server of `--peer`, which is there already."""
    yield Target(PEER, settings.peer.url, settings.peer.token, settings.peer.pid)


@contextmanager
def reference(_settings: Settings) -> Iterator[Target]:
    """FastAPI with nothing around it (`reference.py`): what this machine could do at most with such parts."""
    with tempfile.TemporaryDirectory(prefix="kube-lite-bench-") as name:
        directory = Path(name)
        certificate, key = Authority(directory / "pki").serving()
        etcd = EtcdServer(directory).start()
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.reference", etcd.url, str(certificate), str(key)],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            yield Target(REFERENCE, process.stdout.readline().strip(), "none", process.pid, etcd.process.pid)
        finally:
            process.terminate()
            process.wait(20)
            process.stdout.close()
            etcd.stop()


def kinds(settings: Settings) -> list[Any]:
    """The Kubernetes API servers to measure."""
    return [ours, peer] if settings.peer else [ours]


@contextmanager
def namespace(target: Target) -> Iterator[str]:
    """A namespace of its own; on a server that lives on, all that was made in it is gone afterwards."""
    name = f"bench-{uuid.uuid4().hex[:8]}"
    if target.subject == REFERENCE:
        yield name
        return
    status, answer = target.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    assert status == 201, answer
    yield name
    if target.subject == PEER:
        for plural in ("services", "configmaps"):
            target.request("DELETE", f"/api/v1/namespaces/{name}/{plural}")
        target.request("DELETE", f"/api/v1/namespaces/{name}")
