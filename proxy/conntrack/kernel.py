"""Finds and deletes conntrack entries through ctnetlink: one dump for all stale flows, no process an entry.

Called by `proxy.runner`, in a worker thread: it blocks. It calls netlink. It leaves out which flows (`plan`).
Source: linux/netfilter/nfnetlink_conntrack.h.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from proxy.conntrack.plan import StaleFlow
from proxy.netlink.socket import NETLINK_NETFILTER, Message, NetlinkSocket
from proxy.netlink.wire import NLA_F_NESTED, address_family, attr, attribute_dict, unpacked

_SUBSYSTEM, _GET, _DELETE = 1, 1, 2
_TUPLE_ORIG, _TUPLE_REPLY = 1, 2
_TUPLE_IP, _TUPLE_PROTO = 1, 2
_IP_V4_SRC, _IP_V4_DST, _IP_V6_SRC, _IP_V6_DST = 1, 2, 3, 4
_PROTO_NUM, _PROTO_DST_PORT = 1, 3
_UDP = 17


class Entry(NamedTuple):
    """A UDP entry: where it was sent, who answers, and the bytes that name it."""

    destination: str
    port: int
    answered_by: str
    original: bytes


def delete(flows: Sequence[StaleFlow]) -> int:
    """Deletes the entries of these flows; returns how many there were."""
    if not flows:
        return 0
    wanted = {(f.server.address, f.server.port, f.endpoint) for f in flows}
    with NetlinkSocket(NETLINK_NETFILTER) as netfilter:
        doomed: list[Message] = []
        for family in {flow.server.family for flow in flows}:
            stale = (entry for entry in _entries(netfilter, family) if _is_stale(entry, wanted))
            doomed += [_delete_message(family, entry) for entry in stale]
        failures = netfilter.send_all(doomed)
    return len(doomed) - len([e for e in failures.values() if e.errno != errno.ENOENT])


def _is_stale(entry: Entry, wanted: set[tuple[str, int, str]]) -> bool:
    unanswered = entry.answered_by == entry.destination
    answers = ("",) if unanswered else (entry.answered_by,)
    return any((a, entry.port, e) in wanted for a in (entry.destination, "") for e in answers)


def _entries(netfilter: NetlinkSocket, family: int) -> Iterator[Entry]:
    return filter(None, map(_parse, dump(netfilter, family)))


def dump(netfilter: NetlinkSocket, family: int) -> list[bytes]:
    """Every entry of a family, as the kernel writes it. Raises NetlinkError."""
    header = struct.pack("=BBH", address_family(family), 0, 0)
    return netfilter.read(((_SUBSYSTEM << 8) | _GET, 0, header))


def _parse(payload: bytes) -> Entry | None:
    found = attribute_dict(payload, 4)
    original, reply = attribute_dict(found[_TUPLE_ORIG]), attribute_dict(found[_TUPLE_REPLY])
    protocol = attribute_dict(original[_TUPLE_PROTO])
    if protocol[_PROTO_NUM][0] != _UDP:
        return None
    ip, reply_ip = attribute_dict(original[_TUPLE_IP]), attribute_dict(reply[_TUPLE_IP])
    return Entry(
        unpacked(ip.get(_IP_V4_DST) or ip[_IP_V6_DST]),
        struct.unpack("!H", protocol[_PROTO_DST_PORT])[0],
        unpacked(reply_ip.get(_IP_V4_SRC) or reply_ip[_IP_V6_SRC]),
        found[_TUPLE_ORIG],
    )


def _delete_message(family: int, entry: Entry) -> Message:
    header = struct.pack("=BBH", address_family(family), 0, 0)
    return (_SUBSYSTEM << 8) | _DELETE, 0, header + attr(_TUPLE_ORIG | NLA_F_NESTED, entry.original)
