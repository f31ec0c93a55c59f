"""Relays DNS from one network to another: `python -m lab.dns_relay --tcp-fd N --udp-fd M --to HOST[:PORT]`.

Started by the lab for each `--forward`. Cluster DNS runs in pods, from which no name server of the machine is
reached; this process has sockets of the lab's network and asks from the machine's. It looks at no byte of what it
passes on: each client's datagrams go out from a port of their own, so answers find their way by it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import socket

from lab.forward import forward

IDLE_SECONDS = 5.0


class _Upstream(asyncio.DatagramProtocol):
    """The way to the name server for one question of one client."""

    def __init__(self, reply_to: tuple, relay: Relay):
        self.reply_to, self.relay = reply_to, relay

    def datagram_received(self, data: bytes, addr: tuple) -> None:
        self.relay.transport.sendto(data, self.reply_to)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there: whoever asked waits in vain, and tries another."""


class Relay(asyncio.DatagramProtocol):
    """The side of the lab's network."""

    transport: asyncio.DatagramTransport

    def __init__(self, upstream: tuple[str, int]):
        self.upstream = upstream
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def datagram_received(self, data: bytes, addr: tuple) -> None:
        task = asyncio.get_running_loop().create_task(self._ask(data, addr))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, data: bytes, addr: tuple) -> None:
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError):
            way, _ = await loop.create_datagram_endpoint(lambda: _Upstream(addr, self), remote_addr=self.upstream)
            way.sendto(data)
            await asyncio.sleep(IDLE_SECONDS)
            way.close()


async def relay(tcp: socket.socket, udp: socket.socket, host: str, port: int) -> None:
    """Serves until cancelled."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: Relay((host, port)), sock=udp)
    try:
        await forward(tcp, host, port)
    finally:
        transport.close()


def address(text: str) -> tuple[str, int]:
    """`1.2.3.4`, `1.2.3.4:5353`, `[::1]:53`, `::1`."""
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        return host, int(rest.lstrip(":") or 53)
    host, colon, port = text.rpartition(":")
    return (host, int(port)) if colon and ":" not in host else (text, 53)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m lab.dns_relay", description=__doc__.split("\n\n")[0])
    parser.add_argument("--tcp-fd", type=int, required=True, help="an inherited listening socket")
    parser.add_argument("--udp-fd", type=int, required=True, help="an inherited bound UDP socket")
    parser.add_argument("--to", required=True, metavar="HOST[:PORT]")
    options = parser.parse_args()
    tcp, udp = socket.socket(fileno=options.tcp_fd), socket.socket(fileno=options.udp_fd)
    udp.setblocking(False)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(relay(tcp, udp, *address(options.to)))


if __name__ == "__main__":
    main()
