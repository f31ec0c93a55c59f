"""uvicorn's HTTP protocol, with what a Kubernetes API server needs besides: who the client's certificate names.

Made by uvicorn for each connection. It calls `authn.certificate`, and makes a `KubeCycle` for each request. The user is
found once a connection, and every request finds it in its scope: `scope["state"]["certificate_user"]`.
"""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http import httptools_impl

from apiserver.authn.certificate import user_of_certificate
from apiserver.serving.cycle import KubeCycle


class KubeProtocol(httptools_impl.HttpToolsProtocol):
    """One connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        ssl_object: Any = transport.get_extra_info("ssl_object")
        user = user_of_certificate(ssl_object.getpeercert()) if ssl_object is not None else None
        self.app_state = {**self.app_state, "certificate_user": user}

    def on_headers_complete(self) -> None:
        """Starts the request. As uvicorn's, but for the cycle, and for limits, which are the application's here."""
        parser, scope = self.parser, self.scope
        version = parser.get_http_version()
        scope["method"], scope["http_version"] = parser.get_method().decode("ascii"), version
        if parser.should_upgrade() and self._should_upgrade():
            return
        self._read_url()
        cycle = KubeCycle(
            scope=scope, transport=self.transport, flow=self.flow, logger=self.logger,
            access_logger=self.access_logger, access_log=False, default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(), expect_100_continue=self.expect_100_continue,
            keep_alive=version != "1.0" and parser.should_keep_alive(), on_response=self.on_response_complete,
        )  # fmt: skip
        before, self.cycle = self.cycle, cycle
        if before is None or before.response_complete:
            self._start_asgi_task(cycle, self.app)
        else:  # pipelined: in order, after the one before
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))

    def _read_url(self) -> None:
        url = httptools.parse_url(self.url)
        path = url.path.decode("ascii")
        self.scope["path"] = unquote(path) if "%" in path else path
        self.scope["raw_path"], self.scope["query_string"] = url.path, url.query or b""
