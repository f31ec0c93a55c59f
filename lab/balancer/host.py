"""The balancer host itself: its packet rules, its addresses, and the connections it remembers.

Called by `lab.balancer.provider`, on that host. It calls `nft`, `ip` and `conntrack`. It decides nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
from collections.abc import Iterable


class HostError(Exception):
    """A command of the host failed; the text is what it said."""


class Host:
    """One network card, on which the balancers' addresses are."""

    def __init__(self, device: str = "eth0"):
        self.device = device

    async def load(self, rules: str) -> None:
        """One transaction. Raises HostError, and then nothing has changed."""
        await _run("nft", "-f", "-", stdin=rules)

    async def addresses(self) -> set[str]:
        """All that the card has."""
        found = json.loads(await _run("ip", "-j", "address", "show", "dev", self.device))
        return {entry["local"] for link in found for entry in link.get("addr_info", ())}

    async def set_addresses(self, wanted: Iterable[str], pool: Iterable[str]) -> None:
        """Of the pool, exactly these are on the card."""
        wanted, has = set(wanted), await self.addresses()
        for address in sorted(wanted - has):
            await self._address("add", address)
        for address in sorted((has & set(pool)) - wanted):
            await self._address("del", address)

    async def _address(self, verb: str, address: str) -> None:
        alone = ipaddress.ip_address(address).max_prefixlen
        # Deprecated from the start: it is to be reached, and not to be this host's own address when that asks nodes.
        flags = ("nodad", "preferred_lft", "0") if ":" in address and verb == "add" else ()
        await _run("ip", "address", verb, f"{address}/{alone}", "dev", self.device, *flags)

    async def forget(self, address: str, node: str) -> None:
        """Connections that wait for a node that is out, and UDP flows to it, may go to another node.

        Established TCP connections stay: a node that only drains still serves them.
        """
        between = ("--orig-dst", address, "--reply-src", node, "-f", "ipv6" if ":" in address else "ipv4")
        for kind in (("-p", "udp"), ("-p", "tcp", "--state", "SYN_SENT")):
            await _run("conntrack", "-D", *between, *kind, check=False)


async def _run(*argv: str, stdin: str = "", check: bool = True) -> str:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*argv, stdin=pipe, stdout=pipe, stderr=pipe)
    out, errors = await process.communicate(stdin.encode())
    if process.returncode and check:
        raise HostError(f"{' '.join(argv)}: {errors.decode(errors='replace').strip()}")
    return out.decode(errors="replace")
