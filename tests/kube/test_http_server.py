"""The small HTTP server: what it answers, to whom, and what it says when a handler fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

import pytest

from kube.http_server import Answer, HttpServer


def fails() -> Answer:
    raise ValueError("nobody thought of this")


async def below(rest: str, query: Mapping[str, str]) -> Answer:
    return Answer(f"{rest} {dict(query)}")


@pytest.fixture
async def port() -> AsyncIterator[int]:
    server = HttpServer({"/healthz": lambda: Answer("ok"), "/fails": fails}, {"/debug/": below})
    yield await server.start("127.0.0.1", 0)
    await server.stop()


async def ask(port: int, request: str) -> tuple[str, str]:
    """The first line of the answer, and its body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request.encode())
    head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    return head.split("\r\n")[0].removeprefix("HTTP/1.1 "), body


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("GET /healthz", ("200 OK", "ok")),
        ("GET /healthz?verbose", ("200 OK", "ok")),
        ("GET /debug/a%20b/c?d=e", ("200 OK", "a b/c {'d': 'e'}")),
        ("GET /other", ("404 Not Found", "not found\n")),
        ("POST /healthz", ("405 Method Not Allowed", "method not allowed\n")),
        ("GET /fails", ("500 Internal Server Error", "internal server error\n")),
    ],
)
async def test_answers(port: int, line: str, answer: tuple[str, str]) -> None:
    assert await ask(port, f"{line} HTTP/1.1\r\nHost: node1\r\n\r\n") == answer


async def test_a_handler_that_fails_is_logged(port: int, caplog: pytest.LogCaptureFixture) -> None:
    await ask(port, "GET /fails HTTP/1.1\r\n\r\n")
    assert "GET /fails HTTP/1.1 failed" in caplog.text
    assert "nobody thought of this" in caplog.text


async def test_a_head_without_end_is_not_read_to_its_end(port: int) -> None:
    assert await ask(port, "GET /healthz HTTP/1.1\r\nX: " + "a" * 100_000) == ("", "")
