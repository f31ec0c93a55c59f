"""Load balancers on the machine's loopback: a browser outside the lab's network reaches them there.

Called by `lab.balancer.provider`. The process lives on the balancer host; a listening socket belongs to the network
in which it was opened, so it steps into the machine's network for that moment. TCP ports only. The port is the
Service's own when it needs no privilege and is free, else 8000 more, else any that is free.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from kube import linux
from lab.forward import forward

LOOPBACK = "127.0.0.1"
FIRST_UNPRIVILEGED = 1024


@dataclass
class _Open:
    target: tuple[str, int]
    listener: socket.socket
    task: asyncio.Task[None]


@dataclass
class Publisher:
    """Forwards loopback ports of the network that the file descriptor stands for; without one, does nothing."""

    network: int | None
    _open: dict[tuple[str, int], _Open] = field(default_factory=dict)

    async def publish(self, owner: str, address: str, ports: Sequence[int], before: Sequence[int] = ()) -> list[int]:
        """The loopback ports for these ports of the balancer. `before`: the ones that it had, taken again if free."""
        for key in [key for key in self._open if key[0] == owner and key[1] not in ports]:
            await self._close(key)
        if self.network is None:
            return []
        wishes = zip(ports, [*before, *[0] * len(ports)], strict=False)
        return [await self._ensure((owner, port), (address, port), wish) for port, wish in wishes]

    async def withdraw(self, owner: str) -> None:
        for key in [key for key in self._open if key[0] == owner]:
            await self._close(key)

    async def _ensure(self, key: tuple[str, int], target: tuple[str, int], wish: int) -> int:
        has = self._open.get(key)
        if has is None or has.target != target:
            wish = wish if has is None else has.listener.getsockname()[1]
            await self._close(key)
            listener = self._listen(candidates(target[1], wish))
            task = asyncio.get_running_loop().create_task(forward(listener, *target))
            has = self._open[key] = _Open(target, listener, task)
        return has.listener.getsockname()[1]

    def _listen(self, ports: Iterator[int]) -> socket.socket:
        for port in ports:
            with contextlib.suppress(OSError), inside(self.network):
                return socket.create_server((LOOPBACK, port), backlog=256)
        raise OSError("no free port on loopback")

    async def _close(self, key: tuple[str, int]) -> None:
        if has := self._open.pop(key, None):
            has.task.cancel()
            await asyncio.gather(has.task, return_exceptions=True)  # the loop lets go of a socket before it is closed
            has.listener.close()


def candidates(port: int, wish: int = 0) -> Iterator[int]:
    """Loopback ports to try, in order."""
    if wish:
        yield wish
    if port >= FIRST_UNPRIVILEGED:
        yield port
    if port + 8000 < 65536:
        yield port + 8000
    yield 0


@contextlib.contextmanager
def inside(network: int) -> Iterator[None]:
    """This thread is in another network for as long as the block takes; nothing may be awaited in it."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        linux.setns(network, linux.CLONE_NEWNET)
        yield
    finally:
        linux.setns(home, linux.CLONE_NEWNET)
        os.close(home)
