"""The table as it is without any Service: base chains on their hooks, and the maps and sets they look into.

Called by `lower` (names), `plan` and `proxier`. It calls nothing; pure text. It leaves out the Services, and the
maps of endpoints, which `lower` makes when the first Service of a protocol needs one.

    filter-prerouting   source ranges of load balancers, before the address is rewritten
    nat-prerouting, nat-output   the address is looked up in `services`, the port in `node-ports`
    filter-input, filter-forward, filter-output   Services without endpoints refuse; a cluster IP's other ports too
    nat-postrouting     who was marked, and pods that reach themselves, are masqueraded
"""

from __future__ import annotations

from typing import NamedTuple

from proxy.model.traffic import Traffic

TABLE = "kube-proxy"
SERVICES, NODE_PORTS = "services", "node-ports"
NO_ENDPOINTS, NODE_PORTS_NO_ENDPOINTS = "no-endpoint-services", "no-endpoint-node-ports"
FIREWALL = "firewall"
CLUSTER_IPS, HAIRPIN = "cluster-ips", "hairpin"
REFUSE = "refuse"


class Settings(NamedTuple):
    """What the rules depend on beside the Services. `node_port_prefixes` empty: every address of the node."""

    family: int
    traffic: Traffic = Traffic()
    node_port_prefixes: tuple[str, ...] = ()

    @property
    def ip(self) -> str:
        """How this family's header is called in expressions, and its table's family: `ip` or `ip6`."""
        return "ip" if self.family == 4 else "ip6"


class Chain(NamedTuple):
    """A chain's hook (empty for one that is only jumped to) and its rules."""

    hook: str
    rules: tuple[str, ...]


def sets(settings: Settings) -> dict[str, tuple[str, str]]:
    """Name -> (`map` or `set`, its type)."""
    ip = settings.ip
    address_port, port = f"{ip} daddr . meta l4proto . th dport", "meta l4proto . th dport"
    return {
        CLUSTER_IPS: ("set", f"type ipv{settings.family}_addr"),
        HAIRPIN: ("set", f"typeof {ip} saddr . {ip} daddr"),
        SERVICES: ("map", f"typeof {address_port} : verdict"),
        NODE_PORTS: ("map", f"typeof {port} : verdict"),
        NO_ENDPOINTS: ("map", f"typeof {address_port} : verdict"),
        NODE_PORTS_NO_ENDPOINTS: ("map", f"typeof {port} : verdict"),
        FIREWALL: ("map", f"typeof {address_port} : verdict"),
    }


def chains(settings: Settings) -> dict[str, Chain]:
    """The base chains and what they jump to, in the order in which they can be added."""
    ip = settings.ip
    address_port, port = f"{ip} daddr . meta l4proto . th dport", "meta l4proto . th dport"
    to_node = _to_this_node(settings)
    traffic, mark = settings.traffic, f"{settings.traffic.mark:#x}"
    outside = traffic.nft(ip, outside=True)
    off_cluster = (
        (f"{ip} daddr @{CLUSTER_IPS} {'' if traffic.masquerade_all else outside}jump mark-for-masquerade",)
        if traffic.masquerade_all or outside
        else ()
    )
    return {
        # A reset is sent for every packet; ICMP errors are rationed by the kernel, and some clients would wait.
        REFUSE: Chain("", ("meta l4proto tcp reject with tcp reset", "reject")),
        "mark-for-masquerade": Chain("", (f"meta mark set meta mark | {mark}",)),
        "services": Chain(
            "", (*off_cluster, f"{address_port} vmap @{SERVICES}", f"{to_node} {port} vmap @{NODE_PORTS}")
        ),
        "nat-prerouting": Chain("type nat hook prerouting priority dstnat", ("jump services",)),
        "nat-output": Chain("type nat hook output priority -100", ("jump services",)),
        "nat-postrouting": Chain(
            "type nat hook postrouting priority srcnat",
            (
                f"ct status dnat {ip} saddr . {ip} daddr @{HAIRPIN} masquerade fully-random",
                f"meta mark & {mark} == 0x0 return",
                f"meta mark set meta mark ^ {mark}",
                "masquerade fully-random",
            ),
        ),
        "endpoints-check": Chain("", (f"{address_port} vmap @{NO_ENDPOINTS}",)),
        "cluster-ips-check": Chain("", (f"{ip} daddr @{CLUSTER_IPS} goto {REFUSE}",)),
        "filter-prerouting": Chain(
            "type filter hook prerouting priority dstnat - 10", (f"ct state new {address_port} vmap @{FIREWALL}",)
        ),
        "filter-input": Chain(
            "type filter hook input priority -110",
            ("ct state new jump endpoints-check", f"ct state new {to_node} {port} vmap @{NODE_PORTS_NO_ENDPOINTS}"),
        ),
        "filter-forward": Chain(
            "type filter hook forward priority -110",
            ("ct state new jump endpoints-check", "ct state new jump cluster-ips-check"),
        ),
        "filter-output": Chain(
            "type filter hook output priority -90",
            (
                "ct state new jump endpoints-check",
                f"ct state new {to_node} {port} vmap @{NODE_PORTS_NO_ENDPOINTS}",
                "ct state new jump cluster-ips-check",
            ),
        ),
    }


def _to_this_node(settings: Settings) -> str:
    """Node ports are open on the node's addresses, never on loopback: a reply could not find back from a pod."""
    ip, loopback = settings.ip, "127.0.0.0/8" if settings.family == 4 else "::1"
    where = f"{ip} daddr != {loopback} "
    if settings.node_port_prefixes:
        where = f"{ip} daddr {{ {', '.join(settings.node_port_prefixes)} }} "
    return f"{where}fib daddr type local"
