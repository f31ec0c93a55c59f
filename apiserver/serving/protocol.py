"""uvicorn's HTTP protocol, with what a Kubernetes API server needs besides: who the client's certificate names.

And `Upgrade: SPDY/3.1`, which uvicorn would turn away. Made by uvicorn for each connection. It calls
`authn.certificate`, and makes a `KubeCycle` for each request. The user is found once a connection, and every request
finds it in its scope: `scope["state"]["certificate_user"]`.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http import httptools_impl

from apiserver.authn.certificate import user_of_certificate
from apiserver.serving.chunks import MOST_WAITING, Chunks
from apiserver.serving.cycle import KubeCycle
from apiserver.serving.takeover import TakeOver

MAX_HEAD = 1 << 20
HEAD_SECONDS = 32
_HEAD_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


_METHOD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+(?= /)")
_STAND_IN = b"PROPFIND"
"""A method that the parser knows and nobody here serves."""


class KubeProtocol(httptools_impl.HttpToolsProtocol):
    """One connection."""

    _takeover: TakeOver | None = None
    _head_size: int | None = 0
    """Bytes of a request whose headers are not complete; None once they are."""
    _odd_method = b""
    """What stands in a request for the method that the parser has been given instead."""
    _head_timer: asyncio.TimerHandle | None = None
    """Not started anew by what comes: a byte now and then is no progress."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        ssl_object: Any = transport.get_extra_info("ssl_object")
        user = user_of_certificate(ssl_object.getpeercert()) if ssl_object is not None else None
        self.app_state = {**self.app_state, "certificate_user": user}
        transport.set_write_buffer_limits(MOST_WAITING)
        self.timeout_keep_alive_task = self.loop.call_later(HEAD_SECONDS, self.timeout_keep_alive_handler)
        self._extensions = {"kube.chunks": Chunks(transport, self.flow)}

    def on_headers_complete(self) -> None:
        """Starts the request. As uvicorn's, but for the cycle, and for limits, which are the application's here."""
        parser, scope = self.parser, self.scope
        self._head_is_here()
        version = parser.get_http_version()
        method, self._odd_method = self._odd_method or parser.get_method(), b""
        scope["method"], scope["http_version"] = method.decode("ascii"), version
        if parser.should_upgrade() and self._should_upgrade():
            return
        self._read_url()
        scope["extensions"] = self._extensions
        self._offer_takeover()
        cycle = KubeCycle(
            scope=scope, transport=self.transport, flow=self.flow, logger=self.logger,
            access_logger=self.access_logger, access_log=False, default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(), expect_100_continue=self.expect_100_continue,
            keep_alive=version != "1.0" and parser.should_keep_alive(), on_response=self.on_response_complete,
        )  # fmt: skip
        if self._takeover is not None:
            self._takeover.cycle = cycle
        before, self.cycle = self.cycle, cycle
        if before is None or before.response_complete:
            self._start_asgi_task(cycle, self.app)
        else:  # pipelined: in order, after the one before
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))

    def _offer_takeover(self) -> None:
        if self.parser.should_upgrade() and self._get_upgrade() == b"spdy/3.1":
            self._takeover = TakeOver(self.transport, self.flow)
            self.scope["extensions"] = {**self._extensions, "kube.takeover": self._takeover}  # type: ignore[typeddict-item]

    def data_received(self, data: bytes) -> None:
        if self._takeover is not None:
            self._takeover.feed(data)
            return
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
            if self._head_size is not None:
                self._wait_for_head(len(data))
        except httptools.HttpParserUpgrade as upgrade:
            self._upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserInvalidMethodError:
            self._read_odd_method(data)
        except httptools.HttpParserError:
            self.send_400_response("Invalid HTTP request received.")

    def _read_odd_method(self, data: bytes) -> None:
        """To Go any token is a method; the parser has a list. Only a request that begins with `data` can be helped."""
        found = _METHOD.match(data)
        if found is None or found[0] == _STAND_IN:
            self.send_400_response("Invalid HTTP request received.")
            return
        self.parser, self._odd_method = httptools.HttpRequestParser(self), found[0]
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.data_received(_STAND_IN + data[found.end() :])

    def on_message_complete(self) -> None:
        if self.cycle is not None:
            self.cycle.more_body = False  # also of a request that has been answered already
        super().on_message_complete()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_size = 0

    def _wait_for_head(self, more: int) -> None:
        """Nobody may take long over the headers, nor send them without end. Usually they come in one piece."""
        self._head_size = (self._head_size or 0) + more
        if self._head_size > MAX_HEAD:
            self.transport.write(_HEAD_TOO_LARGE)
            self.transport.close()
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self.timeout_keep_alive_handler)

    def _head_is_here(self) -> None:
        self._head_size = None
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _upgrade(self, rest: bytes) -> None:
        """The request is whole; what follows it is in the other protocol, if we take that up."""
        if self._should_upgrade():
            self.handle_websocket_upgrade()
        elif self._takeover is not None:
            if rest:
                self._takeover.feed(rest)
        else:  # served as it is, but nothing more can be read here
            self.cycle.keep_alive = False

    def connection_lost(self, exc: Exception | None) -> None:
        if self._takeover is not None:
            self._takeover.feed(b"")
        self._head_is_here()
        super().connection_lost(exc)

    def _read_url(self) -> None:
        url = httptools.parse_url(self.url)
        path = url.path.decode("ascii")
        self.scope["path"] = unquote(path) if "%" in path else path
        self.scope["raw_path"], self.scope["query_string"] = url.path, url.query or b""
