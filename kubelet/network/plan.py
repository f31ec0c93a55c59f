"""What `ip` is told, as lines: the node's bridge, a pod's link, and the routes to other nodes' pods. Pure.

Called by `kubelet.network.pods` and `kubelet.network.routes`. Pods have their address alone (/32, /128) and reach
everything through the bridge's address, even pods beside them: so every packet passes the node's routing, where the
proxy's tables are, on kernels with and without br_netfilter.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence

from kubelet.network.ipam import Network, gateway

ROUTE_PROTOCOL = 77
"""Marks the routes that are ours, so that others' are left alone."""


def bridge(name: str, networks: Iterable[Network]) -> list[str]:
    """Lines that make the node's bridge; each may fail because it is done already."""
    lines = [f"link add {name} type bridge forward_delay 0 mcast_snooping 0"]
    for network in networks:
        flags = " nodad" if network.version == 6 else ""
        lines.append(f"addr add {gateway(network)}/{network.prefixlen} dev {name}{flags}")
    return [*lines, f"link set {name} up"]


def link_name(uid: str) -> str:
    """The node's end of a pod's link: interface names have at most 15 characters."""
    return "veth" + uid.replace("-", "")[:11]


def pod_link(bridge_name: str, uid: str, netns: str, mtu: int) -> list[str]:
    """On the node: a link whose far end is the pod's eth0."""
    end = link_name(uid)
    return [
        f"link add {end} mtu {mtu} type veth peer name eth0 mtu {mtu} netns {netns}",
        f"link set {end} master {bridge_name}",
        # With br_netfilter a packet of a pod to its own Service is turned round inside the bridge: let it out where it
        # came in.
        f"link set {end} type bridge_slave hairpin on",
        f"link set {end} up",
    ]


def pod_addresses(addresses: Sequence[str], networks: Sequence[Network]) -> list[str]:
    """In the pod: its addresses, and the way out."""
    lines = ["link set lo up", "link set eth0 up"]
    for address in addresses:
        version = ipaddress.ip_address(address).version
        flags = " nodad" if version == 6 else ""
        lines.append(f"addr add {address}/{32 if version == 4 else 128} dev eth0{flags}")
    for network in networks:
        if any(ipaddress.ip_address(address).version == network.version for address in addresses):
            lines.append(f"route add default via {gateway(network)} dev eth0 onlink")
    return lines


def wanted_routes(node: str, nodes: Mapping[str, tuple[Sequence[str], Sequence[str]]]) -> dict[str, str]:
    """Pod CIDR -> next hop, for every other node that has both. `nodes`: name -> (pod CIDRs, addresses)."""
    wanted = {}
    for name, (cidrs, addresses) in nodes.items():
        if name == node:
            continue
        for cidr in cidrs:
            version = ipaddress.ip_network(cidr).version
            hops = [a for a in addresses if ipaddress.ip_address(a).version == version]
            if hops:
                wanted[cidr] = hops[0]
    return wanted


def route_changes(wanted: Mapping[str, str], present: Mapping[str, str]) -> list[str]:
    """Lines that turn the routes that are there into those that are wanted."""
    gone = [f"route del {cidr} proto {ROUTE_PROTOCOL}" for cidr in present if cidr not in wanted]
    new = [f"route replace {cidr} via {hop} proto {ROUTE_PROTOCOL}" for cidr, hop in wanted.items()
           if present.get(cidr) != hop]  # fmt: skip
    return gone + new
