"""Whether anybody has changed the packet filter's rules, found out without starting a program.

Called by `proxy.ipvs.iptables` at every comparison: `iptables-save` is a process, which takes long to start where much
memory is in use. It calls getsockopt for legacy tables and netlink for nftables, which iptables may stand on. It leaves
out what the rules say.
Sources: linux/netfilter_ipv4/ip_tables.h, linux/netfilter_ipv6/ip6_tables.h.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import socket
import struct
from pathlib import Path
from typing import NamedTuple

from proxy.netlink.nftables import generation
from proxy.netlink.socket import NETLINK_NETFILTER, NetlinkSocket

_GET_INFO, _GET_ENTRIES = 64, 65
_NAME = 32
_INFO = struct.Struct("=32s 12I I")
"""name; hooks, their entries and policies, number of entries; size of all entries"""
_ENTRIES_HEAD = 40


class _Layout(NamedTuple):
    """Where things are in an entry: the offset of the next one, and the counters that each packet changes."""

    level: int
    next_offset: int
    counters: int
    tables: str


_LAYOUTS = {
    socket.AF_INET: _Layout(socket.SOL_IP, 90, 96, "ip_tables_names"),
    socket.AF_INET6: _Layout(socket.IPPROTO_IPV6, 142, 152, "ip6_tables_names"),
}
_COUNTERS = bytes(16)
_libc = ctypes.CDLL(None, use_errno=True)

Fingerprint = tuple[int, dict[str, str]]
"""nftables' generation, and a digest of each legacy table."""


def fingerprint(family: int) -> Fingerprint:
    """Two that are equal: nobody has changed a rule between them. Raises OSError."""
    af = socket.AF_INET if family == 4 else socket.AF_INET6
    with socket.socket(af, socket.SOCK_RAW, socket.IPPROTO_RAW) as asking:
        tables = {name: _digest(asking, name, _LAYOUTS[af]) for name in _table_names(_LAYOUTS[af])}
    return _generation(), tables


def _table_names(layout: _Layout) -> list[str]:
    """The legacy tables that are there: to ask for another one would make it."""
    path = Path("/proc/thread-self/net", layout.tables)
    return sorted(path.read_text().split()) if path.exists() else []


def _generation() -> int:
    """0 where the kernel has no nftables."""
    try:
        with NetlinkSocket(NETLINK_NETFILTER) as netfilter:
            return generation(netfilter)
    except OSError:
        return 0


def _digest(asking: socket.socket, name: str, layout: _Layout) -> str:
    info = _ask(asking, layout.level, _GET_INFO, name.encode().ljust(_INFO.size, b"\0"))
    size = _INFO.unpack(info)[-1]
    head = struct.pack("=32sI", name.encode(), size).ljust(_ENTRIES_HEAD, b"\0")
    answer = bytearray(_ask(asking, layout.level, _GET_ENTRIES, head + bytes(size)))
    at = _ENTRIES_HEAD
    while at < len(answer):
        answer[at + layout.counters : at + layout.counters + len(_COUNTERS)] = _COUNTERS
        at += struct.unpack_from("=H", answer, at + layout.next_offset)[0]
    return hashlib.sha256(answer).hexdigest()


def _ask(asking: socket.socket, level: int, option: int, question: bytes) -> bytes:
    """getsockopt with a question in the buffer, which Python's own has not."""
    buffer, length = ctypes.create_string_buffer(question, len(question)), ctypes.c_uint32(len(question))
    if _libc.getsockopt(asking.fileno(), level, option, buffer, ctypes.byref(length)):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return buffer.raw[: length.value]
