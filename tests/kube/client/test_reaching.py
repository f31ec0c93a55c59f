"""Ways to a server that fail, in Go's words, and ways through a proxy."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kube.client import Client, ClientConfig, Unreachable
from kube.client.go_errors import certificate_problem, dial_problem, tls_problem
from kube.client.proxies import proxy_of_environment
from tests.kube.client.server import Server, answer
from tests.support.pki import Authority


async def _cause(config: ClientConfig) -> str:
    async with Client(config) as client:
        with pytest.raises(Unreachable) as raised:
            await client.request("GET", "/version", timeout=5)
    assert str(raised.value) == f'Get "{config.server}/version": {raised.value.cause}'
    return raised.value.cause


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
    writer.close()


@asynccontextmanager
async def listening(serve, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def _silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        await reader.read()
    writer.close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("pki"))


def _serving(authority: Authority) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*map(str, authority.serving()))
    return context


async def test_certificates_that_are_not_trusted(authority: Authority, tmp_path: Path) -> None:
    async with listening(_silent, _serving(authority)) as port:
        url, ca = f"https://127.0.0.1:{port}", authority.ca_file.read_bytes()
        head = "tls: failed to verify certificate: x509: "
        unknown = f"{head}certificate signed by unknown authority"
        assert await _cause(ClientConfig(url)) == unknown
        namesake = Authority(tmp_path / "namesake").ca_file.read_bytes()
        assert (await _cause(ClientConfig(url, ca_data=namesake))).startswith(
            f'{unknown} (possibly because of "x509: ECDSA verification failure" while trying to verify candidate'
        )
        named = await _cause(ClientConfig(url, ca_data=ca, tls_server_name="foo.example"))
        assert named.startswith(f"{head}certificate is valid for ") and named.endswith(", not foo.example")
        address = await _cause(ClientConfig(url, ca_data=ca, tls_server_name="10.9.8.7"))
        assert address.startswith(f"{head}certificate is valid for 127.0.0.1") and address.endswith(", not 10.9.8.7")


def test_a_certificate_out_of_its_time(authority: Authority) -> None:
    peer = ssl.PEM_cert_to_DER_cert(authority.serving()[0].read_text())
    late = datetime.now(UTC).replace(microsecond=0) + timedelta(days=365 * 200)
    text = certificate_problem(ssl.SSLCertVerificationError(), peer, "x", None, late)
    assert f"certificate has expired or is not yet valid: current time {late:%Y-%m-%dT%H:%M:%SZ} is after " in text


async def test_a_server_without_tls_or_that_hangs_up() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with listening(plain) as port:
        said = await _cause(ClientConfig(f"https://127.0.0.1:{port}"))
    assert said == "http: server gave HTTP response to HTTPS client"
    assert dial_problem(ConnectionRefusedError(111, "x"), "::1", 5) == "dial tcp [::1]:5: connect: connection refused"
    assert dial_problem(OSError(113, "x"), "a", 5) == "dial tcp a:5: connect: no route to host"
    assert "no such host" in dial_problem(socket.gaierror(-2, "x"), "a.invalid", 5)
    error = ssl.SSLError(1, "x")
    error.reason = "TLSV13_ALERT_CERTIFICATE_REQUIRED"
    assert tls_problem(error) == "remote error: tls: certificate required"


async def test_through_an_http_proxy(authority: Authority) -> None:
    heard: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        if b"refuse" in heard[-1]:
            writer.write(b"HTTP/1.1 403 Forbidden\r\n\r\n")
            writer.close()
            return
        upstream = await asyncio.open_connection("127.0.0.1", int(heard[-1].split()[1].rpartition(b":")[2]))
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        async with asyncio.TaskGroup() as both:
            both.create_task(_pipe(reader, upstream[1]))
            both.create_task(_pipe(upstream[0], writer))

    async with Server([answer(200, {"a": 1})]) as server, listening(proxy) as port:
        config = ClientConfig(server.url, proxy_url=f"http://me:secret@127.0.0.1:{port}")
        async with Client(config) as client:
            assert (await client.request("GET", "/version")).json() == {"a": 1}
        assert b"Proxy-Authorization: Basic bWU6c2VjcmV0\r\n" in heard[0]
        refused = ClientConfig("http://refuse.example", proxy_url=f"http://127.0.0.1:{port}")
        assert await _cause(refused) == "Forbidden"


async def test_through_socks(authority: Authority) -> None:
    async def socks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readexactly(3) == b"\x05\x01\x00"
        writer.write(b"\x05\x00")
        head = await reader.readexactly(5)
        name, port = await reader.readexactly(head[4]), int.from_bytes(await reader.readexactly(2), "big")
        if name == b"refuse.example":
            writer.write(b"\x05\x05\x00\x01" + bytes(6))
            writer.close()
            return
        upstream = await asyncio.open_connection(name.decode(), port)
        writer.write(b"\x05\x00\x00\x01" + bytes(6))
        async with asyncio.TaskGroup() as both:
            both.create_task(_pipe(reader, upstream[1]))
            both.create_task(_pipe(upstream[0], writer))

    async with Server([answer(200, {"a": 1})]) as server, listening(socks) as port:
        async with Client(ClientConfig(server.url, proxy_url=f"socks5://127.0.0.1:{port}")) as client:
            assert (await client.request("GET", "/version")).json() == {"a": 1}
        refused = ClientConfig("http://refuse.example", proxy_url=f"socks5://127.0.0.1:{port}")
        assert await _cause(refused) == "socks connect: connection refused"


async def test_a_proxy_that_is_not_there() -> None:
    said = await _cause(ClientConfig("http://a.example", proxy_url="http://127.0.0.1:1"))
    assert said == "proxyconnect tcp: dial tcp 127.0.0.1:1: connect: connection refused"


@pytest.mark.parametrize(
    ("server", "excluded", "proxy"),
    [
        ("https://a.example:6443", "", "http://p:3128"),
        ("https://127.0.0.1:6443", "", ""),
        ("https://localhost", "", ""),
        ("http://a.example", "", ""),
        ("https://a.example", "example", ""),
        ("https://a.example", ".example", ""),
        ("https://anexample", "example", "http://p:3128"),
        ("https://a.example:1", "a.example:2,b", "http://p:3128"),
        ("https://a.example:2", "a.example:2", ""),
        ("https://10.1.2.3", "10.0.0.0/8", ""),
        ("https://a", "*", ""),
    ],
)
def test_what_the_environment_says(monkeypatch: pytest.MonkeyPatch, server: str, excluded: str, proxy: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "p:3128")
    monkeypatch.delenv("HTTP_PROXY", raising=False)
    monkeypatch.delenv("http_proxy", raising=False)
    monkeypatch.setenv("NO_PROXY", excluded)
    assert proxy_of_environment(server) == proxy
