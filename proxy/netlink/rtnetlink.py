"""Links and addresses: the dummy `kube-ipvs0`, the virtual IPs on it in batches, the node's own addresses.

Called by `proxy.ipvs.kernel` and by the runner. It calls `proxy.netlink.socket`. It leaves out routes and bridges,
which are the kubelet's and the lab's.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple, Self

from proxy.netlink.socket import NETLINK_ROUTE, Message, NetlinkSocket
from proxy.netlink.wire import (
    NLM_F_CREATE,
    NLM_F_EXCL,
    NLM_F_REPLACE,
    address_family,
    attr,
    attribute_dict,
    nested,
    packed,
    text,
    u32,
    unpacked,
)

_RTM_NEWLINK, _RTM_DELLINK, _RTM_GETLINK = 16, 17, 18
_RTM_NEWADDR, _RTM_DELADDR, _RTM_GETADDR = 20, 21, 22
_IFLA_IFNAME, _IFLA_LINKINFO, _IFLA_INFO_KIND = 3, 18, 1
_IFA_ADDRESS, _IFA_LOCAL, _IFA_FLAGS = 1, 2, 8
_IFA_F_NODAD, _IFF_UP = 0x02, 0x1


class Address(NamedTuple):
    """An address of this machine (of this network namespace)."""

    interface: int
    address: str
    prefix_length: int


class RouteSocket:
    """Reads and writes links and addresses."""

    def __init__(self) -> None:
        self._netlink = NetlinkSocket(NETLINK_ROUTE)

    def close(self) -> None:
        self._netlink.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def index_of(self, name: str) -> int | None:
        """The index of an interface, None when there is none of this name."""
        with contextlib.suppress(OSError):
            return socket.if_nametoindex(name)
        return None

    def ensure_dummy(self, name: str, up: bool = False) -> int:
        """Creates a dummy interface if need be; returns its index.

        IPv4 addresses are local though the interface is down; IPv6 ones only while it is up.
        """
        if self.index_of(name) is None:
            info = nested(_IFLA_LINKINFO, text(_IFLA_INFO_KIND, "dummy"))
            header = _link(0) + text(_IFLA_IFNAME, name)
            self._netlink.request((_RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, header + info))
        index = socket.if_nametoindex(name)
        if up:
            self._netlink.request((_RTM_NEWLINK, 0, _link(index, _IFF_UP)))
        return index

    def delete_link(self, name: str) -> None:
        """Removes an interface; one that is not there is fine."""
        index = self.index_of(name)
        if index is not None:
            self._netlink.request((_RTM_DELLINK, 0, _link(index)))

    def all_addresses(self) -> Iterator[Address]:
        """Every address of every interface, as they come; the same may come twice."""
        return map(_parse, self._netlink.pieces((_RTM_GETADDR, 0, bytes(8))))

    def add(self, interface: int, addresses: Sequence[str]) -> dict[int, OSError]:
        """Adds host addresses in batches. Returns index -> error; one that is there already is fine."""
        batch = [_address_message(_RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, interface, a) for a in addresses]
        return self._netlink.send_all(batch)

    def remove(self, interface: int, addresses: Sequence[str]) -> dict[int, OSError]:
        """Removes host addresses in batches. Returns index -> error; one that is not there is fine."""
        failures = self._netlink.send_all([_address_message(_RTM_DELADDR, 0, interface, a) for a in addresses])
        return {index: error for index, error in failures.items() if error.errno != errno.EADDRNOTAVAIL}


def _link(index: int, set_flags: int = 0) -> bytes:
    return struct.pack("=BBHiII", socket.AF_UNSPEC, 0, 0, index, set_flags, set_flags)


def _address_message(kind: int, flags: int, interface: int, address: str) -> Message:
    raw = packed(address)
    header = struct.pack("=BBBBI", address_family(6 if len(raw) == 16 else 4), len(raw) * 8, 0, 0, interface)
    # Without duplicate address detection: a virtual IP is on every node, by design.
    body = attr(_IFA_LOCAL, raw) + attr(_IFA_ADDRESS, raw) + u32(_IFA_FLAGS, _IFA_F_NODAD)
    return kind, flags, header + body


def _parse(body: bytes) -> Address:
    _, prefix_length, _, _, interface = struct.unpack_from("=BBBBI", body)
    found = attribute_dict(body, 8)
    return Address(interface, unpacked(found.get(_IFA_LOCAL) or found[_IFA_ADDRESS]), prefix_length)
