"""Reads conntrack entries whole: who began a flow, whereto, and who answers it after translation.

Called by `proxy.debug`, in a worker thread: it blocks. It calls netlink. It leaves out deleting (`kernel`).
Source: linux/netfilter/nfnetlink_conntrack.h.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

from proxy.conntrack.kernel import dump
from proxy.netlink.socket import NETLINK_NETFILTER, NetlinkSocket
from proxy.netlink.wire import attribute_dict, unpacked

_TUPLE_ORIG, _TUPLE_REPLY, _STATUS, _TIMEOUT = 1, 2, 3, 7
_TUPLE_IP, _TUPLE_PROTO = 1, 2
_PROTO_NUM, _PROTO_SRC_PORT, _PROTO_DST_PORT = 1, 2, 3
_PROTOCOLS = {6: "TCP", 17: "UDP", 132: "SCTP"}
_SEEN_REPLY = 1 << 1


class End(NamedTuple):
    address: str
    port: int

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


class Flow(NamedTuple):
    """`source` sent to `destination`; it is `answerer` who answers, to `returns_to`."""

    protocol: str
    source: End
    destination: End
    answerer: End
    returns_to: End
    answered: bool
    seconds: int
    """Until the kernel forgets it."""


def flows(wanted: Callable[[Flow], bool], families: tuple[int, ...] = (4, 6)) -> list[Flow]:
    """The flows of this network namespace that are wanted. Raises OSError."""
    with NetlinkSocket(NETLINK_NETFILTER) as netfilter:
        return [flow for family in families for flow in _parsed(netfilter, family) if wanted(flow)]


def _parsed(netfilter: NetlinkSocket, family: int) -> Iterator[Flow]:
    return filter(None, map(parse, dump(netfilter, family)))


def parse(payload: bytes) -> Flow | None:
    """One entry of a dump; None for a protocol without ports."""
    found = attribute_dict(payload, 4)
    original, reply = attribute_dict(found[_TUPLE_ORIG]), attribute_dict(found[_TUPLE_REPLY])
    protocol = _PROTOCOLS.get(attribute_dict(original[_TUPLE_PROTO])[_PROTO_NUM][0])
    if protocol is None:
        return None
    status = struct.unpack("!I", found[_STATUS])[0] if _STATUS in found else 0
    seconds = struct.unpack("!I", found[_TIMEOUT])[0] if _TIMEOUT in found else 0
    return Flow(protocol, *_ends(original), *_ends(reply), bool(status & _SEEN_REPLY), seconds)


def _ends(one: dict[int, bytes]) -> tuple[End, End]:
    ip, ports = attribute_dict(one[_TUPLE_IP]), attribute_dict(one[_TUPLE_PROTO])
    source, destination = (ip.get(v4) or ip[v6] for v4, v6 in ((1, 3), (2, 4)))
    return (
        End(unpacked(source), struct.unpack("!H", ports[_PROTO_SRC_PORT])[0]),
        End(unpacked(destination), struct.unpack("!H", ports[_PROTO_DST_PORT])[0]),
    )
