"""Addresses for pods out of the node's pod CIDRs, one file each, so that they survive a restart of the kubelet.

Called by `kubelet.network.pods`. `next_free` decides and is pure; `Addresses` keeps the files, and whatever a kubelet
was killed in the middle of, the next one goes on with. As the CNI plugin host-local does, it goes round the range, so
that an address that was just freed is not the next one given.
"""

from __future__ import annotations

import ipaddress
import itertools
import os
from collections.abc import Collection
from pathlib import Path

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Exhausted(Exception):
    """Every address of the range is taken."""


def gateway(network: Network) -> str:
    """The bridge's own address: the first of the range."""
    return str(network[1])


def next_free(network: Network, taken: Collection[str], last: str = "") -> str:
    """The first free address after `last`, going round. Raises Exhausted."""
    first, end = 2, min(network.num_addresses - 1, 2 + 65536)
    begin = int(ipaddress.ip_address(last)) - int(network[0]) + 1 if last else first
    for offset in itertools.chain(range(max(begin, first), end), range(first, min(begin, end))):
        candidate = str(network[offset])
        if candidate not in taken:
            return candidate
    raise Exhausted(f"no addresses available in network: {network}")


class Addresses:
    """The addresses given on this node: `DIRECTORY/ADDRESS` holds the pod's UID."""

    def __init__(self, directory: Path):
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    def _taken(self) -> set[str]:
        return {name for name in os.listdir(self.directory) if not name.startswith("last_")}

    def allocate(self, uid: str, networks: Collection[Network]) -> tuple[str, ...]:
        """The pod's addresses, one of each network; those that it has already, when it has. Raises Exhausted."""
        known, given = self.of(uid), []
        for network in networks:
            if own := [address for address in known if ipaddress.ip_address(address) in network]:
                given.append(own[0])
                continue
            last = self.directory / f"last_{network.version}"
            previous = last.read_text() if last.exists() else ""
            if previous and ipaddress.ip_address(previous) not in network:
                previous = ""
            address = next_free(network, self._taken(), previous)
            self._take(address, uid)
            last.write_text(address)
            given.append(address)
        return tuple(given)

    def _take(self, address: str, uid: str) -> None:
        """Whole or not at all: an address of nobody would never be given back."""
        fresh = self.directory / f"last_taken_{address}"
        fresh.write_text(uid)
        os.replace(fresh, self.directory / address)

    def of(self, uid: str) -> tuple[str, ...]:
        """The addresses that pod has, IPv4 first."""
        found = [name for name in self._taken() if (self.directory / name).read_text() == uid]
        return tuple(sorted(found, key=lambda text: ipaddress.ip_address(text).version))

    def release(self, uid: str) -> None:
        for address in self.of(uid):
            (self.directory / address).unlink(missing_ok=True)

    def owners(self) -> set[str]:
        return {(self.directory / name).read_text() for name in self._taken()}
