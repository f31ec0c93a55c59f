"""exec, attach and port-forward: from the request to the two ends of a relay.

Called by the router for these subresources of Pods. It calls the relays in `streaming`. The client may speak websocket
or SPDY/3.1; which kubectl speaks what is told in the API server's documentation.
Source: kubernetes pkg/registry/core/pod/rest/subresources.go.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from apiserver.authz.attributes import Attributes, forbidden_text
from apiserver.endpoints.endpoint import Endpoint
from apiserver.endpoints.handlers.pod_streams import choose_container, kubelet_of_pod
from apiserver.endpoints.request import Request
from apiserver.endpoints.request_info import is_true
from apiserver.endpoints.responses import Response
from apiserver.endpoints.streaming import portforward, remotecommand
from apiserver.endpoints.streaming.byte_stream import WebSocketStream
from apiserver.endpoints.streaming.kubelet import Kubelet
from apiserver.endpoints.streaming.spdy_session import SpdySession
from kube.api.core_v1 import Pod
from kube.apimachinery.errors import BadRequest, Forbidden

_FINISHED = ("Succeeded", "Failed")


class Relay:
    """A relay under way, which the server ends when it stops."""

    def __init__(self) -> None:
        self._task = asyncio.current_task()

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()


async def exec_(endpoint: Endpoint, request: Request) -> Response | None:
    return await _remote_command(endpoint, request, "exec")


async def attach(endpoint: Endpoint, request: Request) -> Response | None:
    return await _remote_command(endpoint, request, "attach")


async def _remote_command(endpoint: Endpoint, request: Request, kind: str) -> Response | None:
    pod, kubelet = await _target(endpoint, request)
    if pod.status.phase in _FINISHED:
        text = f"cannot {kind} into a container in a completed pod; current phase is {pod.status.phase}"
        raise BadRequest(text)
    container = choose_container(pod, request.query.get("container", ""))
    query = parse_qsl(request.raw_query.decode("latin-1"), keep_blank_values=True)
    path = f"/{kind}/{pod.metadata.namespace}/{pod.metadata.name}/{container}?{_for_kubelet(query)}"
    dial = endpoint.services["kubelets"].websocket

    async def websocket() -> None:
        protocol = _choose(_offered(request), remotecommand.CLIENT_PROTOCOLS)
        backend = await dial(kubelet, path, (protocol,) if protocol else remotecommand.PROTOCOLS[1:])
        await _accept(request, protocol)
        await remotecommand.relay_websocket(request.receive, request.send, backend)

    async def spdy() -> None:
        backend = await dial(kubelet, path, remotecommand.PROTOCOLS)
        session = await _take_over(request, remotecommand.SPDY_PROTOCOLS)
        await remotecommand.relay_spdy(session, _wanted_streams(request), backend)

    return await _run(endpoint, request, websocket, spdy)


def _for_kubelet(query: Sequence[tuple[str, str]]) -> str:
    """The kubelet's names for the streams are input, output and error."""
    names = {"stdin": "input", "stdout": "output", "stderr": "error"}
    pairs = [(names.get(key, key), "1" if key in (*names, "tty") else value)
             for key, value in query
             if key == "command" or (key in (*names, "tty") and is_true(value))]  # fmt: skip
    return urlencode(pairs)


def _wanted_streams(request: Request) -> set[str]:
    """The streams that a SPDY client opens: error always, resize with a terminal, and then no stderr."""
    query = request.query
    terminal = is_true(query.get("tty"))
    wanted = {"error"} | {name for name in ("stdin", "stdout") if is_true(query.get(name))}
    if terminal:
        wanted.add("resize")
    elif is_true(query.get("stderr")):
        wanted.add("stderr")
    return wanted


