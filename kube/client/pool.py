"""A connection pool for httpx that parses HTTP/1.1 in C (httptools), for one server.

Called by `kube.client.transport`, as the `AsyncBaseTransport` below httpx's requests and responses. It calls asyncio
and httptools, `proxies` for a proxy, and `go_errors` to say why a connection failed. It leaves out HTTP/2 and
redirects, which no API server needs. Why not httpx's own transport:
it spends 1.5 ms of CPU on a request and 60 us on each watch event; this one spends a fifth of that, and a controller
manager makes tens of thousands of requests and reads hundreds of thousands of events.
"""

from __future__ import annotations

import asyncio
import select
import socket
import ssl
import time
from collections import deque
from collections.abc import AsyncIterator

import httptools
import httpx

from kube.client.go_errors import certificate_problem, dial_problem, tls_problem
from kube.client.proxies import ProxyError, tunnel

IDLE_SECONDS = 60.0
MAX_IDLE = 64
MAX_BUFFERED = 1 << 20

# A peer that vanished without a word (its network namespace is gone, its machine lost power) is noticed within
# half a minute, also on a watch, where silence is normal.
_SOCKET_OPTIONS = [
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 30_000),
]


class Connection(asyncio.Protocol):
    """One connection, one request at a time: `send`, then `headers`, then `read` until it returns b""."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.idle_since = 0.0
        self.complete = True
        self.lost = False
        self._parser = httptools.HttpResponseParser(self)
        self._headers: list[tuple[bytes, bytes]] = []
        self._got_headers = False
        self._keep_alive = False
        self._chunks: deque[bytes] = deque()
        self._buffered = 0
        self._paused = False
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None

    # ---- asyncio.Protocol ----

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        sock = transport.get_extra_info("socket")
        for option in _SOCKET_OPTIONS:
            sock.setsockopt(*option)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._error = httpx.RemoteProtocolError(f"not HTTP: {error}")
            self.close()
        self._wake()

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        if not self.complete and self._error is None:
            if self._got_headers and self._until_eof():
                self.complete = True
            else:
                self._error = httpx.ReadError(str(exc)) if exc else httpx.RemoteProtocolError("EOF")
        self._wake()

    def _until_eof(self) -> bool:
        names = {name.lower() for name, _ in self._headers}
        return b"content-length" not in names and b"transfer-encoding" not in names

    # ---- httptools ----

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        if self._parser.get_status_code() >= 200:
            self._got_headers = True
            self._keep_alive = self._parser.should_keep_alive()  # it can be asked here only
        else:
            self._headers = []  # 100 Continue and the like: the answer follows

    def on_body(self, body: bytes) -> None:
        self._chunks.append(body)
        self._buffered += len(body)
        if self._buffered > MAX_BUFFERED and not self._paused:
            self._paused = True
            self.transport.pause_reading()

    def on_message_complete(self) -> None:
        if self._got_headers:
            self.complete = True

    # ---- for the pool ----

    def send(self, data: bytes) -> None:
        self._headers, self._got_headers, self.complete, self._error = [], False, False, None
        self.transport.write(data)

    async def headers(self, timeout: float | None) -> tuple[int, list[tuple[bytes, bytes]]]:
        while not self._got_headers:
            await self._wait(timeout)
        return self._parser.get_status_code(), self._headers

    async def read(self, timeout: float | None) -> bytes:
        """What has arrived of the body, waiting for some; empty at its end."""
        while not self._chunks:
            if self.complete:
                return b""
            await self._wait(timeout)
        data = b"".join(self._chunks) if len(self._chunks) > 1 else self._chunks[0]
        self._chunks.clear()
        self._buffered = 0
        if self._paused:
            self._paused = False
            self.transport.resume_reading()
        return data

    @property
    def reusable(self) -> bool:
        """The answer has been read and another request may be sent."""
        return self.usable and self.complete and not self._chunks and self._keep_alive

    def is_quiet(self) -> bool:
        """Nothing waits to be read. On an idle connection that could only be the server's goodbye, which the event loop
        has not come to read yet; a request written now would be lost, and nobody could say whether it was heard."""
        poll = select.poll()
        poll.register(self.transport.get_extra_info("socket").fileno(), select.POLLIN)
        return not poll.poll(0)

    @property
    def usable(self) -> bool:
        return not self.lost and not self.transport.is_closing()

    def close(self) -> None:
        if self.transport is not None:
            self.transport.abort() if not self.complete else self.transport.close()

    def abort(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    async def _wait(self, timeout: float | None) -> None:
        if self._error is not None:
            raise self._error
        loop = asyncio.get_running_loop()
        waiter = self._waiter = loop.create_future()
        timer = loop.call_later(timeout, self._time_out) if timeout else None
        try:
            await waiter
        finally:
            self._waiter = None
            if timer is not None:
                timer.cancel()

    def _time_out(self) -> None:
        self._error = httpx.ReadTimeout("context deadline exceeded (Client.Timeout exceeded while awaiting headers)")
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Body(httpx.AsyncByteStream):
    """The body of a response; closing it gives the connection back, or away when the body was not read to its end."""

    def __init__(self, pool: Pool, connection: Connection, timeout: float | None):
        self._pool, self._connection, self._timeout = pool, connection, timeout
        self._closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while chunk := await self._connection.read(self._timeout):
            yield chunk

    async def aclose(self) -> None:
        if not self._closed:
            self._closed = True
            self._pool.release(self._connection)


class Pool(httpx.AsyncBaseTransport):
    """Connections to one server, the warmest used first. The target of a request is in `extensions["target"]`.

    1. A connection carries one request at a time, and the next only after the whole body was read.
    2. A connection that was closed by the server, or idled for a minute, is not used again.
    3. Cancelling a request closes its connection.
    """

    def __init__(
        self, url: httpx.URL, ssl_context: ssl.SSLContext | bool, server_name: str = "", *, proxy_url: str = "",
        authorities: bytes | None = None,
    ):  # fmt: skip
        self._host, self._ssl = url.host, ssl_context or None
        self._proxy_url, self._authorities = proxy_url, authorities
        self._port = url.port or (443 if ssl_context else 80)
        self._server_name = (server_name or url.host) if ssl_context else None
        self._idle: list[Connection] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        timeouts = request.extensions["timeout"]
        connection = self._take() or await self._connect(timeouts["connect"])
        try:
            connection.send(_head(request) + request.stream._stream)
            status, headers = await connection.headers(timeouts["read"])
        except BaseException:
            connection.close()
            raise
        return httpx.Response(status, headers=headers, stream=Body(self, connection, timeouts["read"]))

    async def aclose(self) -> None:
        for connection in self._idle:
            connection.abort()  # nothing is under way, and TLS' farewell would outlive the event loop
        self._idle.clear()
        await asyncio.sleep(0)

    def release(self, connection: Connection) -> None:
        if connection.reusable and len(self._idle) < MAX_IDLE:
            connection.idle_since = time.monotonic()
            self._idle.append(connection)
        else:
            connection.close()

    def _take(self) -> Connection | None:
        too_old = time.monotonic() - IDLE_SECONDS
        while self._idle:
            connection = self._idle.pop()
            if connection.usable and connection.idle_since > too_old and connection.is_quiet():
                return connection
            connection.close()
        return None

    async def _connect(self, timeout: float) -> Connection:
        try:
            async with asyncio.timeout(timeout):
                return await self._dial(self._ssl)
        except TimeoutError as error:
            raise httpx.ConnectTimeout("context deadline exceeded") from error
        except ssl.SSLCertVerificationError as error:
            raise httpx.ConnectError(await self._not_trusted(error, timeout)) from error
        except ssl.SSLError as error:
            raise httpx.ConnectError(tls_problem(error)) from error
        except ProxyError as error:
            raise httpx.ConnectError(str(error)) from error
        except ConnectionResetError as error:
            raise httpx.ConnectError("EOF") from error
        except OSError as error:
            raise httpx.ConnectError(dial_problem(error, self._host, self._port)) from error

    async def _dial(self, context: ssl.SSLContext | None) -> Connection:
        loop = asyncio.get_running_loop()
        name = self._server_name if context else None
        if self._proxy_url:
            sock = await tunnel(self._proxy_url, self._host, self._port)
            _, made = await loop.create_connection(Connection, sock=sock, ssl=context, server_hostname=name)
        else:
            _, made = await loop.create_connection(
                Connection, self._host, self._port, ssl=context, server_hostname=name
            )
        return made

    async def _not_trusted(self, error: ssl.SSLCertVerificationError, timeout: float) -> str:
        """The server is asked for its certificate again, for Python does not keep the one that it refused."""
        lenient = ssl.create_default_context()
        lenient.check_hostname, lenient.verify_mode = False, ssl.CERT_NONE
        try:
            async with asyncio.timeout(timeout):
                connection = await self._dial(lenient)
        except OSError:  # of it TimeoutError: then in OpenSSL's words
            return f"tls: failed to verify certificate: x509: {error.verify_message}"
        peer = connection.transport.get_extra_info("ssl_object").getpeercert(binary_form=True)
        connection.abort()
        await asyncio.sleep(0)
        return certificate_problem(error, peer, self._server_name or self._host, self._authorities)


def _head(request: httpx.Request) -> bytes:
    lines = [b"%b %b HTTP/1.1" % (request.method.encode(), request.extensions["target"])]
    lines += [b"%b: %b" % pair for pair in request.headers.raw]
    return b"\r\n".join((*lines, b"", b""))
