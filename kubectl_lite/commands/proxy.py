"""`kubectl_lite proxy`: the API server on a local port, with our identity, for curl and browsers.

Source: k8s.io/kubectl/pkg/cmd/proxy. Requests for hosts or paths that are not accepted are refused, so that a web page
cannot use it. It leaves out upgrades (exec, port-forward), which `--reject-paths` forbids by default in kubectl, too.
"""

from __future__ import annotations

import asyncio
import mimetypes
import re
from collections.abc import AsyncIterator
from pathlib import Path
from socket import IPPROTO_TCP, SO_KEEPALIVE, SOL_SOCKET, TCP_KEEPINTVL
from typing import Any

import click

from kubectl_lite.cli import command
from kubectl_lite.durations import DURATION, seconds
from kubectl_lite.errors import CommandError
from kubectl_lite.session import Session

Json = dict[str, Any]
HOSTS = r"^localhost$,^127\.0\.0\.1$,^\[::1\]$"
REJECTED = r"^/api/.*/pods/.*/exec,^/api/.*/pods/.*/attach"
_HOP_BY_HOP = {b"connection", b"transfer-encoding", b"content-length", b"keep-alive"}


@command("proxy")
@click.option("-p", "--port", default=8001, help="The port to listen on; 0 is any.")
@click.option("--address", default="127.0.0.1", help="The address to listen on.")
@click.option("--unix-socket", "-u", default="", help="Listen on this socket instead.")
@click.option("--api-prefix", default="/", help="Where the API is, below the proxy's root.")
@click.option("-w", "--www", default="", help="A folder of files to serve, too.")
@click.option("-P", "--www-prefix", default="/static/", help="Where those files are.")
@click.option("--accept-paths", default="^.*", help="Regular expressions of accepted paths.")
@click.option("--reject-paths", default=REJECTED, help="Regular expressions of refused paths.")
@click.option("--accept-hosts", default=HOSTS, help="Regular expressions of accepted hosts.")
@click.option("--reject-methods", default="^$", help="Regular expressions of refused methods.")
@click.option("--append-server-path", is_flag=True, help="Taken: the path of the server's address always comes first.")
@click.option("--keepalive", type=DURATION, default="0", help="How often a silent connection is probed; 0 leaves it.")
@click.option("--disable-filter", is_flag=True, help="Refuse nothing.")
async def cli(session: Session, port: int, address: str, unix_socket: str, **flags: Any) -> int:
    """Run a proxy to the Kubernetes API server."""
    proxy = _Proxy(session, flags)
    if unix_socket:
        try:
            server = await asyncio.start_unix_server(proxy.serve, unix_socket)
        except OSError as why:
            raise CommandError(f"listen unix {unix_socket}: bind: {(why.strerror or '').lower()}") from why
        where = unix_socket
    else:
        if not 0 <= port < 65536:
            raise CommandError(f"listen tcp: address {port}: invalid port")
        server = await asyncio.start_server(proxy.serve, address, port)
        host, number = server.sockets[0].getsockname()[:2]
        where = f"{f'[{host}]' if ':' in host else host}:{number}"
    print(f"Starting to serve on {where}", flush=True)
    async with server:
        await asyncio.Event().wait()
    return 0


class _Proxy:
    """Answers each connection's requests, one after the other."""

    def __init__(self, session: Session, flags: Json):
        self._session, self._flags = session, flags
        self._prefix = flags["api_prefix"].rstrip("/")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if every := int(seconds(self._flags["keepalive"])):
            socket = writer.get_extra_info("socket")
            socket.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
            socket.setsockopt(IPPROTO_TCP, TCP_KEEPINTVL, every)
        try:
            while (request := await _request(reader)) is not None:
                await self._answer(*request, writer)
        except (OSError, asyncio.IncompleteReadError, ValueError, asyncio.CancelledError):
            pass  # the client has gone, or speaks no HTTP, or we are interrupted
        finally:
            writer.close()

    async def _answer(
        self, method: str, path: str, headers: dict[str, str], body: bytes, writer: asyncio.StreamWriter
    ) -> None:
        if not self._accepts(method, path.partition("?")[0], headers.get("host", "")):
            await _respond(writer, 403, "text/plain", b"Forbidden\n")
        elif self._flags["www"] and path.startswith(self._flags["www_prefix"]):
            await self._file(path[len(self._flags["www_prefix"]) :].partition("?")[0], writer)
        elif not path.startswith(self._prefix or "/"):
            await _respond(writer, 404, "text/plain", b"404 page not found\n")
        else:
            await self._forward(method, path[len(self._prefix) :] or "/", headers, body, writer)

    def _accepts(self, method: str, path: str, host: str) -> bool:
        if self._flags["disable_filter"]:
            return True
        name = re.sub(r":\d+$", "", host)
        return (
            _matches(self._flags["accept_hosts"], name)
            and _matches(self._flags["accept_paths"], path)
            and not _matches(self._flags["reject_paths"], path)
            and not _matches(self._flags["reject_methods"], method)
        )

    async def _file(self, name: str, writer: asyncio.StreamWriter) -> None:
        content = _content(Path(self._flags["www"]), name)
        if content is None:
            await _respond(writer, 404, "text/plain", b"404 page not found\n")
        else:
            await _respond(writer, 200, mimetypes.guess_type(name)[0] or "application/octet-stream", content)

    async def _forward(
        self, method: str, path: str, headers: dict[str, str], body: bytes, writer: asyncio.StreamWriter
    ) -> None:
        """The server's answer as it comes, so that watches flow."""
        from kube.apimachinery.errors import StatusError
        from kube.client.transport import Unreachable

        sent = {k.title(): v for k, v in headers.items() if k in ("accept", "content-type")}
        try:
            opened = self._session.transport.stream(method, path, body=body or None, headers=sent)
            async with opened as stream:
                kind = stream.headers.get("content-type", "application/json")
                await _stream(writer, stream.status, kind, stream.chunks())
        except StatusError as why:
            await _respond(writer, why.code, "application/json", why.status.to_json())
        except Unreachable as why:
            await _respond(writer, 502, "text/plain", f"{why}\n".encode())


def _matches(expressions: str, text: str) -> bool:
    return any(re.search(e, text) for e in expressions.split(",") if e)


def _content(folder: Path, name: str) -> bytes | None:
    """A file below the folder; None for what is not there, or elsewhere."""
    path = (folder / name).resolve()
    return path.read_bytes() if path.is_relative_to(folder.resolve()) and path.is_file() else None


# ---- HTTP/1.1, as much as a local client needs ----


async def _request(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str], bytes] | None:
    line = await reader.readline()
    if not line:
        return None
    method, path, _ = line.decode("latin-1").split(" ", 2)
    headers: dict[str, str] = {}
    while (line := await reader.readline()).strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length") or 0))
    return method, path, headers, body


async def _respond(writer: asyncio.StreamWriter, status: int, kind: str, body: bytes) -> None:
    head = f"HTTP/1.1 {status} {_phrase(status)}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()


async def _stream(writer: asyncio.StreamWriter, status: int, kind: str, chunks: AsyncIterator[bytes]) -> None:
    head = f"HTTP/1.1 {status} {_phrase(status)}\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n"
    writer.write(head.encode())
    async for chunk in chunks:
        if chunk:
            writer.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
            await writer.drain()
    writer.write(b"0\r\n\r\n")
    await writer.drain()


def _phrase(status: int) -> str:
    from http import HTTPStatus

    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""
