"""What this network namespace holds of IPVS, addresses and our sets, whoever put it there.

Called by `proxy.ipvs.kernel`. It calls netlink, on sockets of its own, so that a change can be written between two
steps of a long reading. It leaves out destinations, which are asked for server by server.

What changes while it is read may be read as it was before, or not at all: a comparison leaves such Services out, and
writes only what does no harm where it is there already, or gone.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from proxy.ipvs import ipset, messages, rules
from proxy.ipvs.operations import DUMMY, Member, Settings
from proxy.model.desired import Identity
from proxy.netlink.rtnetlink import RouteSocket
from proxy.netlink.socket import NETLINK_GENERIC, NETLINK_NETFILTER, Message, NetlinkError, NetlinkSocket
from proxy.steps import Steps, pages

PIECE = 500
"""Entries read in one step: a few milliseconds."""


@dataclass
class Holdings:
    """`bound` is what `kube-ipvs0` holds; `own` are the node's other addresses, but loopback and link-local."""

    servers: dict[Identity, Settings] = field(default_factory=dict)
    bound: set[str] = field(default_factory=set)
    own: list[str] = field(default_factory=list)
    members: set[Member] = field(default_factory=set)


def set_names(families: Sequence[int]) -> list[str]:
    return [name for family in families for name in rules.sets(family)]


def read(families: Sequence[int]) -> Steps[Holdings]:
    """Reads everything. Raises OSError."""
    found = Holdings()
    yield from _read_addresses(found)
    with NetlinkSocket(NETLINK_GENERIC) as generic:
        ask = (generic.genl_family(messages.FAMILY_NAME), 0, messages.list_servers())
        for page in pages(generic.pieces(ask), PIECE):
            found.servers.update(server for server in map(messages.parse_server, page) if server)
            yield
    with NetlinkSocket(NETLINK_NETFILTER) as netfilter:
        for name in set_names(families):
            for page in pages(_members_of(netfilter, name), PIECE):
                found.members.update(page)
                yield
    return found


def _read_addresses(found: Holdings) -> Steps[None]:
    with RouteSocket() as route:
        dummy = route.index_of(DUMMY)
        for page in pages(route.all_addresses(), PIECE):
            for one in page:
                if one.address.startswith("fe80:"):
                    continue
                if one.interface == dummy:
                    found.bound.add(one.address)
                elif not one.address.startswith("127.") and one.address not in ("::1", *found.own):
                    found.own.append(one.address)
            yield


def _members_of(netfilter: NetlinkSocket, name: str) -> Iterator[Member]:
    """Of a set that is not there: none."""
    ask: Message = ipset.list_message(name)
    try:
        for payload in netfilter.pieces(ask):
            yield from ipset.parse_members(name, payload)
    except NetlinkError as error:
        if error.errno != errno.ENOENT:
            raise
