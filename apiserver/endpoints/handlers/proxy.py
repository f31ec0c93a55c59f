"""`proxy`: a request, or a websocket, to a pod, a service or a node's kubelet, relayed as it is.

Called by the router for every verb below `…/proxy`. It calls the relay. The name may say more than a name:
`[scheme:]name[:port]`. Source: kubernetes pkg/registry/core/{pod,service,node}/rest.
"""

from __future__ import annotations

import random
import ssl
from dataclasses import dataclass
from typing import Any

import httptools
from websockets.exceptions import InvalidStatus, WebSocketException

from apiserver.endpoints.endpoint import Endpoint
from apiserver.endpoints.handlers.connect import Relay
from apiserver.endpoints.request import Request
from apiserver.endpoints.responses import Response
from apiserver.endpoints.streaming import websocket_relay
from apiserver.endpoints.streaming.http_relay import Target, relay
from apiserver.endpoints.streaming.kubelet import kubelet_of
from kube.apimachinery.errors import BadRequest, NotFound, ServiceUnavailable, from_status
from kube.apimachinery.meta_v1 import Status, StatusDetails

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Named:
    """`https:web:443` taken apart."""

    scheme: str
    name: str
    port: str


def split_name(text: str) -> Named:
    """Raises BadRequest."""
    parts = text.split(":")
    if len(parts) == 1:
        return Named("http", text, "")
    if len(parts) == 2:
        return Named("http", parts[0], parts[1])
    if len(parts) == 3 and parts[0] in ("", "http", "https"):
        return Named(parts[0] or "http", parts[1], parts[2])
    raise BadRequest(f'invalid request "{text}"')


async def proxy(endpoint: Endpoint, request: Request) -> Response | None:
    """Whatever the other side answers; 503 when it does not."""
    named = split_name(request.info.name)
    host, port = await _TARGETS[endpoint.resource.plural](endpoint, request, named)
    scheme, context = await _security(endpoint, named, port)
    path = "/" + "/".join(request.info.rest)
    if request.info.trailing_slash and path != "/":
        path += "/"
    query = request.raw_query.decode("latin-1")
    target = Target(scheme, host, port, path + (f"?{query}" if query else ""))
    if request.scope["type"] == "websocket":
        return await _proxy_websocket(endpoint, request, target, context)
    body = await request.body()
    try:
        async with relay(request.method, target, request.raw_headers, body, context) as answer:
            request.code = answer.status
            await request.send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
            async for chunk in answer.body:
                await request.send({"type": "http.response.body", "body": chunk, "more_body": True})
            await request.send({"type": "http.response.body", "body": b"", "more_body": False})
    except (OSError, TimeoutError, httptools.HttpParserError) as error:
        raise ServiceUnavailable(f"error trying to reach service: dial tcp {target.authority}: {error}") from error
    return None


async def _proxy_websocket(
    endpoint: Endpoint, request: Request, target: Target, context: ssl.SSLContext | None
) -> None:
    protocols = request.scope.get("subprotocols") or ()
    try:
        backend = await websocket_relay.dial(target, protocols, request.raw_headers, context)
    except InvalidStatus as error:
        text = bytes(error.response.body or b"").decode("utf-8", "replace").strip()
        raise from_status(Status(code=error.response.status_code, message=text or str(error))) from error
    except (OSError, TimeoutError, WebSocketException) as error:
        raise ServiceUnavailable(f"error trying to reach service: dial tcp {target.authority}: {error}") from error
    await request.receive()  # websocket.connect
    request.code = 101
    await request.send({"type": "websocket.accept", "subprotocol": backend.subprotocol})
    task, streams = Relay(), endpoint.services["streams"]
    streams.enter(task)
    try:
        await websocket_relay.relay(request.receive, request.send, backend)
    finally:
        streams.leave(task)


async def _security(endpoint: Endpoint, named: Named, port: int) -> tuple[str, ssl.SSLContext | None]:
    """How to speak there: with a kubelet as everywhere, by TLS with our certificate; with others as the name says."""
    if endpoint.resource.plural == "nodes":
        kubelet = kubelet_of(await endpoint.store.get_object("", named.name))
        if port == kubelet.port:
            return "https", endpoint.services["kubelets"].ssl_context(kubelet)
    return named.scheme, _unverified() if named.scheme == "https" else None


def _unverified() -> ssl.SSLContext:
    """Pods and services have certificates that nobody here can check."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def _pod(endpoint: Endpoint, request: Request, named: Named) -> tuple[str, int]:
    pod = await endpoint.store.get_object(request.info.namespace, named.name)
    if not pod.status.podIP:
        raise BadRequest("address not allowed")
    ports = [p for c in pod.spec.containers for p in c.ports]
    if not named.port:
        return pod.status.podIP, ports[0].containerPort if ports else _DEFAULT_PORTS[named.scheme]
    if named.port.isdigit():
        return pod.status.podIP, int(named.port)
    for port in ports:
        if port.name == named.port:
            return pod.status.podIP, port.containerPort
    raise BadRequest(f'no port named "{named.port}" in pod "{named.name}"')


async def _service(endpoint: Endpoint, request: Request, named: Named) -> tuple[str, int]:
    """One of the ready addresses, whichever."""
    service = await endpoint.store.get_object(request.info.namespace, named.name)
    wanted = named.port
    if wanted.isdigit():
        by_number = [p for p in service.spec.ports if p.port == int(wanted)]
        wanted = by_number[0].name if by_number else wanted
    try:
        endpoints = await endpoint.services["stores"]["endpoints"].get_object(request.info.namespace, named.name)
    except NotFound:
        raise _no_service(named.name) from None
    found = [
        (address.ip, port.port) for subset in endpoints.subsets for port in subset.ports
        if not named.port or port.name == wanted or str(port.port) == wanted for address in subset.addresses
    ]  # fmt: skip
    if not found:
        raise ServiceUnavailable(f'no endpoints available for service "{request.info.name}"')
    return random.choice(found)


def _no_service(name: str) -> NotFound:
    return NotFound(f'services "{name}" not found', StatusDetails(name=name, kind="services"))


async def _node(endpoint: Endpoint, request: Request, named: Named) -> tuple[str, int]:
    node: Any = await endpoint.store.get_object("", named.name)
    kubelet = kubelet_of(node)
    return kubelet.host, int(named.port) if named.port.isdigit() else kubelet.port


_TARGETS = {"pods": _pod, "services": _service, "nodes": _node}
