"""Balancers on the machine's loopback: the ports that are tried, and that bytes pass."""

import asyncio
import os
from itertools import islice

import pytest

from lab.balancer.publish import Publisher, candidates


@pytest.mark.parametrize(
    ("port", "wish", "expected"),
    [(80, 0, [8080, 0]), (8080, 0, [8080, 16080, 0]), (80, 12345, [12345, 8080, 0]), (60000, 0, [60000, 0])],
)
def test_candidates(port, wish, expected):
    assert list(islice(candidates(port, wish), 5)) == expected


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="entering a network needs root")
async def test_bytes_pass_until_withdrawn():
    async def greet(_reader, writer):
        writer.write(b"hello")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    network = os.open("/proc/self/ns/net", os.O_RDONLY)
    publisher = Publisher(network)
    try:
        [here] = await publisher.publish("uid", "127.0.0.1", [port])
        assert await publisher.publish("uid", "127.0.0.1", [port]) == [here]
        reader, writer = await asyncio.open_connection("127.0.0.1", here)
        assert await reader.read() == b"hello"
        writer.close()
        await publisher.withdraw("uid")
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", here)
    finally:
        os.close(network)
        server.close()
        await server.wait_closed()
