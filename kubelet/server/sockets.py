"""The sockets that listen in a network namespace, out of /proc/PID/net. Pure but for `read`.

Called by `kubelet.server.debug`. It calls nothing. It leaves out whose they are: in a pod they are the pod's.
Source: proc(5), linux net/ipv4/tcp_ipv4.c.
"""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

_LISTEN, _UNCONNECTED = "0A", "07"
_STATES = {"tcp": _LISTEN, "tcp6": _LISTEN, "udp": _UNCONNECTED, "udp6": _UNCONNECTED}


class Listening(NamedTuple):
    """`address` is `0.0.0.0` or `::` for every address; `::` takes IPv4 too."""

    protocol: str
    address: str
    port: int


def read(pid: int | str) -> list[Listening]:
    """The listening sockets of the process's network namespace, sorted. Raises OSError when it has ended."""
    directory = Path("/proc", str(pid), "net")
    if not directory.exists():
        raise FileNotFoundError(f"process {pid} has ended")
    found: set[Listening] = set()
    for name, state in _STATES.items():
        path = directory / name
        if path.exists():  # a kernel may be without IPv6
            found.update(parse(name[:3].upper(), state, path.read_text().splitlines()[1:]))
    return sorted(found)


def parse(protocol: str, state: str, lines: Iterable[str]) -> Iterator[Listening]:
    """`  0: 0100007F:1F90 00000000:0000 0A ...`: the words are number, local end, other end, state."""
    for line in lines:
        _, local, _, found, *_ = line.split()
        if found == state:
            address, _, port = local.partition(":")
            yield Listening(protocol, _address(address), int(port, 16))


def _address(text: str) -> str:
    """Words of four bytes in the machine's own order."""
    words = [int(text[i : i + 8], 16) for i in range(0, len(text), 8)]
    packed = struct.pack(f"={len(words)}I", *words)
    address = ipaddress.ip_address(packed)
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)
