"""The transport against a real etcd: windows, large messages, deadlines, cancelled calls, silence, TLS."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import os
import signal
import struct
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aetcd import rpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from apiserver.storage.etcd import TLS, EtcdStorage
from apiserver.storage.etcd.transport import Channel, Code, RpcError, connection, hpack
from apiserver.storage.interface import Put
from tests.etcd_server import EtcdServer, find_free_port

PUT, RANGE, WATCH = "/etcdserverpb.KV/Put", "/etcdserverpb.KV/Range", "/etcdserverpb.Watch/Watch"


def channel_to(url: str, timeout: float = 10) -> Channel:
    host, _, port = url.removeprefix("http://").partition(":")
    return Channel(host, int(port), timeout=timeout)


@pytest.fixture
async def channel(etcd: str) -> AsyncIterator[Channel]:
    opened = channel_to(etcd)
    yield opened
    await opened.aclose()


async def put(channel: Channel, key: bytes, value: bytes) -> int:
    answer = await channel.unary(PUT, rpc.PutRequest(key=key, value=value).SerializeToString())
    return rpc.PutResponse.FromString(answer).header.revision


async def read(channel: Channel, **what: object) -> rpc.RangeResponse:
    return rpc.RangeResponse.FromString(await channel.unary(RANGE, rpc.RangeRequest(**what).SerializeToString()))


async def test_many_calls_at_once_and_larger_than_the_window(channel: Channel) -> None:
    sizes = [0, 1, 100, 16384 - 60, 16384, 65535, 200_000, 1_400_000] * 5
    revisions = await asyncio.gather(*(put(channel, b"big%d" % n, b"x" * size) for n, size in enumerate(sizes)))
    assert len(set(revisions)) == len(sizes)
    answer = await read(channel, key=b"big", range_end=b"bih")
    assert sorted(len(pair.value) for pair in answer.kvs) == sorted(sizes)


async def test_an_error_of_etcd(channel: Channel) -> None:
    with pytest.raises(RpcError) as caught:
        await read(channel, key=b"x", revision=1 << 60)
    assert caught.value.code == Code.OUT_OF_RANGE
    assert caught.value.details == "etcdserver: mvcc: required revision is a future revision"
    with pytest.raises(RpcError) as caught:
        await channel.unary("/etcdserverpb.KV/Nonsense", b"")
    assert caught.value.code == 12  # UNIMPLEMENTED


async def test_a_cancelled_call_disturbs_no_other(channel: Channel) -> None:
    tasks = [asyncio.create_task(put(channel, b"c%d" % n, b"x" * 50_000)) for n in range(40)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, int) for result in results[1::2])
    assert await put(channel, b"after", b"x") > 0


async def test_nobody_listens() -> None:
    channel = Channel("127.0.0.1", find_free_port())
    with pytest.raises(RpcError) as caught:
        await channel.unary(RANGE, b"")
    assert caught.value.never_sent and "failed to connect" in caught.value.details
    await channel.aclose()


async def test_a_deadline_and_a_server_that_is_silent(
    start_etcd: Callable[..., EtcdServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "KEEPALIVE_SECONDS", 0.3)
    server = start_etcd()
    channel, patient = channel_to(server.url, timeout=0.2), channel_to(server.url, timeout=60)
    await asyncio.gather(put(channel, b"a", b"b"), put(patient, b"a", b"b"))
    os.kill(server.process.pid, signal.SIGSTOP)
    os.waitpid(server.process.pid, os.WUNTRACED)  # a signal takes its time to reach every thread  # noqa: ASYNC222
    try:
        with pytest.raises(RpcError) as caught:
            await put(channel, b"a", b"c")
        assert caught.value.code == Code.DEADLINE_EXCEEDED and not caught.value.never_sent
        with pytest.raises(RpcError) as caught:  # nobody answers the ping either
            await put(patient, b"a", b"c")
        assert (caught.value.code, caught.value.details) == (Code.UNAVAILABLE, "etcd does not answer")
    finally:
        os.kill(server.process.pid, signal.SIGCONT)
    assert await put(patient, b"a", b"d") > 0
    await asyncio.gather(channel.aclose(), patient.aclose())
    server.stop()


async def test_a_stream_until_it_is_cancelled(channel: Channel) -> None:
    create = rpc.WatchCreateRequest(key=b"stream")
    stream = await channel.stream(WATCH, rpc.WatchRequest(create_request=create).SerializeToString())
    assert rpc.WatchResponse.FromString(await stream.read()).created
    for number in range(3):
        await put(channel, b"stream", b"%d" % number)
        (event,) = rpc.WatchResponse.FromString(await stream.read()).events
        assert event.kv.value == b"%d" % number
    reading = asyncio.create_task(stream.read())
    await asyncio.sleep(0)
    stream.cancel()
    with pytest.raises(RpcError) as caught:
        await reading
    assert caught.value.code == Code.CANCELLED


async def test_a_connection_that_the_server_wants_to_end_goes_with_its_last_call() -> None:
    """Even when the server leaves it open: a new one serves the calls that follow."""
    closed = [asyncio.get_running_loop().create_future() for _ in range(2)]
    left = iter(closed)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        gone = next(left)
        await reader.read(65536)
        answer = connection.frame(connection.DATA, 0, 1, b"\0\0\0\0\1!")
        trailers = hpack.encode([("grpc-status", "0")])
        flags = connection.END_HEADERS | connection.END_STREAM
        goaway = connection.frame(connection.GOAWAY, 0, 0, struct.pack(">II", 1, 0))
        writer.write(connection.frame(connection.SETTINGS, 0, 0) + goaway)
        writer.write(answer + connection.frame(connection.HEADERS, flags, 1, trailers))
        while await reader.read(65536):
            pass
        writer.close()
        gone.set_result(None)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    channel = channel_to(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    for gone in closed:
        assert await channel.unary(RANGE, b"") == b"!"
        await asyncio.wait_for(gone, 5)
    await channel.aclose()
    server.close()


def certificate(directory: Path) -> TLS:
    """One self-signed certificate for both sides."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "etcd")])
    now = datetime.datetime.now(datetime.UTC)
    usages = [x509.ExtendedKeyUsageOID.SERVER_AUTH, x509.ExtendedKeyUsageOID.CLIENT_AUTH]
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = serialization.Encoding.PEM
    (directory / "etcd.crt").write_bytes(made.public_bytes(pem))
    (directory / "etcd.key").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    crt = str(directory / "etcd.crt")
    return TLS(crt, crt, str(directory / "etcd.key"))


async def test_tls_with_client_certificates(tmp_path: Path) -> None:
    tls = certificate(tmp_path)
    flags = [f"--cert-file={tls.cert_file}", f"--key-file={tls.key_file}"]
    server = EtcdServer(tmp_path, *flags, "--client-cert-auth", f"--trusted-ca-file={tls.ca_file}")
    server.url = server.url.replace("http:", "https:")
    server.start()
    store = EtcdStorage([server.url], tls=tls, compaction_interval=0)
    try:
        revision = await store.commit([], [Put("/registry/pods/a", b"{}")])
        assert (await store.get("/registry/pods/a")).revision == revision
    finally:
        await store.aclose()
        server.stop()
