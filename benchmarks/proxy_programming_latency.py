"""How long from "pod ready" until a packet is answered through the cluster IP, among 1,000 Services?

The whole way, every part a process of its own: the pod's status is patched, the API server writes it to etcd, the
EndpointSlice controller sees it and writes a slice, the proxy sees that and programs nftables, and a client that has
asked the cluster IP again and again, and was refused, is answered. It runs in a network namespace, which is the node;
the pods' addresses are the node's own, so that one listener answers for all of them. `proxy_ipvs_latency` is the same
with IPVS.
"""

from __future__ import annotations

import contextlib
import json
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

from benchmarks import Row, Settings, place
from tests.etcd_server import EtcdServer
from tests.support.cluster import ROOT, ApiServer, start_apiserver
from tests.support.manager import ManagerProcess

SERVICES, CHANGES = 1_000, 100
NAMESPACE, NODE, PORT = "benchmark", "node1", 8080
PODS = "10.244.0.0/16"
PAUSE = 0.001
"""Seconds between two tries of the client: they must not be what the machine is busy with."""
TARGETS = {"p50": 50.0, "p99": 200.0}
READY, UNREADY = ({"type": "Ready", "status": status} for status in ("True", "False"))


def run(settings: Settings) -> Iterable[Row]:
    place.needs("nft", "etcd")
    return place.namespace(__name__, settings)


def measure(settings: Settings) -> Iterator[Row]:
    return latency(settings, "nftables")


def latency(settings: Settings, mode: str) -> Iterator[Row]:
    """The rows of one mode, measured in a new namespace."""
    place.empty_namespace()
    # Any address of a pod is this node's, and there is a way out, so that packets to a cluster IP meet the table.
    for line in ("link add eth0 type veth peer name eth1", "link set eth0 up", "link set eth1 up",
                 "addr add 192.168.77.11/24 dev eth0",
                 f"route add local {PODS} dev lo", "route add default dev eth0"):  # fmt: skip
        subprocess.run(["ip", *line.split()], check=True)
    count = settings.scaled(SERVICES)
    with _cluster(mode) as server, _answering():
        cluster = Cluster(server)
        addresses = cluster.prepare(count)
        list(_changes(cluster, addresses, 2))  # once everything runs
        samples = list(_changes(cluster, addresses, settings.scaled(CHANGES) * settings.repeat))
    ordered = sorted(samples)
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        sample = ordered[min(int(len(ordered) * share), len(ordered) - 1)]
        note = f"{len(ordered)} changes, one after the other"
        yield Row(f"pod ready -> answered through the cluster IP, {mode}, {count:,} Services, {name}", "ms", (sample,),
                  more_is_better=False, target=TARGETS[name], note=note)  # fmt: skip


def _changes(cluster: Cluster, addresses: dict[str, str], count: int) -> Iterator[float]:
    """Each Service is taken once in a while: a pod becomes ready, is reached, and is taken back, which is not timed."""
    for _ in range(count):
        name = random.choice(list(addresses))
        began = time.perf_counter()
        cluster.set_ready(name, True)
        yield (_answered(addresses[name]) - began) * 1000
        cluster.set_ready(name, False)
        _refused(addresses[name])
        time.sleep(random.uniform(0, 0.05))


def _answered(address: str) -> float:
    """When an answer came."""
    while True:
        with contextlib.suppress(OSError), socket.create_connection((address, 80), 1) as asking:
            if asking.recv(16):
                return time.perf_counter()
        time.sleep(PAUSE)


def _refused(address: str) -> None:
    while True:
        try:
            socket.create_connection((address, 80), 1).close()
        except ConnectionRefusedError:
            return
        time.sleep(PAUSE)


