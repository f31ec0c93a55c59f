"""IPVS's generic-netlink messages, packed and parsed.

Called by `proxy.ipvs.kernel`. It calls struct and `proxy.netlink.wire`. It leaves out fwmark services, tunnels,
direct routing, thresholds and the sync daemon, which this proxy does not use.
Source: linux/ip_vs.h.

The bytes that name a virtual server come first in every message and are packed once for each server, and all that
follows a destination's address is the same for most of them: one costs a few lookups and a `join`. Addresses are a
16 byte union, whatever the family.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from socket import AF_INET6, htons
from typing import NamedTuple

from proxy.ipvs.operations import (
    AddDestination,
    AddServer,
    DeleteDestination,
    DeleteServer,
    DestinationOperation,
    DrainDestination,
    EditServer,
    RestoreDestination,
    ServerOperation,
    Settings,
)
from proxy.model.desired import Identity
from proxy.netlink.wire import NLA_F_NESTED, address_family, attribute_dict, packed, text, u32, unpacked

FAMILY_NAME = "IPVS"

_NEW_SERVICE, _SET_SERVICE, _DEL_SERVICE, _GET_SERVICE = 1, 2, 3, 4
_NEW_DEST, _SET_DEST, _DEL_DEST, _GET_DEST = 5, 6, 7, 8
_SET_CONFIG = 12
_CMD_SERVICE, _CMD_DEST = 1, 2
_CMD_TIMEOUT_TCP, _CMD_TIMEOUT_TCP_FIN, _CMD_TIMEOUT_UDP = 4, 5, 6
_SVC_AF, _SVC_PROTOCOL, _SVC_ADDR, _SVC_PORT, _SVC_FWMARK, _SVC_SCHED, _SVC_FLAGS, _SVC_TIMEOUT, _SVC_NETMASK = range(
    1, 10
)
_DST_ADDR, _DST_PORT, _DST_FWD, _DST_WEIGHT, _DST_UTHRESH, _DST_LTHRESH, _DST_ACTIVE, _DST_INACTIVE = range(1, 9)
_DST_FAMILY = 11
_PERSISTENT = 0x1
_MASQUERADE = 0

PROTOCOLS = {"TCP": 6, "UDP": 17, "SCTP": 132}
PROTOCOL_NAMES = {number: name for name, number in PROTOCOLS.items()}

_GENL = struct.Struct("=BBH")
_ATTR, _U16, _U32, _PORT = struct.Struct("=HH"), struct.Struct("=H"), struct.Struct("=I"), struct.Struct("!H")
_IDENTITY = struct.Struct("=HHH2xHHH2xHH16sHHH2x")
_SETTINGS = struct.Struct("=HHIIHHIHHI")
_DESTINATION_TAIL = struct.Struct("=HHH2xHHIHHIHHIHHIHHH2x")


class Server(NamedTuple):
    """A virtual server as the kernel has it."""

    identity: Identity
    settings: Settings


class Destination(NamedTuple):
    """A destination as the kernel has it."""

    address: str
    port: int
    weight: int
    active: int
    inactive: int


def server_message(operation: ServerOperation) -> bytes:
    """The payload that adds, edits or deletes a virtual server."""
    match operation:
        case AddServer(identity, settings):
            return _GENL.pack(_NEW_SERVICE, 1, 0) + _service(identity, settings)
        case EditServer(identity, settings):
            return _GENL.pack(_SET_SERVICE, 1, 0) + _service(identity, settings)
        case DeleteServer(identity):
            return _GENL.pack(_DEL_SERVICE, 1, 0) + _named(identity)


def destination_message(operation: DestinationOperation) -> bytes:
    """The payload that adds, edits or deletes a destination."""
    command, weight = _DESTINATION_COMMANDS[type(operation)]
    identity, address, port = operation
    raw = packed(address)
    return b"".join((command, _named(identity), _DESTINATION_HEAD, raw, _destination_tail(len(raw), port, weight)))


def list_servers() -> bytes:
    return _GENL.pack(_GET_SERVICE, 1, 0)


def list_destinations(identity: Identity) -> bytes:
    return _GENL.pack(_GET_DEST, 1, 0) + _named(identity)


def timeouts_message(tcp: float, tcp_fin: float, udp: float) -> bytes:
    """Sets how long the kernel remembers idle connections; 0 leaves one as it is."""
    wanted = ((_CMD_TIMEOUT_TCP, tcp), (_CMD_TIMEOUT_TCP_FIN, tcp_fin), (_CMD_TIMEOUT_UDP, udp))
    return _GENL.pack(_SET_CONFIG, 1, 0) + b"".join(u32(kind, int(seconds)) for kind, seconds in wanted if seconds)


def parse_server(payload: bytes) -> Server | None:
    """One answer of `list_servers`; None for a fwmark service, which has no address."""
    found = attribute_dict(attribute_dict(payload, 4)[_CMD_SERVICE])
    if _SVC_FWMARK in found:
        return None
    family = 6 if struct.unpack("=H", found[_SVC_AF])[0] == AF_INET6 else 4
    protocol = struct.unpack("=H", found[_SVC_PROTOCOL])[0]
    flags = struct.unpack_from("=I", found[_SVC_FLAGS])[0]
    timeout = struct.unpack("=I", found[_SVC_TIMEOUT])[0] if flags & _PERSISTENT else 0
    identity = Identity(
        family,
        _address(found[_SVC_ADDR], family),
        PROTOCOL_NAMES.get(protocol, str(protocol)),
        struct.unpack("!H", found[_SVC_PORT])[0],
    )
    return Server(identity, Settings(found[_SVC_SCHED].rstrip(b"\0").decode(), timeout))


def parse_destination(payload: bytes) -> Destination:
    """One answer of `list_destinations`. The statistics, most of it, come last and are not looked at."""
    at, found = 8, {}
    while at + 4 <= len(payload) and _DST_FAMILY not in found:
        length, kind = _ATTR.unpack_from(payload, at)
        found[kind] = at + 4
        at += (length + 3) & ~3
    is_six = _DST_FAMILY in found and _U16.unpack_from(payload, found[_DST_FAMILY])[0] == AF_INET6
    start = found[_DST_ADDR]
    return Destination(
        unpacked(payload[start : start + (16 if is_six else 4)]),
        _PORT.unpack_from(payload, found[_DST_PORT])[0],
        *(_U32.unpack_from(payload, found[kind])[0] for kind in (_DST_WEIGHT, _DST_ACTIVE, _DST_INACTIVE)),
    )


_DESTINATION_COMMANDS = {
    AddDestination: (_GENL.pack(_NEW_DEST, 1, 0), 1),
    RestoreDestination: (_GENL.pack(_SET_DEST, 1, 0), 1),
    DrainDestination: (_GENL.pack(_SET_DEST, 1, 0), 0),
    DeleteDestination: (_GENL.pack(_DEL_DEST, 1, 0), 0),
}


@lru_cache(maxsize=1024)
def _named(identity: Identity) -> bytes:
    """The attribute that says which virtual server is meant."""
    body = _identity(identity)
    return struct.pack("=HH", len(body) + 4, _CMD_SERVICE | NLA_F_NESTED) + body


def _identity(identity: Identity) -> bytes:
    return _IDENTITY.pack(
        6, _SVC_AF, address_family(identity.family),
        6, _SVC_PROTOCOL, PROTOCOLS[identity.protocol],
        20, _SVC_ADDR, packed(identity.address),
        6, _SVC_PORT, htons(identity.port),
    )  # fmt: skip


def _service(identity: Identity, settings: Settings) -> bytes:
    flags = _PERSISTENT if settings.affinity_seconds else 0
    netmask = 128 if identity.family == 6 else 0xFFFFFFFF
    body = _identity(identity) + text(_SVC_SCHED, settings.scheduler)
    body += _SETTINGS.pack(
        12, _SVC_FLAGS, flags, 0xFFFFFFFF, 8, _SVC_TIMEOUT, settings.affinity_seconds, 8, _SVC_NETMASK, netmask
    )
    return struct.pack("=HH", len(body) + 4, _CMD_SERVICE | NLA_F_NESTED) + body


_DESTINATION_LENGTH = 72
_DESTINATION_HEAD = struct.pack("=HHHH", _DESTINATION_LENGTH, _CMD_DEST | NLA_F_NESTED, 20, _DST_ADDR)


@lru_cache(maxsize=4096)
def _destination_tail(address_length: int, port: int, weight: int) -> bytes:
    """All that follows the address: the same for most destinations."""
    return bytes(16 - address_length) + _DESTINATION_TAIL.pack(
        6, _DST_PORT, htons(port),
        8, _DST_FWD, _MASQUERADE,
        8, _DST_WEIGHT, weight,
        8, _DST_UTHRESH, 0,
        8, _DST_LTHRESH, 0,
        6, _DST_FAMILY, address_family(6 if address_length == 16 else 4),
    )  # fmt: skip


def _address(union: bytes, family: int) -> str:
    return unpacked(union[:16] if family == 6 else union[:4])
