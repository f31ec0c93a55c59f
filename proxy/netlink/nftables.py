"""The one question to nftables that needs no program: which generation the ruleset is of.

Called by `proxy.nftables.kernel` and `proxy.ipvs.xtables`. It calls `proxy.netlink.socket`. It leaves out the rules.
Source: linux/netfilter/nf_tables.h.
"""

from __future__ import annotations

import struct

from proxy.netlink.socket import NetlinkSocket
from proxy.netlink.wire import attribute_dict

_GET_GENERATION = (10 << 8) | 16
_GENERATION_ID = 1


def generation(netfilter: NetlinkSocket) -> int:
    """A number that grows with every change of any table of this network namespace. Raises NetlinkError."""
    answer = netfilter.ask((_GET_GENERATION, 0, struct.pack("=BBH", 0, 0, 0)))
    return struct.unpack("!I", attribute_dict(answer, 4)[_GENERATION_ID])[0]