async def port_forward(endpoint: Endpoint, request: Request) -> Response | None:
    pod, kubelet = await _target(endpoint, request)
    if pod.status.phase != "Running":
        raise BadRequest(f"unable to forward port because pod is not running. Current status={pod.status.phase}")
    base = f"/portForward/{pod.metadata.namespace}/{pod.metadata.name}?ports="
    dial = endpoint.services["kubelets"].websocket

    async def websocket() -> None:
        protocol = _choose(_offered(request), portforward.CLIENT_PROTOCOLS)
        if protocol == portforward.TUNNEL_PROTOCOL:
            await _accept(request, protocol)
            tunnel = SpdySession(WebSocketStream(request.receive, request.send))
            await portforward.relay_spdy(tunnel, lambda port: dial(kubelet, f"{base}{port}", _KUBELET))
            return
        ports = ",".join(v for k, v in parse_qsl(request.raw_query.decode("latin-1")) if k == "ports")
        backend = await dial(kubelet, base + ports, (protocol,) if protocol else _KUBELET)
        await _accept(request, protocol)
        await remotecommand.relay_websocket(request.receive, request.send, backend)

    async def spdy() -> None:
        session = await _take_over(request, (portforward.SPDY_PROTOCOL,))
        await portforward.relay_spdy(session, lambda port: dial(kubelet, f"{base}{port}", _KUBELET))

    return await _run(endpoint, request, websocket, spdy)


_KUBELET = portforward.KUBELET_PROTOCOLS


# ---- what they share ----


async def _target(endpoint: Endpoint, request: Request) -> tuple[Pod, Kubelet]:
    info = request.info
    if info.verb == "get":
        _require_create(endpoint, request)
    pod = await endpoint.store.get_object(info.namespace, info.name)
    if not pod.spec.nodeName:
        raise BadRequest(f"pod {info.name} does not have a host assigned")
    return pod, await kubelet_of_pod(endpoint, pod)


def _require_create(endpoint: Endpoint, request: Request) -> None:
    """A websocket comes as GET; running something in a pod is `create` all the same."""
    info = request.info
    asked = Attributes(request.user, "create", "", "v1", "pods", info.subresource, info.namespace, info.name)
    if not endpoint.services["authorize"](asked).allowed:
        raise Forbidden(f'pods "{info.name}" is forbidden: {forbidden_text(asked)}')


async def _run(
    endpoint: Endpoint, request: Request, websocket: Callable[[], Awaitable[None]], spdy: Callable[[], Awaitable[None]]
) -> Response | None:
    if request.scope["type"] == "websocket":
        relay = websocket
    elif "kube.takeover" in (request.scope.get("extensions") or {}):
        relay = spdy
    else:
        raise BadRequest("Upgrade request required")
    task, streams = Relay(), endpoint.services["streams"]
    streams.enter(task)
    try:
        await relay()
    finally:
        streams.leave(task)
    return None


def _offered(request: Request) -> list[str]:
    return list(request.scope.get("subprotocols") or ())


def _choose(offered: Sequence[str], known: Sequence[str]) -> str:
    """The first that both know; none at all is how kr8s asks. Raises BadRequest."""
    offered = [p for p in offered if not p.startswith("base64url.bearer.authorization.k8s.io.")]
    for protocol in known:
        if protocol in offered:
            return protocol
    if offered:
        raise BadRequest(f"unable to upgrade: none of the protocols {', '.join(offered)} is known")
    return ""


async def _accept(request: Request, protocol: str) -> None:
    await request.receive()  # websocket.connect
    request.code = 101
    await request.send({"type": "websocket.accept", "subprotocol": protocol or None})


async def _take_over(request: Request, known: Sequence[str]) -> SpdySession:
    """Answers 101 with the first protocol version that both know. Raises Forbidden, as the real server does."""
    offered = [v.decode("latin-1") for k, v in request.raw_headers if k == b"x-stream-protocol-version"]
    offered = [part.strip() for text in offered for part in text.split(",")]
    protocol = next((p for p in known if p in offered), "")
    if offered and not protocol:
        why = f"client supports {offered}, server accepts {known}"
        raise Forbidden(f"unable to upgrade: unable to negotiate protocol: {why}")
    connection: Any = request.scope["extensions"]["kube.takeover"]
    request.code = 101
    await connection.begin([
        (b"connection", b"Upgrade"), (b"upgrade", b"SPDY/3.1"),
        *([(b"x-stream-protocol-version", protocol.encode())] if protocol else []),
    ])  # fmt: skip
    return SpdySession(connection)
