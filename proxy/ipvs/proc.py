"""Reads /proc/net/ip_vs, where the kernel prints all virtual servers with their destinations.

Called by `proxy.ipvs.kernel` for a full comparison. It calls nothing; pure. It leaves out fwmark services, and a
server's settings, of which the file shows the timeout in an unknown unit: netlink tells those.

    TCP  0A60000A:0050 rr
      -> 0AF40102:1F90      Masq    1      0          0
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from proxy.ipvs.messages import Destination
from proxy.model.desired import Identity
from proxy.netlink.wire import packed, unpacked

_PROTOCOLS = {"TCP", "UDP", "SCTP"}


def parse(lines: Iterable[str]) -> Iterator[tuple[Identity, list[Destination]]]:
    """Each virtual server with its destinations, in the file's order."""
    server: Identity | None = None
    destinations: list[Destination] = []
    for line in lines:
        if line.startswith("  ->"):
            if server is not None:
                destinations.append(_destination(line))
        else:
            if server is not None:
                yield server, destinations
            server, destinations = _server(line), []
    if server is not None:
        yield server, destinations


def _server(line: str) -> Identity | None:
    words = line.split(None, 2)
    if not words or words[0] not in _PROTOCOLS:
        return None  # a heading, or a fwmark service
    address, port = _place(words[1])
    return Identity(6 if ":" in address else 4, address, words[0], port)


def _destination(line: str) -> Destination:
    _, place, _, weight, active, inactive = line.split()
    return Destination(*_place(place), int(weight), int(active), int(inactive))


@lru_cache(maxsize=65536)
def _place(text: str) -> tuple[str, int]:
    """`0AF40102:1F90` or `[fd00::1]:1F90`."""
    address, _, port = text.rpartition(":")
    if address.startswith("["):
        return unpacked(packed(address[1:-1])), int(port, 16)
    return unpacked(bytes.fromhex(address)), int(port, 16)
