"""Which nodes a balancer may send to: asked of each node, again and again, over HTTP.

Called by `lab.balancer.provider`. It asks what clouds ask: the node's proxy (`:10256/healthz`), or with
`externalTrafficPolicy: Local` the Service's own `healthCheckNodePort`, which says 503 where no endpoint is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

INTERVAL, TIMEOUT = 1.0, 3.0
FAILURES_TO_LEAVE = 2


@dataclass(frozen=True, order=True)
class Target:
    """A node's address, and the port where it speaks of its health."""

    node: str
    port: int


@dataclass
class HealthChecks:
    """1. A target is unhealthy until it has answered once.
    2. A healthy one leaves after two checks in a row that failed, and returns with the first that succeeds.
    """

    changed: Callable[[set[Target]], Awaitable[None]]
    """Called with the targets whose health is another now."""
    _failures: dict[Target, int] = field(default_factory=dict)

    def healthy(self, target: Target) -> bool:
        return self._failures.get(target, FAILURES_TO_LEAVE) < FAILURES_TO_LEAVE

    async def set_targets(self, targets: Iterable[Target]) -> None:
        """These are checked from now on; returns when the new ones have been asked once."""
        wanted = set(targets)
        new = wanted - self._failures.keys()
        for gone in self._failures.keys() - wanted:
            del self._failures[gone]
        self._failures.update(dict.fromkeys(new, FAILURES_TO_LEAVE))
        await asyncio.gather(*map(self._check, new))

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(INTERVAL)
            targets = list(self._failures)
            before = {target: self.healthy(target) for target in targets}
            await asyncio.gather(*map(self._check, targets))
            changed = {t for t in targets if t in self._failures and self.healthy(t) != before[t]}
            if changed:
                await self.changed(changed)

    async def _check(self, target: Target) -> None:
        well = await answers_200(target)
        if target in self._failures:
            self._failures[target] = 0 if well else min(self._failures[target] + 1, FAILURES_TO_LEAVE)


async def answers_200(target: Target, path: str = "/healthz") -> bool:
    """False for every failure."""
    writer = None
    try:
        async with asyncio.timeout(TIMEOUT):
            reader, writer = await asyncio.open_connection(target.node, target.port)
            writer.write(f"GET {path} HTTP/1.0\r\nHost: {target.node}\r\nUser-Agent: lab-balancer\r\n\r\n".encode())
            status = await reader.readline()
    except (OSError, TimeoutError):
        return False
    finally:
        if writer is not None:
            writer.close()
    return status.split()[1:2] == [b"200"]
