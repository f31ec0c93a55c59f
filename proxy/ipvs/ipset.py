"""ipset's netlink messages, and the reading of what `ipset save` prints.

Called by `proxy.ipvs.kernel`. It calls `proxy.netlink.wire`. It leaves out creating sets: `ipset restore` does that
once, from text a reader can follow (`rules.create_sets`).
Source: linux/netfilter/ipset/ip_set.h.
"""

from __future__ import annotations

import struct

from proxy.ipvs.messages import PROTOCOLS
from proxy.ipvs.operations import AddMember, Member, MemberOperation
from proxy.netlink.socket import Message
from proxy.netlink.wire import NLA_F_NET_BYTEORDER, address_family, attr, be16, nested, packed, text, u8

_SUBSYSTEM, _CMD_ADD, _CMD_DEL = 6, 9, 10
_PROTOCOL_VERSION = 6
_ATTR_PROTOCOL, _ATTR_SETNAME, _ATTR_DATA = 1, 2, 7
_DATA_IP, _DATA_PORT, _DATA_PROTO, _DATA_IP2, _DATA_CIDR2 = 1, 4, 7, 20, 21
_IPADDR_V4, _IPADDR_V6 = 1, 2


def member_message(operation: MemberOperation) -> Message:
    """Adds or removes one member; what is there already, or gone already, is no error (no NLM_F_EXCL)."""
    member = operation.member
    command = _CMD_ADD if isinstance(operation, AddMember) else _CMD_DEL
    family = address_family(6 if ":" in member.address else 4)
    header = struct.pack("=BBH", family, 0, 0)
    payload = u8(_ATTR_PROTOCOL, _PROTOCOL_VERSION) + text(_ATTR_SETNAME, member.set)
    return (_SUBSYSTEM << 8) | command, 0, header + payload + nested(_ATTR_DATA, *_data(member))


def parse_save(output: str, names: set[str]) -> list[Member]:
    """The members of these sets, from `ipset save`."""
    found = []
    for line in output.splitlines():
        words = line.split()
        if len(words) >= 3 and words[0] == "add" and words[1] in names:
            found.append(_parse_entry(words[1], words[2]))
    return found


def _data(member: Member) -> list[bytes]:
    parts = [_address(_DATA_IP, member.address)]
    if member.protocol:
        parts.append(be16(_DATA_PORT | NLA_F_NET_BYTEORDER, member.port))
        parts.append(u8(_DATA_PROTO, PROTOCOLS[member.protocol]))
    if member.source:
        address, _, length = member.source.partition("/")
        parts.append(_address(_DATA_IP2, address))
        if length:
            parts.append(u8(_DATA_CIDR2, int(length)))
    return parts


def _address(kind: int, address: str) -> bytes:
    raw = packed(address)
    return nested(kind, attr((_IPADDR_V6 if len(raw) == 16 else _IPADDR_V4) | NLA_F_NET_BYTEORDER, raw))


def _parse_entry(name: str, entry: str) -> Member:
    address, *more = entry.split(",")
    if not more:
        return Member(name, address)
    protocol, _, port = more[0].partition(":")
    return Member(name, address, protocol.upper(), int(port), more[1] if len(more) > 1 else "")
