"""One cluster for every client: API server, all controllers, and a node whose pods run at once.

Each client under test gets a namespace of its own in it. The tests of this folder stay on one worker, so that the
cluster is started once.
"""

from __future__ import annotations

import gc
import itertools
import socketserver
import threading
import warnings
from collections.abc import Callable, Iterator

import pytest

from tests.support.cluster import ApiServer, start_apiserver
from tests.support.manager import ManagerProcess
from tests.support.node import StandInNode

_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/interop/" in item.nodeid:
            item.add_marker(pytest.mark.xdist_group("interop"))


@pytest.fixture(scope="module", autouse=True)
def left_open() -> Iterator[None]:
    """The libraries leave sockets open. They are collected here, not in the middle of somebody else's test."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(scope="session")
def cluster(etcd: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    directory = tmp_path_factory.mktemp("interop")
    server = start_apiserver(etcd, directory, start=False)
    certificate, key = server.authority.client("kube-apiserver-kubelet-client", ["system:masters"])
    server.command += [
        "--kubelet-client-certificate", str(certificate), "--kubelet-client-key", str(key),
        "--kubelet-certificate-authority", str(server.ca_file),
    ]  # fmt: skip
    server.start()
    kubeconfig = server.kubeconfig(name="controllers.kubeconfig")
    manager = ManagerProcess(kubeconfig, directory / "controllers.log", "--node-monitor-grace-period=600")
    manager.start()
    node = StandInNode(server)
    yield server
    node.stop()
    manager.end()
    server.stop()
    server.listener.close()


@pytest.fixture(scope="session")
def new_namespace(cluster: ApiServer) -> Callable[[str], str]:
    """`new_namespace("kr8s")` makes a namespace that nobody else uses, and returns its name."""

    def make(who: str) -> str:
        name = f"{who}-{next(_numbers)}"
        status, answer = cluster.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        assert status == 201, answer
        return name

    return make


class _Echo(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(b"echo: " + self.rfile.readline())


class _EchoServer(socketserver.ThreadingTCPServer):
    daemon_threads = True  # a client that never sends its line keeps nobody waiting


@pytest.fixture(scope="session")
def echo_port() -> Iterator[int]:
    """The port of a server that answers a line with that line; port-forwards lead to it."""
    with _EchoServer(("127.0.0.1", 0), _Echo) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()
