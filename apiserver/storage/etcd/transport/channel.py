"""gRPC calls to one server: one question and one answer, or a stream both ways; with deadlines, and reconnecting.

Made by `Member`. It calls `Connection`. A channel connects when it is first used and again whenever the connection has
gone; it never sends a request twice: that is for its caller to decide, who is told whether the server may have acted.
Source: gRPC over HTTP/2 (grpc/doc/PROTOCOL-HTTP2.md).
"""

from __future__ import annotations

import asyncio
import ssl
import struct
from collections import deque
from enum import IntEnum
from urllib.parse import unquote

from apiserver.storage.etcd.transport import hpack
from apiserver.storage.etcd.transport.connection import Connection

CONNECT_SECONDS = 3.0
_PREFIX = struct.Struct(">BI")  # compressed or not, length


class Code(IntEnum):
    """gRPC's status codes, as far as etcd uses them."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    OUT_OF_RANGE = 11
    INTERNAL = 13
    UNAVAILABLE = 14


class RpcError(Exception):
    """The call failed. `never_sent`: the server has certainly not seen it."""

    def __init__(self, code: int, details: str, *, never_sent: bool = False):
        super().__init__(details)
        self.code, self.details, self.never_sent = code, details, never_sent


def _message(body: bytes) -> bytes:
    return _PREFIX.pack(0, len(body)) + body


def _failure(trailers: dict[str, str]) -> RpcError | None:
    """What the trailers say went wrong, if anything."""
    status = trailers.get("grpc-status")
    if status == "0":
        return None
    if status is None or not status.isdigit():
        return RpcError(Code.UNAVAILABLE, f"no gRPC answer (HTTP status {trailers.get(':status', 'unknown')})")
    return RpcError(int(status), unquote(trailers.get("grpc-message", "")))


class UnaryCall:
    """One question, one answer."""

    def __init__(self, answer: asyncio.Future[bytes]):
        self.received = 0
        self._answer = answer
        self._pieces: list[bytes] = []

    def data(self, payload: bytes) -> None:
        self._pieces.append(payload)

    def end(self, trailers: dict[str, str]) -> None:
        if self._answer.done():
            return
        if failure := _failure(trailers):
            self._answer.set_exception(failure)
        else:
            pieces = self._pieces
            self._answer.set_result((pieces[0] if len(pieces) == 1 else b"".join(pieces))[_PREFIX.size :])

    def lost(self, why: str, *, never_sent: bool) -> None:
        if not self._answer.done():
            self._answer.set_exception(RpcError(Code.UNAVAILABLE, why, never_sent=never_sent))

    def expire(self) -> None:
        """Time is up."""
        if not self._answer.done():
            self._answer.set_exception(RpcError(Code.DEADLINE_EXCEEDED, "etcd did not answer in time"))


class StreamCall:
    """Messages both ways, until one side ends. One reader."""

    def __init__(self) -> None:
        self.received = 0
        self._connection: Connection | None = None
        self._stream = 0
        self._input = bytearray()
        self._messages: deque[bytes] = deque()
        self._failure: RpcError | None = None
        self._waiting: asyncio.Future[None] | None = None

    def open(self, connection: Connection, block: bytes, body: bytes) -> None:
        self._connection = connection
        self._stream = connection.begin(self, block, _message(body), last=False)

    def write(self, body: bytes) -> None:
        """Sends one more message."""
        if self._failure is None and self._connection is not None:
            self._connection.send(self._stream, _message(body), last=False)

    async def read(self) -> bytes:
        """The next message. Raises RpcError when the stream has ended, however it did."""
        while not self._messages:
            if self._failure is not None:
                raise self._failure
            self._waiting = asyncio.get_running_loop().create_future()
            await self._waiting
        return self._messages.popleft()

    def cancel(self) -> None:
        """Ends the stream; a `read` that waits raises."""
        if self._failure is None:
            self._fail(RpcError(Code.CANCELLED, "the stream was cancelled"))
            if self._connection is not None:
                self._connection.reset(self._stream)

    def data(self, payload: bytes) -> None:
        buffer = self._input
        buffer += payload
        while len(buffer) >= _PREFIX.size:
            end = _PREFIX.size + _PREFIX.unpack_from(buffer)[1]
            if len(buffer) < end:
                break
            self._messages.append(bytes(buffer[_PREFIX.size : end]))
            del buffer[:end]
        if self._messages:
            self._wake()

    def end(self, trailers: dict[str, str]) -> None:
        self._fail(_failure(trailers) or RpcError(Code.UNAVAILABLE, "etcd ended the stream"))

    def lost(self, why: str, *, never_sent: bool) -> None:
        self._fail(RpcError(Code.UNAVAILABLE, why, never_sent=never_sent))

    def _fail(self, failure: RpcError) -> None:
        self._failure = failure
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


class Channel:
    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None = None, *, timeout: float = 10):
        """`timeout`: seconds for a unary call."""
        self._host, self._port, self._tls, self._timeout = host, port, tls, timeout
        self._connection: Connection | None = None
        self._connecting: asyncio.Task[Connection] | None = None
        self._blocks: dict[tuple[str, bool], bytes] = {}

    async def unary(self, path: str, body: bytes) -> bytes:
        """The answer's message. `path`: `/etcdserverpb.KV/Range`. Raises RpcError."""
        connection = await self._usable()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bytes] = loop.create_future()
        call = UnaryCall(answer)
        stream = connection.begin(call, self._block(path, limited=True), _message(body), last=True)
        timer = loop.call_later(self._timeout, call.expire)
        try:
            return await answer
        except (asyncio.CancelledError, RpcError):
            connection.reset(stream)
            raise
        finally:
            timer.cancel()

    async def stream(self, path: str, body: bytes) -> StreamCall:
        """A stream whose first message is `body`. Raises RpcError when the server cannot be reached."""
        connection = await self._usable()
        call = StreamCall()
        call.open(connection, self._block(path, limited=False), body)
        return call

    def _block(self, path: str, *, limited: bool) -> bytes:
        """The header block of a call; always the same for one path."""
        block = self._blocks.get((path, limited))
        if block is None:
            headers = [
                (":method", "POST"), (":scheme", "https" if self._tls else "http"), (":path", path),
                (":authority", f"{self._host}:{self._port}"), ("content-type", "application/grpc"), ("te", "trailers"),
                ("hasleader", "true"),  # a member that is cut off from the others refuses, instead of waiting
            ]  # fmt: skip
            if limited:
                headers.append(("grpc-timeout", f"{int(self._timeout * 1000)}m"))
            block = self._blocks[path, limited] = hpack.encode(headers)
        return block

    async def _usable(self) -> Connection:
        connection = self._connection
        if connection is None or not connection.usable:
            connection = await self._connect()
            if not connection.usable:
                raise RpcError(Code.UNAVAILABLE, "etcd closed the connection at once", never_sent=True)
        return connection

    async def _connect(self) -> Connection:
        """One attempt for all who need it at the same time."""
        if self._connecting is None:
            self._connecting = asyncio.create_task(self._open(), name="etcd connection")
        try:
            return await asyncio.shield(self._connecting)
        except OSError as error:
            why = f"failed to connect to etcd at {self._host}:{self._port}: {error or 'no answer'}"
            raise RpcError(Code.UNAVAILABLE, why, never_sent=True) from error

    async def _open(self) -> Connection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                _, self._connection = await loop.create_connection(Connection, self._host, self._port, ssl=self._tls)
        finally:
            self._connecting = None
        return self._connection

    async def aclose(self) -> None:
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.wait([self._connecting])
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            await asyncio.sleep(0)  # the transport closes its socket in the next turn
