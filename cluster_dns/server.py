"""The sockets: UDP and TCP on one port, several addresses if asked.

Made by `cluster_dns.__main__`; hands every packet to the responder. A UDP question whose answer is at hand is
answered in the same call that read it.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Sequence
from typing import cast

from cluster_dns.responder import Responder

TCP_IDLE_SECONDS = 10.0
MOST_UNANSWERED = 10_000
"""Questions that wait for an upstream; more are dropped, and the client asks again."""


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, responder: Responder):
        self._responder = responder
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)  # each event loop has a class of its own

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        found = self._responder.cached(data, False)
        if found is not None:
            self._transport.sendto(found, addr)
        elif len(self._tasks) < MOST_UNANSWERED:
            task = asyncio.create_task(self._answer(data, addr))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answer(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = await self._responder.answer(data, False)
        if reply and not self._transport.is_closing():
            self._transport.sendto(reply, addr)

    def error_received(self, exc: Exception) -> None:
        """A client that has gone: nothing to do."""

    def cancel(self) -> None:
        for task in self._tasks:
            task.cancel()


class Server:
    """Listens on the given addresses; `port` is the bound one, so 0 may be asked for."""

    def __init__(self, responder: Responder, addresses: Sequence[str] = ("127.0.0.1",), port: int = 53):
        self.responder, self.addresses, self.port = responder, addresses, port
        self._udp: list[tuple[asyncio.DatagramTransport, _Udp]] = []
        self._tcp: list[asyncio.Server] = []
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Binds UDP and TCP. Raises OSError when an address cannot be had."""
        loop = asyncio.get_running_loop()
        for address in self.addresses:
            udp, tcp = _bind(address, self.port)
            self.port = udp.getsockname()[1]
            self._udp.append(await loop.create_datagram_endpoint(lambda: _Udp(self.responder), sock=udp))
            self._tcp.append(await asyncio.start_server(self._serve_tcp, sock=tcp))

    async def close(self) -> None:
        for transport, protocol in self._udp:
            protocol.cancel()
            transport.close()
        for server in self._tcp:
            server.close()
        for task in list(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve_tcp(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Questions on one connection, several in flight; answers go out as they are ready (RFC 7766)."""
        task = asyncio.current_task()
        assert task
        self._connections.add(task)
        answers: set[asyncio.Task[None]] = set()
        try:
            with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
                while True:
                    async with asyncio.timeout(TCP_IDLE_SECONDS):
                        length = int.from_bytes(await reader.readexactly(2), "big")
                        packet = await reader.readexactly(length)
                    answer = asyncio.create_task(self._answer_tcp(packet, writer))
                    answers.add(answer)
                    answer.add_done_callback(answers.discard)
            await asyncio.gather(*answers, return_exceptions=True)
        finally:
            for answer in answers:
                answer.cancel()
            self._connections.discard(task)
            writer.close()

    async def _answer_tcp(self, packet: bytes, writer: asyncio.StreamWriter) -> None:
        reply = self.responder.cached(packet, True) or await self.responder.answer(packet, True)
        if reply and not writer.is_closing():
            writer.write(len(reply).to_bytes(2, "big") + reply)
            with contextlib.suppress(OSError):
                await writer.drain()


def _bind(address: str, port: int) -> tuple[socket.socket, socket.socket]:
    """A UDP and a TCP socket on the same port, also when any port will do."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    for attempt in range(20):
        udp, tcp = socket.socket(family, socket.SOCK_DGRAM), socket.socket(family, socket.SOCK_STREAM)
        try:
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            if family == socket.AF_INET6:  # `::` beside `0.0.0.0`, each on a socket of its own
                udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                tcp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            udp.bind((address, port))
            tcp.bind((address, udp.getsockname()[1]))
            udp.setblocking(False)
            tcp.setblocking(False)
            return udp, tcp
        except OSError:
            udp.close()
            tcp.close()
            if port or attempt == 19:
                raise
    raise AssertionError("unreachable")