class Cluster:
    """The API server as its administrator sees it, on one connection a thread."""

    def __init__(self, server: ApiServer):
        self._server, self._local = server, threading.local()

    def write(self, method: str, path: str, body: dict[str, Any], kind: str = "application/json") -> dict[str, Any]:
        if not hasattr(self._local, "connection"):
            self._local.connection = self._connect()
        connection: HTTPSConnection = self._local.connection
        headers = {"Authorization": f"Bearer {self._server.token}", "Content-Type": kind}
        connection.request(method, path, json.dumps(body), headers)
        answer = connection.getresponse()
        found = json.loads(answer.read())
        assert answer.status < 300, found
        return found

    def prepare(self, count: int) -> dict[str, str]:
        """Makes the Services, each with a pod that is not ready; returns the cluster IP of each."""
        self.write("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
        account = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts"
        self.write("POST", account, {"metadata": {"name": "default"}})
        self.write("POST", "/api/v1/nodes", {"metadata": {"name": NODE}})
        with ThreadPoolExecutor(8) as pool:
            return dict(pool.map(self._one, range(count)))

    def _one(self, number: int) -> tuple[str, str]:
        name, ip = f"s{number}", f"10.244.{number // 250}.{1 + number % 250}"
        base = f"/api/v1/namespaces/{NAMESPACE}"
        ports = [{"port": 80, "targetPort": PORT}]
        service = {"metadata": {"name": name}, "spec": {"selector": {"app": name}, "ports": ports}}
        made = self.write("POST", f"{base}/services", service)
        spec = {"nodeName": NODE, "containers": [{"name": "app", "image": "app"}]}
        self.write("POST", f"{base}/pods", {"metadata": {"name": name, "labels": {"app": name}}, "spec": spec})
        self.patch(name, {"phase": "Running", "podIP": ip, "podIPs": [{"ip": ip}], "conditions": [UNREADY]})
        return name, made["spec"]["clusterIP"]

    def set_ready(self, name: str, ready: bool) -> None:
        self.patch(name, {"conditions": [READY if ready else UNREADY]})

    def patch(self, name: str, status: dict[str, Any]) -> None:
        path = f"/api/v1/namespaces/{NAMESPACE}/pods/{name}/status"
        self.write("PATCH", path, {"status": status}, "application/strategic-merge-patch+json")

    def _connect(self) -> HTTPSConnection:
        return HTTPSConnection("127.0.0.1", self._server.port, context=self._server.context(), timeout=30)


@contextlib.contextmanager
def _cluster(mode: str) -> Iterator[ApiServer]:
    """etcd, an API server, the controllers that this takes, and the proxy."""
    with tempfile.TemporaryDirectory(prefix="kube-lite-bench-") as name, contextlib.ExitStack() as undo:
        directory = Path(name)
        etcd = EtcdServer(directory).start()
        undo.callback(etcd.stop)
        server = start_apiserver(etcd.url, directory / "apiserver", prefix="/registry",
                                 flags=["--service-cluster-ip-range", "10.96.0.0/16"])  # fmt: skip
        undo.callback(server.stop)
        kubeconfig = server.kubeconfig()
        manager = ManagerProcess(kubeconfig, directory / "controllers.log", "--controllers", "endpointslice")
        manager.start()
        undo.callback(manager.end)
        undo.enter_context(_proxy(kubeconfig, mode))
        yield server


@contextlib.contextmanager
def _proxy(kubeconfig: Path, mode: str) -> Iterator[None]:
    command = [sys.executable, "-m", "proxy", "--kubeconfig", str(kubeconfig), "--hostname-override", NODE,
               "--proxy-mode", mode, "--cluster-cidr", PODS, "--healthz-bind-address", "127.0.0.1:0",
               "--metrics-bind-address", "127.0.0.1:0", "-v", "0"]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


@contextlib.contextmanager
def _answering() -> Iterator[None]:
    """What every pod answers."""
    with socket.create_server(("", PORT), backlog=128) as listening:

        def answer() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection:
                        connection.sendall(b"here")

        threading.Thread(target=answer, daemon=True).start()
        yield
        listening.shutdown(socket.SHUT_RDWR)
