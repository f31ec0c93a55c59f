"""Cluster DNS on an API server of ours, with headless Services behind it: what the benchmarks of DNS ask.

Called by `dns_visibility` and `dns_throughput`. It starts `python -m cluster_dns` as a pod would, and calls
`benchmarks.servers` for the API server.
"""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

from benchmarks import Settings, servers
from benchmarks.servers import Target

SERVICES = "/api/v1/namespaces/default/services"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
ENDPOINTS = 3


@dataclass
class Dns:
    """A running server. `port` is for UDP and TCP on loopback."""

    api: Writer
    port: int
    process: subprocess.Popen[bytes]


class Writer:
    """Requests on one connection that stays open, as a controller has."""

    def __init__(self, target: Target):
        host, port = target.address
        context: ssl.SSLContext = servers.trusting()
        self._connection = HTTPSConnection(host, port, context=context, timeout=60)
        self._headers = {"Authorization": f"Bearer {target.token}", "Content-Type": "application/json"}

    def write(self, method: str, path: str, body: Any) -> None:
        """Raises RuntimeError when the server refuses."""
        self._connection.request(method, path, json.dumps(body), self._headers)
        response = self._connection.getresponse()
        answer = response.read()
        if response.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer[:300]!r}")


@contextmanager
def serving(settings: Settings, services: int) -> Iterator[Dns]:
    """So many headless Services `s0`, `s1`, ... with three endpoints each, and the Service `myapp`."""
    with servers.ours(settings) as target, tempfile.TemporaryDirectory(prefix="kube-lite-bench-") as directory:
        api = Writer(target)
        for number in range(services):
            api.write("POST", SERVICES, headless(number))
            api.write("POST", SLICES, endpoint_slice(number, 0))
        api.write("POST", SERVICES, {**_object("Service", "v1", "myapp"), "spec": {"ports": [{"port": 80}]}})
        port = _free_port()
        argv = [sys.executable, "-m", "cluster_dns", f"--kubeconfig={_kubeconfig(Path(directory), target)}",
                "--bind-address=127.0.0.1", f"--port={port}", "--health-address=127.0.0.1", "--health-port=0",
                "--metrics-port=0"]  # fmt: skip
        process = subprocess.Popen(argv, stderr=subprocess.DEVNULL)
        try:
            _wait(port)
            yield Dns(api, port, process)
        finally:
            process.terminate()
            process.wait(20)


def _object(kind: str, version: str, name: str, **labels: str) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "labels": labels}}


def headless(number: int) -> dict[str, Any]:
    spec = {"clusterIP": "None", "ports": [{"name": "http", "port": 80}]}
    return {**_object("Service", "v1", f"s{number}"), "spec": spec}


def endpoint_slice(number: int, change: int) -> dict[str, Any]:
    """The slice of one Service; with another `change` its first address is another."""
    first = f"10.{change >> 16 & 255}.{change >> 8 & 255}.{change & 255}"
    rest = [f"10.{200 + n}.{number >> 8}.{number & 255}" for n in range(1, ENDPOINTS)]
    made = _object("EndpointSlice", "discovery.k8s.io/v1", f"s{number}", **{"kubernetes.io/service-name": f"s{number}"})
    endpoints = [{"addresses": [address], "conditions": {"ready": True}} for address in (first, *rest)]
    return {**made, "addressType": "IPv4", "endpoints": endpoints, "ports": [{"name": "http", "port": 80}]}


def _kubeconfig(directory: Path, target: Target) -> Path:
    file = directory / "kubeconfig"
    file.write_text(json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "bench",
        "clusters": [{"name": "bench", "cluster": {"server": target.url, "insecure-skip-tls-verify": True}}],
        "users": [{"name": "bench", "user": {"token": target.token}}],
        "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "bench"}}],
    }))  # fmt: skip
    return file


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return sock.getsockname()[1]


def question(name: str) -> bytes:
    """A query for the address of a name of the namespace `default`."""
    labels = b"".join(bytes([len(one)]) + one.encode() for one in f"{name}.default.svc.cluster.local".split("."))
    return b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + labels + b"\x00\x00\x01\x00\x01"


def client(port: int, timeout: float = 1.0) -> socket.socket:
    sock = socket.socket(type=socket.SOCK_DGRAM)
    sock.connect(("127.0.0.1", port))
    sock.settimeout(timeout)
    return sock


def _wait(port: int, seconds: float = 30) -> None:
    """It answers only when it has seen all of the cluster."""
    deadline = time.monotonic() + seconds
    with client(port, 0.1) as sock:
        while time.monotonic() < deadline:
            try:
                sock.send(question("myapp"))
                sock.recv(4096)
                return
            except OSError:
                time.sleep(0.02)
    raise RuntimeError("cluster DNS does not answer")
