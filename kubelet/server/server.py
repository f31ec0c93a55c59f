"""Serves the kubelet's API over TLS, to callers whose certificate says that they are the API server.

Called by `kubelet.kubelet`. It calls uvicorn with `kubelet.server.app`. Whoever may call here may run commands in
every pod of the node, so other components' certificates, though signed by the same authority, are turned away.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Collection
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from kube.api.core_v1 import Pod
from kube.informer import Informer
from kubelet.config import KubeletConfig
from kubelet.runtime.interface import Runtime
from kubelet.server.app import KubeletApp

log = logging.getLogger(__name__)


class KubeletServer:
    """The HTTPS server of one kubelet."""

    def __init__(self, config: KubeletConfig, pods: Informer[Pod], runtime: Runtime):
        self.config, self.app = config, KubeletApp(pods, runtime, config.proxy_address)

    async def run(self) -> None:
        """Until cancelled."""
        # No host: a socket for each family, as one for `::` would take IPv6 alone.
        everywhere = None if ":" in "".join(self.config.node_ips) else "0.0.0.0"
        config = uvicorn.Config(
            self.app, host=everywhere, port=self.config.port,
            ssl_certfile=self.config.tls_cert_file, ssl_keyfile=self.config.tls_private_key_file,
            ssl_ca_certs=self.config.client_ca_file or None,
            ssl_cert_reqs=ssl.CERT_REQUIRED if self.config.client_ca_file else ssl.CERT_NONE,
            http=_protocol(self.config.allowed_names if self.config.client_ca_file else ()),
            ws="websockets-sansio", ws_per_message_deflate=False, ws_max_size=1 << 24,
            log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=1,
        )  # fmt: skip
        server = _Server(config)
        try:
            await server.serve()
        except asyncio.CancelledError:
            server.should_exit = True
            raise


class _Server(uvicorn.Server):
    """Signals are the whole kubelet's, not this server's."""

    def capture_signals(self) -> Any:
        return contextlib.nullcontext()


def _protocol(names: Collection[str]) -> type[HttpToolsProtocol]:
    """An HTTP protocol that hangs up on callers of another name; with no names, everybody may call."""

    class Guarded(HttpToolsProtocol):
        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            name = common_name(transport.get_extra_info("peercert") or {})
            if names and name not in names:
                log.warning("refused a call by %s", name or "somebody without a certificate")
                transport.abort()

    return Guarded


def common_name(certificate: dict[str, Any]) -> str:
    """The subject's common name, of what `getpeercert()` gives."""
    return next((value for part in certificate.get("subject", ()) for key, value in part if key == "commonName"), "")
