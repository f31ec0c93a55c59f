"""Requests of a local client as they are read, and the answers that it gets, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from kubectl_lite.local_http import HttpParserError, Requests, respond, stream

LARGE = b"x" * 300_000


async def _chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Tells what came: whole, or in chunks where the path asks for it."""
    try:
        async for request in Requests(reader, writer):
            told = f"{request.method} {request.path} {request.headers.get('a', '')} {len(request.body)}".encode()
            if request.path == "/chunks":
                body = None if request.method == "HEAD" else _chunks(told, b"", b"!")
                headers = [("Content-Length", "9"), ("Connection", "close"), ("X", "y")]
                await stream(writer, 200, headers, body)
            else:
                await respond(writer, 404, "text/plain", told)
    except HttpParserError:
        writer.write(b"no HTTP")
    finally:
        writer.close()


ANSWER = b"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%b"


def _whole(text: bytes) -> bytes:
    return ANSWER % (len(text), text)


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"GET /a HTTP/1.1\r\nA: b\r\n\r\n", _whole(b"GET /a b 0")),
        (b"GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n", _whole(b"GET /a  0") + _whole(b"GET /b  0")),
        (b"POST / HTTP/1.1\r\nContent-Length: 300000\r\n\r\n" + LARGE, _whole(b"POST /  300000")),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
         _whole(b"POST /  5")),
        (b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na",
         b"HTTP/1.1 100 Continue\r\n\r\n" + _whole(b"POST /  1")),
        (b"GET /a HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", _whole(b"GET /a  0")),
        (b"GET /chunks HTTP/1.1\r\n\r\n",
         b"HTTP/1.1 200 OK\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\ne\r\nGET /chunks  0\r\n1\r\n!\r\n0\r\n\r\n"),
        (b"HEAD /chunks HTTP/1.1\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nX: y\r\n\r\n"),
        (b"what?\r\n\r\n", b"no HTTP"),
    ],
    ids=["one", "two", "large", "chunked", "expect", "upgrade", "in chunks", "head", "no HTTP"],
)  # fmt: skip
async def test_requests_and_answers(sent: bytes, answer: bytes) -> None:
    async with await asyncio.start_server(_serve, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(sent)
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(), 30) == answer
        writer.close()
