"""uvicorn with our protocol, our TLS context and an orderly end.

Called by `__main__` and by tests. It calls uvicorn. On SIGTERM or SIGINT the app's long streams are ended first, so
that nothing keeps a connection open; then uvicorn lets the short requests finish.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import ssl
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

import uvicorn

from apiserver.serving.protocol import KubeProtocol

_GRACE_SECONDS = 5
_KEEP_ALIVE_SECONDS = 180
_BACKLOG = 2048


class KubeServer(uvicorn.Server):
    """`on_exit` is called once when the server is told to stop."""

    def __init__(self, config: uvicorn.Config, on_exit: Callable[[], None]):
        super().__init__(config)
        self._on_exit = on_exit

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        asyncio.get_running_loop().call_soon_threadsafe(self._on_exit)  # a signal may come between any two instructions
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        self.should_exit = True  # uvicorn would raise the signal again at the end: a clean stop is exit code 0

    def stop(self) -> None:
        """As a signal would."""
        self._on_exit()
        self.should_exit = True


def make_server(app: Any, context: ssl.SSLContext | None, on_exit: Callable[[], None]) -> KubeServer:
    """A server for the application; `serve(sockets=…)` runs it."""
    config = uvicorn.Config(
        app, http=KubeProtocol, ws="websockets-sansio", loop="uvloop", lifespan="on", log_config=None,
        log_level=logging.WARNING, access_log=False, server_header=False, date_header=True, proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS, timeout_graceful_shutdown=_GRACE_SECONDS,
        ws_per_message_deflate=False, backlog=_BACKLOG,
    )  # fmt: skip
    config.load()
    config.ssl = context
    return KubeServer(config, on_exit)


def bind(address: str, port: int) -> socket.socket:
    """A listening socket. Raises OSError when the port is taken."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((address, port))
    sock.listen(_BACKLOG)
    return sock


def inherited(descriptors: Sequence[int]) -> list[socket.socket]:
    """Sockets that the parent process opened for us."""
    return [socket.socket(fileno=descriptor) for descriptor in descriptors]
