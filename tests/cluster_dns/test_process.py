"""`python -m cluster_dns` beside a real API server: it waits for the cluster, follows it, tells of itself, and ends."""

import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import dns.exception
import dns.message
import dns.query
import pytest

from cluster_dns.__main__ import parse_flags
from tests.support.cluster import ApiServer, start_apiserver

SERVICES = "/api/v1/namespaces/default/services"
SLICES = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
WEB = "web.default.svc.cluster.local."


@pytest.fixture
def apiserver(etcd: str, tmp_path: Path) -> Iterator[ApiServer]:
    """Not started: connections wait in its socket."""
    server = start_apiserver(etcd, tmp_path / "apiserver", start=False)
    yield server
    server.stop()
    server.listener.close()


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def get(port: int, path: str) -> tuple[int, str]:
    """(0, "") while nobody listens."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except OSError:
        return 0, ""


def ask(port: int, name: str, type_: str = "A", server: str = "127.0.0.1") -> list[str]:
    try:
        answer = dns.query.udp(dns.message.make_query(name, type_), server, port=port, timeout=2)
    except (OSError, dns.exception.Timeout):
        return []
    return sorted(line for rrset in answer.answer for line in rrset.to_text().splitlines())


def endpoint_slice(*addresses: str) -> dict:
    meta = {"name": "web-x", "labels": {"kubernetes.io/service-name": "web"}}
    endpoints = [{"addresses": [address], "conditions": {"ready": True}} for address in addresses]
    return {"metadata": meta, "addressType": "IPv4", "endpoints": endpoints, "ports": [{"name": "http", "port": 80}]}


def test_a_life(apiserver: ApiServer, free_port: Callable[[], int]) -> None:
    port, health = free_port(), free_port()
    argv = [
        sys.executable, "-m", "cluster_dns", f"--kubeconfig={apiserver.kubeconfig()}", f"--port={port}",
        "--bind-address=0.0.0.0", "--bind-address=::", f"--health-port={health}", f"--metrics-port={health}",
        "--health-address=",
    ]  # fmt: skip
    with subprocess.Popen(argv, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(lambda: get(health, "/health") == (200, "OK"))
            assert get(health, "/ready") == (503, "kubernetes")  # the API server does not answer yet
            apiserver.start()
            wait_for(lambda: get(health, "/ready") == (200, "OK"))
            follows_the_cluster(apiserver, port)
            status, metrics = get(health, "/metrics")
            assert status == 200 and "coredns_dns_requests_total" in metrics
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        finally:
            process.kill()


def follows_the_cluster(apiserver: ApiServer, port: int) -> None:
    service = {"metadata": {"name": "web"}, "spec": {"clusterIP": "None", "ports": [{"name": "http", "port": 80}]}}
    assert apiserver.request("POST", SERVICES, service)[0] == 201
    assert apiserver.request("POST", SLICES, endpoint_slice("10.1.0.1", "10.1.0.2"))[0] == 201
    both = [f"{WEB} 5 IN A 10.1.0.1", f"{WEB} 5 IN A 10.1.0.2"]
    wait_for(lambda: ask(port, WEB) == both)
    wait_for(lambda: ask(port, WEB, server="::1") == both)
    assert apiserver.request("PUT", f"{SLICES}/web-x", endpoint_slice("10.1.0.3"))[0] == 200
    wait_for(lambda: ask(port, WEB) == [f"{WEB} 5 IN A 10.1.0.3"])
    assert apiserver.request("DELETE", f"{SERVICES}/web")[0] == 200
    wait_for(lambda: not ask(port, WEB))


@pytest.mark.parametrize(
    ("text", "upstream"),
    [("1.1.1.1", ("1.1.1.1", 53)), ("1.1.1.1:5353", ("1.1.1.1", 5353)), ("::1", ("::1", 53)),
     ("[::1]:5353", ("::1", 5353)), ("[::1]", ("::1", 53))],
)  # fmt: skip
def test_upstreams(text: str, upstream: tuple[str, int]) -> None:
    assert parse_flags([f"--forward={text}"]).forward == (upstream,)
