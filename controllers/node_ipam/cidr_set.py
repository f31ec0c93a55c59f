"""The parts of one range, handed out one at a time.

Called by `controllers.node_ipam.controller`. Pure, but for what it remembers.
Source: k8s.io/kubernetes/pkg/controller/nodeipam/ipam/cidrset.
"""

from __future__ import annotations

import ipaddress


class RangeFull(Exception):
    """No part of the range is free."""


class CidrSet:
    """`10.244.0.0/16` in parts of /24: 256 of them.

    1. No part is handed out twice before it is released.
    2. A released part is used again only after all others: what still speaks to an old pod does not reach a new one.
    """

    def __init__(self, cidr: str, mask: int):
        self._range = ipaddress.ip_network(cidr)
        if mask < self._range.prefixlen:
            raise ValueError(f"a node's mask /{mask} is larger than the cluster's range {cidr}")
        self._mask = mask
        self._count = 1 << (mask - self._range.prefixlen)
        self._shift = self._range.max_prefixlen - mask
        self._taken: set[int] = set()
        self._next = 0

    def allocate(self) -> str:
        """A free part. Raises RangeFull."""
        if len(self._taken) >= self._count:
            raise RangeFull(f"no free part of {self._range} is left")
        while self._next in self._taken:
            self._next = (self._next + 1) % self._count
        index = self._next
        self._taken.add(index)
        self._next = (index + 1) % self._count
        base = int(self._range.network_address) + (index << self._shift)
        return str(ipaddress.ip_network((base, self._mask)))

    def occupy(self, cidr: str) -> None:
        """Marks whatever parts the given range touches. One outside of this range is none of ours."""
        self._taken.update(self._indices(cidr))

    def release(self, cidr: str) -> None:
        self._taken.difference_update(self._indices(cidr))

    def _indices(self, cidr: str) -> range:
        network = ipaddress.ip_network(cidr)
        if network.version != self._range.version or not network.overlaps(self._range):
            return range(0)
        base = int(self._range.network_address)
        first = max(0, (int(network.network_address) - base) >> self._shift)
        last = min(self._count - 1, (int(network.broadcast_address) - base) >> self._shift)
        return range(first, last + 1)
