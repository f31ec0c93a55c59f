"""Netlink's bytes: message headers, attributes (type, length, value, padding), both ways.

Called by every module that speaks netlink. It calls struct. It leaves out sockets, and what any number means.
Source: linux/netlink.h, `man 7 netlink`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton

NLMSG_ERROR, NLMSG_DONE = 2, 3
NLM_F_REQUEST, NLM_F_MULTI, NLM_F_ACK = 0x1, 0x2, 0x4
NLM_F_DUMP = 0x300
NLM_F_REPLACE, NLM_F_EXCL, NLM_F_CREATE = 0x100, 0x200, 0x400
NLA_F_NESTED, NLA_F_NET_BYTEORDER = 0x8000, 0x4000
NLA_TYPE_MASK = 0x3FFF

HEADER = struct.Struct("=IHHII")
"""length, type, flags, sequence number, port id"""
_ATTR = struct.Struct("=HH")


def attr(kind: int, value: bytes) -> bytes:
    """One attribute, padded to four bytes."""
    return _ATTR.pack(len(value) + 4, kind) + value + b"\0" * (-len(value) % 4)


def nested(kind: int, *inner: bytes) -> bytes:
    return attr(kind | NLA_F_NESTED, b"".join(inner))


def u8(kind: int, value: int) -> bytes:
    return attr(kind, struct.pack("=B", value))


def u32(kind: int, value: int) -> bytes:
    return attr(kind, struct.pack("=I", value))


def be16(kind: int, value: int) -> bytes:
    """A port: in the network's byte order."""
    return attr(kind, struct.pack("!H", value))


def text(kind: int, value: str) -> bytes:
    """A string with its closing zero."""
    return attr(kind, value.encode() + b"\0")


def attributes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[int, bytes]]:
    """(type, value) of each attribute, flags taken off the type."""
    end = len(data) if end is None else end
    while start + 4 <= end:
        length, kind = _ATTR.unpack_from(data, start)
        if length < 4:
            return
        yield kind & NLA_TYPE_MASK, data[start + 4 : start + length]
        start += (length + 3) & ~3


def attribute_dict(data: bytes, start: int = 0) -> dict[int, bytes]:
    return dict(attributes(data, start))


def messages(data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """(type, flags, sequence number, payload) of each message in what one receive returned."""
    start, end = 0, len(data)
    while start + HEADER.size <= end:
        length, kind, flags, sequence, _ = HEADER.unpack_from(data, start)
        if length < HEADER.size:
            return
        yield kind, flags, sequence, data[start + HEADER.size : start + length]
        start += (length + 3) & ~3


def packed(address: str) -> bytes:
    """4 or 16 bytes. Raises OSError for what is no address."""
    return inet_pton(AF_INET6 if ":" in address else AF_INET, address)


def unpacked(data: bytes) -> str:
    return inet_ntop(AF_INET6 if len(data) == 16 else AF_INET, data)


def address_family(family: int) -> int:
    """AF_INET or AF_INET6, for 4 or 6."""
    return AF_INET6 if family == 6 else AF_INET
