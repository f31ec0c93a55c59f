"""The server under the application, on a real socket: long bodies and streams towards clients that do not read."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from apiserver.serving import chunks, cycle, protocol
from apiserver.serving.server import KubeServer, make_server

LONG = 32 << 20
REQUEST = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"


@asynccontextmanager
async def serving(app: Callable[..., Any]) -> AsyncIterator[tuple[KubeServer, int]]:
    async def with_lifespan(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        for what in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{what}.complete"})

    server = make_server(with_lifespan, None, lambda: None)
    listener = socket.create_server(("127.0.0.1", 0))
    serve = asyncio.create_task(server._serve([listener]))  # `serve` would take this process's signals
    while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield server, listener.getsockname()[1]
    server.stop()
    await serve


def waiting(server: KubeServer) -> int:
    """Bytes that the server holds for its one client."""
    (protocol,) = server.server_state.connections
    return protocol.transport.get_write_buffer_size()


async def long_body(_scope: Any, _receive: Any, send: Any) -> None:
    headers = [(b"content-length", b"%d" % LONG)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"abcd" * (LONG // 4)})


async def test_a_long_body_waits_for_its_reader_in_pieces() -> None:
    async with serving(long_body) as (server, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=65536)
        writer.write(REQUEST)
        await reader.readuntil(b"\r\n\r\n")
        while not waiting(server):  # noqa: ASYNC110  nor for this
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        assert waiting(server) <= chunks.MOST_WAITING + 65536
        assert await reader.readexactly(LONG) == b"abcd" * (LONG // 4)
        writer.close()
        await writer.wait_closed()


async def test_a_client_that_stops_reading_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "STALLED_SECONDS", 0.2)
    async with serving(long_body) as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=65536)
        writer.write(REQUEST)
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.5)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
            await reader.readexactly(LONG)
        writer.close()


async def test_a_stream_says_when_its_client_is_slow() -> None:
    written = asyncio.get_running_loop().create_future()
    drained = asyncio.Event()

    async def stream(scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        connection, count = scope["extensions"]["kube.chunks"], 1
        while connection.write(b"400\r\n%s\r\n" % (b"x" * 0x400)):
            count += 1
        written.set_result(count)
        await connection.writable()
        drained.set()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async with serving(stream) as (server, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=65536)
        writer.write(REQUEST)
        count = await written
        assert waiting(server) <= chunks.MOST_WAITING + 4096
        assert not drained.is_set()
        await reader.readuntil(b"\r\n\r\n")
        body = await _read_all(reader)
        assert drained.is_set() and body.count(b"400\r\n") == count
        writer.close()


async def test_a_stream_whose_client_stops_reading_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "STALLED_SECONDS", 0.2)
    ended = asyncio.get_running_loop().create_future()

    async def stream(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        connection = scope["extensions"]["kube.chunks"]
        while connection.write(b"400\r\n%s\r\n" % (b"x" * 0x400)):
            pass
        await connection.writable()
        while (message := await receive())["type"] != "http.disconnect":
            pass
        ended.set_result(message)

    async with serving(stream) as (server, port):
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=4096)
        writer.write(REQUEST)
        await asyncio.wait_for(ended, 10)
        assert not server.server_state.connections, "nothing is held for it"
        writer.close()


async def test_headers_that_do_not_come_are_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.2)
    async with serving(teapot) as (_, port):
        silent, drip = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        drip[1].write(b"GET /x HTTP/1.1\r\nHost: a\r\nX-Slow: ")
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            while True:
                drip[1].write(b"x")
                await drip[1].drain()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(drip[0].readexactly(1), 0.02)
        assert await asyncio.wait_for(silent[0].read(), 5) == b""
        for _, writer in (silent, drip):
            writer.close()


async def teapot(_scope: Any, _receive: Any, send: Any) -> None:
    """Answers before the request is whole."""
    await send({"type": "http.response.start", "status": 418, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


async def test_the_rest_of_a_request_that_was_answered_is_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cycle, "REST_SECONDS", 0.2)
    async with serving(teapot) as (_, port):
        drip, whole = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        for reader, writer in (drip, whole):
            writer.write(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nsome")
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 418 ")
        whole[1].write(b"x" * 99_996)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            while True:
                drip[1].write(b"x")
                await drip[1].drain()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(drip[0].readexactly(1), 0.02)
        whole[1].write(REQUEST)
        assert (await whole[0].readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 418 ")
        for _, writer in (drip, whole):
            writer.close()


async def _read_all(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while not body.endswith(b"0\r\n\r\n"):
        body += await reader.read(65536)
    return body
