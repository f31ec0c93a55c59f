"""IPVS's generic-netlink messages, packed and parsed.

Called by `proxy.ipvs.kernel`. It calls struct and `proxy.netlink.wire`. It leaves out fwmark services, tunnels,
direct routing, thresholds and the sync daemon, which this proxy does not use.
Source: linux/ip_vs.h.

The bytes that name a virtual server come first in every message and are packed once for each server; a destination
then costs one `struct.pack`. Addresses are a 16 byte union, whatever the family.
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
from proxy.netlink.wire import NLA_F_NESTED, address_family, attribute_dict, packed, text, unpacked

FAMILY_NAME = "IPVS"

_NEW_SERVICE, _SET_SERVICE, _DEL_SERVICE, _GET_SERVICE = 1, 2, 3, 4
_NEW_DEST, _SET_DEST, _DEL_DEST, _GET_DEST = 5, 6, 7, 8
_CMD_SERVICE, _CMD_DEST = 1, 2
_SVC_AF, _SVC_PROTOCOL, _SVC_ADDR, _SVC_PORT, _SVC_FWMARK, _SVC_SCHED, _SVC_FLAGS, _SVC_TIMEOUT, _SVC_NETMASK = range(
    1, 10
)
_DST_ADDR, _DST_PORT, _DST_FWD, _DST_WEIGHT, _DST_UTHRESH, _DST_LTHRESH, _DST_ACTIVE, _DST_INACTIVE = range(1, 9)
_DST_FAMILY = 11
_PERSISTENT = 0x1
_MASQUERADE = 0

PROTOCOLS = {"TCP": 6, "UDP": 17, "SCTP": 132}
_PROTOCOL_NAMES = {number: name for name, number in PROTOCOLS.items()}

_GENL = struct.Struct("=BBH")
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
    return command + _named(identity) + _destination(address, port, weight)


def list_servers() -> bytes:
    return _GENL.pack(_GET_SERVICE, 1, 0)


def list_destinations(identity: Identity) -> bytes:
    return _GENL.pack(_GET_DEST, 1, 0) + _named(identity)


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
        _PROTOCOL_NAMES.get(protocol, str(protocol)),
        struct.unpack("!H", found[_SVC_PORT])[0],
    )
    return Server(identity, Settings(found[_SVC_SCHED].rstrip(b"\0").decode(), timeout))


def parse_destination(payload: bytes) -> Destination:
    """One answer of `list_destinations`."""
    found = attribute_dict(attribute_dict(payload, 4)[_CMD_DEST])
    family = 6 if struct.unpack("=H", found.get(_DST_FAMILY, b"\2\0"))[0] == AF_INET6 else 4
    weight, active, inactive = (struct.unpack("=I", found[a])[0] for a in (_DST_WEIGHT, _DST_ACTIVE, _DST_INACTIVE))
    return Destination(
        _address(found[_DST_ADDR], family), struct.unpack("!H", found[_DST_PORT])[0], weight, active, inactive
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


def _destination(address: str, port: int, weight: int) -> bytes:
    raw = packed(address)
    family = 6 if len(raw) == 16 else 4
    return _DESTINATION_HEAD + raw.ljust(16, b"\0") + _destination_tail(family, port, weight)


_DESTINATION_LENGTH = 72
_DESTINATION_HEAD = struct.pack("=HHHH", _DESTINATION_LENGTH, _CMD_DEST | NLA_F_NESTED, 20, _DST_ADDR)


@lru_cache(maxsize=4096)
def _destination_tail(family: int, port: int, weight: int) -> bytes:
    """All but the address is the same for most destinations."""
    return _DESTINATION_TAIL.pack(
        6, _DST_PORT, htons(port),
        8, _DST_FWD, _MASQUERADE,
        8, _DST_WEIGHT, weight,
        8, _DST_UTHRESH, 0,
        8, _DST_LTHRESH, 0,
        6, _DST_FAMILY, address_family(family),
    )  # fmt: skip


def _address(union: bytes, family: int) -> str:
    return unpacked(union[:16] if family == 6 else union[:4])
