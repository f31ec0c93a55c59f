"""uvicorn's HTTP protocol, with what a Kubernetes API server needs besides: who the client's certificate names.

Made by uvicorn for each connection. It calls `authn.certificate`. The user is found once a connection, and every request
finds it in its scope: `scope["state"]["certificate_user"]`.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from apiserver.authn.certificate import user_of_certificate


class KubeProtocol(HttpToolsProtocol):
    """One connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        ssl_object: Any = transport.get_extra_info("ssl_object")
        user = user_of_certificate(ssl_object.getpeercert()) if ssl_object is not None else None
        self.app_state = {**self.app_state, "certificate_user": user}
