"""Reaching kubelets: their address, our certificate, requests and websockets.

Called by the relays. It calls the HTTP client of `kube.client` and the websockets library. A kubelet's address is the
node's internal address and the port that its status names. Source: kubernetes pkg/kubelet/client.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException

from kube.api.core_v1 import Node
from kube.apimachinery.errors import BadRequest, InternalError, StatusError
from kube.client.config import ClientConfig
from kube.client.transport import Transport, Unreachable

_PREFERRED = ("InternalIP", "Hostname", "InternalDNS", "ExternalIP", "ExternalDNS")
_PORT = 10250


@dataclass(frozen=True)
class Kubelet:
    """Where one is."""

    node: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def kubelet_of(node: Node) -> Kubelet:
    """Raises BadRequest for a node that has no address."""
    by_type = {address.type: address.address for address in reversed(node.status.addresses)}
    host = next((by_type[t] for t in _PREFERRED if t in by_type), "")
    if not host:
        raise BadRequest(f"no preferred addresses found; known addresses: {node.status.addresses}")
    endpoint = node.status.daemonEndpoints.kubeletEndpoint
    return Kubelet(node.metadata.name, host, endpoint.Port or _PORT)


class Kubelets:
    """How this server makes itself known to kubelets, and they to it."""

    def __init__(self, certificate: str = "", key: str = "", authority: str = ""):
        """Files, as in `--kubelet-client-certificate` and its companions. Without an authority any kubelet is
        believed."""
        self._cert = Path(certificate).read_bytes() if certificate else None
        self._key = Path(key).read_bytes() if key else None
        self._ca = Path(authority).read_bytes() if authority else None

    def _config(self, kubelet: Kubelet) -> ClientConfig:
        return ClientConfig(f"https://{kubelet.authority}", self._ca, self._ca is None, "", self._cert, self._key)

    def ssl_context(self, kubelet: Kubelet) -> ssl.SSLContext:
        """For a connection of one's own: with our certificate, and its certificate checked."""
        context = self._config(kubelet).ssl_context()
        assert isinstance(context, ssl.SSLContext)
        return context

    @asynccontextmanager
    async def get(self, kubelet: Kubelet, path: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """The body of an answer, as it comes. Raises StatusError with what the kubelet says is wrong."""
        transport = Transport(self._config(kubelet), user_agent="kube-apiserver")
        try:
            async with transport.stream("GET", path) as stream:
                yield stream.chunks()
        except Unreachable as error:
            raise _unreachable(kubelet, path, error) from error
        finally:
            await transport.close()

    async def websocket(self, kubelet: Kubelet, path: str, protocols: Sequence[str]) -> ClientConnection:
        """An open websocket. Raises StatusError."""
        try:
            return await connect(
                f"wss://{kubelet.authority}{path}", ssl=self.ssl_context(kubelet), subprotocols=protocols,  # type: ignore[arg-type]
                compression=None, max_size=None, ping_interval=None, proxy=None,
            )  # fmt: skip
        except InvalidStatus as error:
            raise _refused(error) from error
        except (OSError, WebSocketException, TimeoutError) as error:
            raise _unreachable(kubelet, path, error) from error


def _refused(error: InvalidStatus) -> StatusError:
    body: Any = error.response.body
    text = bytes(body).decode("utf-8", "replace").strip() if body else str(error)
    return BadRequest(text) if error.response.status_code < 500 else InternalError(f"Internal error occurred: {text}")


def _unreachable(kubelet: Kubelet, path: str, error: Exception) -> InternalError:
    where = path.partition("?")[0]
    text = f'error dialing backend: Get "https://{kubelet.authority}{where}": {error}'
    return InternalError(f"Internal error occurred: {text}")
