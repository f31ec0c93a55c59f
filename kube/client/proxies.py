"""Going through a proxy: the tunnel of an HTTP proxy (CONNECT) or of SOCKS 5, and which one the environment names.

Called by `kube.client.pool` and by `kubectl_lite.streams`, with sockets; it calls asyncio. It leaves out proxies that
are spoken to over TLS, and authentication to SOCKS.
Source: golang.org/x/net/http/httpproxy.
"""

from __future__ import annotations

import asyncio
import base64
import ipaddress
import os
import socket
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

from kube.client.go_errors import dial_problem

_PORTS = {"http": 80, "https": 443, "socks5": 1080}


class ProxyError(OSError):
    """The proxy is there and does not let us through. The text is Go's."""


async def tunnel(proxy_url: str, host: str, port: int) -> socket.socket:
    """A connected socket on which the server is heard. Raises OSError, of it ProxyError."""
    proxy = urlsplit(proxy_url)
    if proxy.scheme == "https":
        raise ProxyError("proxies over TLS are not supported: use an http:// or socks5:// proxy")
    address = proxy.hostname or "localhost", proxy.port or _PORTS[proxy.scheme]
    try:
        sock = await _reached(*address)
    except OSError as error:
        raise ProxyError(f"proxyconnect tcp: {dial_problem(error, *address)}") from error
    try:
        if proxy.scheme == "socks5":
            await _socks5(sock, host, port)
        else:
            user = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}" if proxy.username else ""
            await _connect(sock, f"[{host}]:{port}" if ":" in host else f"{host}:{port}", user)
    except BaseException:
        sock.close()
        raise
    return sock


async def _reached(host: str, port: int) -> socket.socket:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    sock = socket.socket(found[0][0], socket.SOCK_STREAM)
    sock.setblocking(False)
    try:
        await loop.sock_connect(sock, found[0][4])
    except BaseException:
        sock.close()
        raise
    return sock


async def _connect(sock: socket.socket, target: str, user: str) -> None:
    loop = asyncio.get_running_loop()
    secret = f"Proxy-Authorization: Basic {base64.b64encode(user.encode()).decode()}\r\n" if user else ""
    await loop.sock_sendall(sock, f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{secret}\r\n".encode())
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):  # one by one: what follows belongs to the server
        byte = await loop.sock_recv(sock, 1)
        if not byte or len(answer) > 65536:
            raise ProxyError("EOF")
        answer += byte
    code, _, reason = answer.partition(b"\r\n")[0].decode(errors="replace").partition(" ")[2].partition(" ")
    if code != "200":
        raise ProxyError(reason or (HTTPStatus(int(code)).phrase if code.isdigit() else "malformed HTTP response"))


async def _socks5(sock: socket.socket, host: str, port: int) -> None:
    """Source: RFC 1928; the name goes to the proxy unresolved."""
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(sock, b"\x05\x01\x00")
    if await _exactly(sock, 2) != b"\x05\x00":
        raise ProxyError("no acceptable authentication methods")
    name = host.encode("idna")
    await loop.sock_sendall(sock, b"\x05\x01\x00\x03" + bytes([len(name)]) + name + port.to_bytes(2, "big"))
    _, code, _, kind = await _exactly(sock, 4)
    if code:
        raise ProxyError(f"socks connect: {_SOCKS_ERRORS.get(code, f'unknown code: {code}')}")
    length = {1: 4, 4: 16}.get(kind) or (await _exactly(sock, 1))[0]
    await _exactly(sock, length + 2)


_SOCKS_ERRORS = {1: "general SOCKS server failure", 2: "connection not allowed by ruleset", 3: "network unreachable",
                 4: "host unreachable", 5: "connection refused", 6: "TTL expired", 7: "command not supported",
                 8: "address type not supported"}  # fmt: skip


async def _exactly(sock: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more = await asyncio.get_running_loop().sock_recv(sock, count - len(data))
        if not more:
            raise ProxyError("EOF")
        data += more
    return data


def proxy_of_environment(server: str) -> str:
    """The proxy that $HTTPS_PROXY (or $HTTP_PROXY) and $NO_PROXY say for a server; empty for none.

    As in Go, what is on this machine is never asked through a proxy.
    """
    url = urlsplit(server)
    name = f"{url.scheme}_proxy"
    proxy = os.environ.get(name.upper()) or os.environ.get(name) or ""
    excluded = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    host = url.hostname or ""
    if not proxy or host == "localhost" or _is_loopback(host) or _is_excluded(host, url.port, excluded):
        return ""
    return proxy if "://" in proxy else f"http://{proxy}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_excluded(host: str, port: int | None, excluded: str) -> bool:
    for entry in filter(None, (part.strip().lower() for part in excluded.split(","))):
        if entry == "*" or _in_network(host, entry):
            return True
        name, colon, wanted = entry.partition(":") if entry.count(":") == 1 else (entry, "", "")
        suffix = name.removeprefix("*").removeprefix(".")
        if (not colon or wanted == str(port)) and (host == suffix or host.endswith("." + suffix)):
            return True
    return False


def _in_network(host: str, entry: str) -> bool:
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False
