"""`kubectl_lite proxy`: the API server on a local port, with our identity, for curl and browsers.

Source: k8s.io/kubectl/pkg/cmd/proxy. Requests for hosts or paths that are not accepted are refused, so that a web page
cannot use it. It leaves out upgrades: exec and attach, which `--reject-paths` forbids in kubectl, too, and
port-forward.
"""

from __future__ import annotations

import asyncio
import mimetypes
import re
import sys
from html import escape
from pathlib import Path
from socket import IPPROTO_TCP, SO_KEEPALIVE, SOL_SOCKET, TCP_KEEPINTVL
from typing import Any
from urllib.parse import quote, unquote

import click

from kubectl_lite.cli import command
from kubectl_lite.durations import DURATION, seconds
from kubectl_lite.errors import CommandError
from kubectl_lite.local_http import OF_THE_CONNECTION, HttpParserError, Request, Requests, respond, stream
from kubectl_lite.session import Session

Json = dict[str, Any]
HOSTS = r"^localhost$,^127\.0\.0\.1$,^\[::1\]$"
OURS = OF_THE_CONNECTION | {"host", "content-length", "expect", "accept-encoding"}
"""Headers of a request that are not passed on: our connection to the server has its own."""
REJECTED = r"^/api/.*/pods/.*/exec,^/api/.*/pods/.*/attach"


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
        self._www = Path(flags["www"]).resolve()
        if flags["www"] and not self._www.is_dir():
            print(f"Warning: there is no folder {flags['www']} to serve", file=sys.stderr)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if every := int(seconds(self._flags["keepalive"])):
            socket = writer.get_extra_info("socket")
            socket.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)
            socket.setsockopt(IPPROTO_TCP, TCP_KEEPINTVL, every)
        try:
            async for request in Requests(reader, writer):
                await self._answer(request, writer)
        except (OSError, HttpParserError, asyncio.CancelledError):
            pass  # the client has gone, or speaks no HTTP, or we are interrupted
        finally:
            writer.close()

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        path, www = request.path.partition("?")[0], self._flags["www_prefix"]
        if not self._accepts(request.method, path, request.headers.get("host", "")):
            await respond(writer, 403, "text/plain", b"Forbidden\n")
        elif self._flags["www"] and path.startswith(www):
            await respond(writer, *_file(self._www, unquote(path[len(www) :])))
        elif not path.startswith(self._prefix or "/"):
            await respond(writer, 404, "text/plain", b"404 page not found\n")
        else:
            await self._forward(request, request.path[len(self._prefix) :] or "/", writer)

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

    async def _forward(self, request: Request, path: str, writer: asyncio.StreamWriter) -> None:
        """The server's answer as it comes, so that watches flow."""
        from kube.client.transport import Unreachable

        sent = {name.title(): value for name, value in request.headers.items() if name not in OURS}
        body = bytes(request.body) or None
        opened = self._session.transport.stream(request.method, path, body=body, headers=sent, raises=False)
        try:
            async with opened as answer:
                chunks = answer.chunks() if request.method != "HEAD" else None
                await stream(writer, answer.status, answer.headers.multi_items(), chunks)
        except Unreachable as why:
            await respond(writer, 502, "text/plain", f"{why}\n".encode())


def _file(root: Path, name: str) -> tuple[int, str, bytes]:
    """Status, media type and content of what is below the root."""
    path = (root / name).resolve()
    if not path.is_relative_to(root) or not path.exists():
        return 404, "text/plain", b"404 page not found\n"
    if path.is_dir():
        return 200, "text/html; charset=utf-8", _listing(path)
    return 200, mimetypes.guess_type(path.name)[0] or "application/octet-stream", path.read_bytes()


def _listing(folder: Path) -> bytes:
    """The links to what a folder holds, as net/http shows them."""
    names = sorted(f"{path.name}/" if path.is_dir() else path.name for path in folder.iterdir())
    links = "".join(f'<a href="{quote(name)}">{escape(name)}</a>\n' for name in names)
    return f'<!doctype html>\n<meta name="viewport" content="width=device-width">\n<pre>\n{links}</pre>\n'.encode()


def _matches(expressions: str, text: str) -> bool:
    return any(re.search(e, text) for e in expressions.split(",") if e)
