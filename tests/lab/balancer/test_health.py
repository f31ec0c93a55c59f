"""Health checks against real HTTP servers."""

import asyncio

from lab.balancer.health import FAILURES_TO_LEAVE, HealthChecks, Target


class Node:
    """Answers every connection with a status."""

    def __init__(self, status: int = 200):
        self.status = status

    async def __aenter__(self) -> "Node":
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.target = Target("127.0.0.1", self.server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_) -> None:
        self.server.close()
        await self.server.wait_closed()

    async def _serve(self, reader, writer) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {self.status} X\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()


async def ignore(_changed) -> None:
    pass


async def test_1_a_target_is_unhealthy_until_it_has_answered_once():
    async with Node() as well, Node(503) as ill:
        checks = HealthChecks(ignore)
        assert not checks.healthy(well.target)
        await checks.set_targets([well.target, ill.target])
        assert checks.healthy(well.target)
        assert not checks.healthy(ill.target)


async def test_2_it_leaves_after_two_failures_and_returns_with_the_first_success():
    async with Node() as node:
        checks = HealthChecks(ignore)
        await checks.set_targets([node.target])
        node.status = 503
        for failures in range(1, FAILURES_TO_LEAVE + 1):
            await checks._check(node.target)
            assert checks.healthy(node.target) == (failures < FAILURES_TO_LEAVE)
        node.status = 200
        await checks._check(node.target)
        assert checks.healthy(node.target)


async def test_what_is_no_longer_wanted_is_forgotten():
    async with Node() as node:
        checks = HealthChecks(ignore)
        await checks.set_targets([node.target])
        await checks.set_targets([])
        assert not checks.healthy(node.target)
