"""Ranges of numbers to give out: Service addresses and node ports, in two bands. Pure.

Called by `allocation`. It calls nothing. A range's lower band is kept for those who ask for a certain number; a number
that nobody asked for comes from the upper band at random, and from the lower one when the upper is full. So an explicit
request rarely finds its number taken. Source: KEP-3070 (addresses), KEP-3668 (ports).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_network

PROBES = 32
"""Random tries before a band is searched from end to end: enough unless it is nearly full."""
_LONGEST_SEARCH = 1 << 20


@dataclass(frozen=True, slots=True)
class Bands:
    """The numbers from `first` to `last`; those below `dynamic` are for explicit requests."""

    first: int
    dynamic: int
    last: int

    def __contains__(self, number: int) -> bool:
        return self.first <= number <= self.last

    def pick(self, taken: Callable[[int], bool], rng: random.Random) -> int | None:
        """A number that is not taken; None when there is none."""
        found = _pick(self.dynamic, self.last, taken, rng)
        return _pick(self.first, self.dynamic - 1, taken, rng) if found is None else found


def _pick(first: int, last: int, taken: Callable[[int], bool], rng: random.Random) -> int | None:
    if first > last:
        return None
    for _ in range(PROBES):
        number = rng.randint(first, last)
        if not taken(number):
            return number
    size = last - first + 1
    start = rng.randrange(size)
    for step in range(min(size, _LONGEST_SEARCH)):
        number = first + (start + step) % size
        if not taken(number):
            return number
    return None


def _reserved(size: int, step: int, most: int) -> int:
    """How many numbers the lower band has: `min(max(16, size/step), most)`, none in a range too small for two."""
    return 0 if size < 16 else min(max(16, size // step), most)


@dataclass(frozen=True, slots=True)
class AddressRange:
    """The addresses of a CIDR that Services may have: not the network's own, nor IPv4's broadcast address."""

    network: IPv4Network | IPv6Network
    bands: Bands

    @classmethod
    def parse(cls, cidr: str) -> AddressRange:
        """Raises ValueError for what is no CIDR."""
        network = ip_network(cidr, strict=False)
        first = int(network.network_address) + 1
        last = int(network.broadcast_address) - (network.version == 4)
        usable = last - first + 1
        return cls(network, Bands(first, first + min(_reserved(usable, 16, 256), max(usable, 0)), last))

    @property
    def family(self) -> str:
        return "IPv4" if self.network.version == 4 else "IPv6"

    def text(self, number: int) -> str:
        """The address of a number, in canonical form."""
        if self.network.version == 6:
            return str(IPv6Address(number))
        return f"{number >> 24}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def port_range(text: str) -> Bands:
    """`30000-32767` (or `30000+2767`, as Kubernetes also writes it). Raises ValueError."""
    if "+" in text:
        base, _, extent = text.partition("+")
        first, last = int(base), int(base) + int(extent)
    else:
        low, _, high = text.partition("-")
        first, last = int(low), int(high or low)
    if not 0 < first <= last <= 65535:
        raise ValueError(f"{text!r} is no range of ports")
    return Bands(first, first + _reserved(last - first + 1, 32, 128), last)
