"""ipset's netlink messages: adding and removing members, and reading them back.

Called by `proxy.ipvs.kernel`. It calls `proxy.netlink.wire`. It leaves out creating sets: `ipset restore` does that
once, from text a reader can follow (`rules.create_sets`).
Source: linux/netfilter/ipset/ip_set.h.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import lru_cache

from proxy.ipvs.messages import PROTOCOL_NAMES, PROTOCOLS
from proxy.ipvs.operations import AddMember, Member, MemberOperation
from proxy.netlink.socket import Message
from proxy.netlink.wire import (
    NLA_F_NESTED,
    NLA_F_NET_BYTEORDER,
    address_family,
    attr,
    attribute_dict,
    attributes,
    be16,
    nested,
    packed,
    text,
    u8,
    unpacked,
)

_SUBSYSTEM, _CMD_LIST, _CMD_ADD, _CMD_DEL, _CMD_HEADER = 6, 7, 9, 10, 12
_PROTOCOL_VERSION = 6
_ATTR_PROTOCOL, _ATTR_SETNAME, _ATTR_DATA, _ATTR_ENTRIES = 1, 2, 7, 8
_DATA_IP, _DATA_PORT, _DATA_PROTO, _DATA_IP2, _DATA_CIDR2 = 1, 4, 7, 20, 21
_IPADDR_V4, _IPADDR_V6 = 1, 2
_HOST_BITS = {4: 32, 16: 128}


def member_message(operation: MemberOperation) -> Message:
    """Adds or removes one member; what is there already, or gone already, is no error (no NLM_F_EXCL)."""
    member = operation.member
    command = _CMD_ADD if isinstance(operation, AddMember) else _CMD_DEL
    data = _address(_DATA_IP, member.address)
    if member.protocol:
        data += _port(member.protocol, member.port)
    if member.source:
        data += _source(member.source)
    return (_SUBSYSTEM << 8) | command, 0, _named(member.set) + attr(_ATTR_DATA | NLA_F_NESTED, data)


def list_message(name: str) -> Message:
    """Asks for a set and all its members, as a dump."""
    return (_SUBSYSTEM << 8) | _CMD_LIST, 0, _named(name)


def header_message(name: str) -> Message:
    """Asks whether there is a set of this name."""
    return (_SUBSYSTEM << 8) | _CMD_HEADER, 0, _named(name)


def parse_members(name: str, payload: bytes) -> Iterator[Member]:
    """The members in one piece of what answers `list_message`."""
    for kind, entries in attributes(payload, 4):
        if kind == _ATTR_ENTRIES:
            for _, entry in attributes(entries):
                yield _parse_entry(name, attribute_dict(entry))


@lru_cache(maxsize=64)
def _named(name: str) -> bytes:
    """What begins every message: the family, the protocol's version and the set's name."""
    header = struct.pack("=BBH", address_family(6 if name.startswith("KUBE-6-") else 4), 0, 0)
    return header + u8(_ATTR_PROTOCOL, _PROTOCOL_VERSION) + text(_ATTR_SETNAME, name)


@lru_cache(maxsize=1024)
def _port(protocol: str, port: int) -> bytes:
    return be16(_DATA_PORT | NLA_F_NET_BYTEORDER, port) + u8(_DATA_PROTO, PROTOCOLS.get(protocol) or int(protocol))


def _source(source: str) -> bytes:
    address, _, length = source.partition("/")
    return _address(_DATA_IP2, address) + (u8(_DATA_CIDR2, int(length)) if length else b"")


def _address(kind: int, address: str) -> bytes:
    raw = packed(address)
    return nested(kind, attr((_IPADDR_V6 if len(raw) == 16 else _IPADDR_V4) | NLA_F_NET_BYTEORDER, raw))


def _parse_entry(name: str, found: dict[int, bytes]) -> Member:
    address = unpacked(found[_DATA_IP][4:])
    if _DATA_PORT not in found:
        return Member(name, address)
    number = found[_DATA_PROTO][0]
    protocol, port = PROTOCOL_NAMES.get(number, str(number)), int.from_bytes(found[_DATA_PORT], "big")
    return Member(name, address, protocol, port, _parse_source(found) if _DATA_IP2 in found else "")


def _parse_source(found: dict[int, bytes]) -> str:
    """An address, or a prefix that is no single address."""
    raw = found[_DATA_IP2][4:]
    bits = found[_DATA_CIDR2][0] if _DATA_CIDR2 in found else _HOST_BITS[len(raw)]
    return unpacked(raw) if bits == _HOST_BITS[len(raw)] else f"{unpacked(raw)}/{bits}"
