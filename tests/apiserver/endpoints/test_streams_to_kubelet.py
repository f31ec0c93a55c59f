"""Logs, exec, attach and port-forward through the API server, over websockets (kubectl does it in tests/interop)."""

from __future__ import annotations

import asyncio
import http.client
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve

from kube.api.core_v1 import Pod
from tests.support.cluster import ApiServer, start_apiserver
from tests.support.kubelet import KubeletServer


@pytest.fixture(scope="module")
def cluster(etcd: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ApiServer, KubeletServer]]:
    directory = tmp_path_factory.mktemp("streams")
    server = start_apiserver(etcd, directory, start=False)
    certificate, key = server.authority.client("kube-apiserver-kubelet-client", ["system:masters"])
    server.command += [
        "--kubelet-client-certificate", str(certificate), "--kubelet-client-key", str(key),
        "--kubelet-certificate-authority", str(server.ca_file), "--disable-admission-plugins", "ServiceAccount",
    ]  # fmt: skip
    server.start()
    kubelet = KubeletServer(directory, server.authority)
    yield server, kubelet
    kubelet.stop()
    server.stop()
    server.listener.close()


@pytest.fixture(scope="module")
def pod(cluster: tuple[ApiServer, KubeletServer]) -> str:
    """The name of a pod in `default` that runs on the stand-in node."""
    server, kubelet = cluster
    server.request("POST", "/api/v1/nodes", {"metadata": {"name": "node1"}})
    status, answer = server.request(
        "PATCH", "/api/v1/nodes/node1/status",
        {"status": {
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": kubelet.port}},
        }},
        headers={"Content-Type": "application/merge-patch+json"},
    )  # fmt: skip
    assert status == 200, answer
    spec = {"nodeName": "node1", "containers": [{"name": "main", "image": "here", "ports": [{"containerPort": 80}]}]}
    status, made = server.request("POST", "/api/v1/namespaces/default/pods", {"metadata": {"name": "p"}, "spec": spec})
    assert status == 201, made
    state = {"name": "main", "image": "here", "imageID": "", "ready": True, "restartCount": 0,
             "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}  # fmt: skip
    ready = [{"type": t, "status": "True"} for t in ("Ready", "ContainersReady")]
    status, made = server.request(
        "PATCH", "/api/v1/namespaces/default/pods/p/status",
        {"status": {"phase": "Running", "podIP": "127.0.0.1", "containerStatuses": [state], "conditions": ready}},
        headers={"Content-Type": "application/strategic-merge-patch+json"},
    )  # fmt: skip
    assert status == 200, made
    kubelet.add(Pod.from_dict(made), log="one\ntwo\nthree")
    return "p"


def test_a_node_is_asked_with_our_certificate(cluster: tuple[ApiServer, KubeletServer], pod: str) -> None:
    server, kubelet = cluster
    for name in ("node1", f"node1:{kubelet.port}", f"https:node1:{kubelet.port}"):
        assert server.request("GET", f"/api/v1/nodes/{name}/proxy/healthz") == (200, "ok")


def test_a_node_tells_what_listens_and_sends_a_request(
    cluster: tuple[ApiServer, KubeletServer], pod: str, echo: int
) -> None:
    server, _ = cluster
    status, answer = server.request("GET", "/api/v1/nodes/node1/proxy/debug/listening")
    assert status == 200
    assert {"protocol": "TCP", "address": "127.0.0.1", "port": echo} in answer["listening"]
    query = f"host=127.0.0.1&port={echo}&path=/there"
    status, answer = server.request("GET", f"/api/v1/nodes/node1/proxy/debug/request?{query}")
    assert status == 200
    assert answer["status"].endswith("200 OK")
    assert answer["source"].startswith("127.0.0.1:")
    assert answer["totalMs"] >= answer["connectMs"] >= 0


def test_a_proxy_that_is_not_there_is_said_to_be_away(cluster: tuple[ApiServer, KubeletServer], pod: str) -> None:
    server, _ = cluster
    status, answer = server.request("GET", "/api/v1/nodes/node1/proxy/debug/proxy/services/default/web")
    assert status == 503
    assert "the proxy does not answer on 127.0.0.1:9" in str(answer)


@pytest.fixture(scope="module")
def echo() -> Iterator[int]:
    """The port of a small web server."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = f"you asked for {self.path}".encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


# ---- logs ----


def test_logs_come_as_text(cluster: tuple[ApiServer, KubeletServer], pod: str) -> None:
    server, _ = cluster
    url = f"/api/v1/namespaces/default/pods/{pod}/log"
    assert server.request("GET", url) == (200, "one\ntwo\nthree\n")
    assert server.request("GET", f"{url}?tailLines=1") == (200, "three\n")
    status, headers, _ = server.exchange("GET", url)
    assert status == 200 and ("content-type", "text/plain") in [(k.lower(), v) for k, v in headers]


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("container=nope", 400, "container nope is not valid for pod p"),
        ("tailLines=-1", 422, 'PodLogOptions "p" is invalid: tailLines: Invalid value: -1: must be greater than or '
         "equal to 0"),
    ],
)  # fmt: skip
def test_bad_log_requests_are_refused(
    cluster: tuple[ApiServer, KubeletServer], pod: str, query: str, code: int, message: str
) -> None:
    status, answer = cluster[0].request("GET", f"/api/v1/namespaces/default/pods/{pod}/log?{query}")
    assert (status, answer["message"]) == (code, message)


# ---- exec ----


def exec_url(server: ApiServer, pod: str, *command: str, more: str = "") -> str:
    words = "&".join(f"command={word}" for word in command)
    return (
        f"wss://127.0.0.1:{server.port}/api/v1/namespaces/default/pods/{pod}/exec?{words}&stdout=true&stderr=true{more}"
    )


async def open_exec(server: ApiServer, url: str, *protocols: str) -> ClientConnection:
    return await connect(
        url, ssl=server.context(), subprotocols=protocols, compression=None,  # type: ignore[arg-type]
        additional_headers={"Authorization": f"Bearer {server.token}"}, proxy=None,
    )  # fmt: skip


async def collect(socket: ClientConnection) -> dict[int, bytes]:
    """Everything that comes, by channel."""
    found: dict[int, bytes] = {}
    async for message in socket:
        assert isinstance(message, bytes)
        if message:
            found[message[0]] = found.get(message[0], b"") + message[1:]
    return found


@pytest.mark.parametrize("protocol", ["v5.channel.k8s.io", "v4.channel.k8s.io"])
async def test_exec_over_a_websocket(cluster: tuple[ApiServer, KubeletServer], pod: str, protocol: str) -> None:
    server, _ = cluster
    async with await open_exec(server, exec_url(server, pod, "echo", "hello"), protocol) as socket:
        assert socket.subprotocol == protocol
        found = await collect(socket)
    assert found[1] == b"hello\n" and b'"Success"' in found[3]


async def test_the_exit_code_and_stdin_pass_through(cluster: tuple[ApiServer, KubeletServer], pod: str) -> None:
    server, _ = cluster
    url = exec_url(server, pod, "sh", "-c", "read%20x;echo%20got%20$x%3E%262;exit%203", more="&stdin=true")
    async with await open_exec(server, url, "v5.channel.k8s.io") as socket:
        await socket.send(b"\0text\n")
        found = await collect(socket)
    assert found[2] == b"got text\n"
    assert b"NonZeroExitCode" in found[3] and b'"3"' in found[3]


def test_exec_without_an_upgrade_is_refused(cluster: tuple[ApiServer, KubeletServer], pod: str) -> None:
    status, answer = cluster[0].request("POST", f"/api/v1/namespaces/default/pods/{pod}/exec?command=ls&stdout=true")
    assert (status, answer["message"]) == (400, "Upgrade request required")


def test_exec_in_a_pod_without_a_node_is_refused(cluster: tuple[ApiServer, KubeletServer]) -> None:
    server, _ = cluster
    spec = {"containers": [{"name": "main", "image": "here"}]}
    server.request("POST", "/api/v1/namespaces/default/pods", {"metadata": {"name": "waiting"}, "spec": spec})
    status, answer = server.request("POST", "/api/v1/namespaces/default/pods/waiting/exec?command=ls")
    assert (status, answer["message"]) == (400, "pod waiting does not have a host assigned")
    assert server.request("GET", "/api/v1/namespaces/default/pods/waiting/log") == (204, "")


# ---- port-forward, proxy ----


async def test_port_forward_over_a_websocket(cluster: tuple[ApiServer, KubeletServer], pod: str, echo: int) -> None:
    server, _ = cluster
    url = f"wss://127.0.0.1:{server.port}/api/v1/namespaces/default/pods/{pod}/portforward?ports={echo}"
    async with await open_exec(server, url, "v4.channel.k8s.io") as socket:
        assert await socket.recv() == b"\0" + echo.to_bytes(2, "little")
        assert await socket.recv() == b"\1" + echo.to_bytes(2, "little")
        await socket.send(b"\0GET /x HTTP/1.0\r\n\r\n")
        answer = b""
        async with asyncio.timeout(20):
            while b"you asked for /x" not in answer:
                answer += (await socket.recv())[1:]  # type: ignore[operator]


def test_a_pod_can_be_reached_through_the_proxy(cluster: tuple[ApiServer, KubeletServer], pod: str, echo: int) -> None:
    server, _ = cluster
    url = f"/api/v1/namespaces/default/pods/{pod}:{echo}/proxy"
    assert server.request("GET", f"{url}/some/path?q=1") == (200, "you asked for /some/path?q=1")
    assert server.request("GET", f"{url}/") == (200, "you asked for /")


async def test_a_websocket_goes_through_the_proxy(cluster: tuple[ApiServer, KubeletServer], pod: str) -> None:
    server, _ = cluster

    async def answer(socket: ServerConnection) -> None:
        await socket.send(f"{socket.request.path} {socket.subprotocol}")  # type: ignore[union-attr]
        async for message in socket:
            await socket.send(message * 2)
            await socket.close(4001)

    async with serve(answer, "127.0.0.1", 0, subprotocols=["chat"]) as backend:  # type: ignore[list-item]
        port = backend.sockets[0].getsockname()[1]
        url = f"wss://127.0.0.1:{server.port}/api/v1/namespaces/default/pods/{pod}:{port}/proxy/ws?a=b"
        token = {"Authorization": f"Bearer {server.token}"}
        async with connect(
            url,
            ssl=server.context(),
            subprotocols=["chat"],
            additional_headers=token,
            proxy=None,  # type: ignore[list-item]
        ) as socket:
            assert await socket.recv() == "/ws?a=b chat"
            await socket.send(b"ab")
            assert await socket.recv() == b"abab"
            await socket.wait_closed()
            assert socket.close_code == 4001


def test_a_server_that_stops_ends_its_streams(etcd: str, tmp_path: Path) -> None:
    server = start_apiserver(etcd, tmp_path)
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=server.context(), timeout=20)
    connection.request("GET", "/api/v1/pods?watch=true", headers={"Authorization": f"Bearer {server.token}"})
    watching = connection.getresponse()
    assert server.stop() == 0
    assert watching.read() == b""
    connection.close()
    server.listener.close()
