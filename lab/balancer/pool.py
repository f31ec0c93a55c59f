"""Which addresses the lab's load balancers have, and which Service has which. Pure.

Called by `lab.balancer.provider`. An address stays with its Service until the balancer is gone; after a restart the
Services' own status says who had what. It leaves out putting addresses on a network card.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

Address = str


class PoolError(Exception):
    """No address can be given; the text goes into an event."""


@dataclass
class Pool:
    """Ranges of addresses, and the owner (a Service's UID) of each that is taken.

    ranges: family (`IPv4`, `IPv6`) -> the addresses, in the order in which they are given out.
    """

    ranges: Mapping[str, Sequence[Address]]
    _owners: dict[Address, str] = field(default_factory=dict)

    def restore(self, owner: str, addresses: Iterable[Address]) -> None:
        """What a Service's status says it has; the first to say so keeps it."""
        for address in addresses:
            if address in self:
                self._owners.setdefault(address, owner)

    def __contains__(self, address: Address) -> bool:
        return any(address in addresses for addresses in self.ranges.values())

    def of(self, owner: str) -> list[Address]:
        """The owner's addresses, sorted."""
        return sorted(address for address, its in self._owners.items() if its == owner)

    def allocate(self, owner: str, families: Sequence[str], asked: str = "") -> list[Address]:
        """One address of each family; the ones that it has are kept unless `asked` wants another. Raises PoolError."""
        if asked and self._owners.get(asked, owner) != owner:
            raise PoolError(f"the address {asked} belongs to another load balancer")
        if asked and asked not in self:
            raise PoolError(f"the address {asked} is not in the pool")
        chosen = [self._choose(owner, family, asked) for family in families]
        self.release(owner)
        self._owners.update(dict.fromkeys(chosen, owner))
        return chosen

    def _choose(self, owner: str, family: str, asked: str) -> Address:
        addresses = self.ranges.get(family, ())
        if asked in addresses:
            return asked
        has = set(self.of(owner))
        candidates = sorted(addresses, key=lambda address: address not in has)  # a stable sort: its own one first
        for address in candidates:
            if self._owners.get(address, owner) == owner:
                return address
        raise PoolError(f"no free {family} address for a load balancer: {len(addresses)} are all taken")

    def release(self, owner: str) -> None:
        """Its addresses are free again; it may have none."""
        self._owners = {address: its for address, its in self._owners.items() if its != owner}


def addresses_between(first: str, last: str) -> list[Address]:
    """Both ends included."""
    low, high = ipaddress.ip_address(first), ipaddress.ip_address(last)
    return [str(low + step) for step in range(int(high) - int(low) + 1)]
