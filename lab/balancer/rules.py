"""The packet rules of the balancer host, as one nftables transaction. Pure: balancers in, text out.

Called by `lab.balancer.provider`; `lab.balancer.host` hands the text to `nft`. For each port of each balancer:

    a source outside loadBalancerSourceRanges -> dropped
    a healthy node there is                   -> DNAT to NODE:nodePort, each new connection to the next node
    no healthy node                           -> refused: the address is the host's own, nobody listens on the port

What leaves for a node gets the balancer's own address as its source, so that answers come back this way; the node
then puts its own in that place (`externalTrafficPolicy: Cluster`), so the pod sees a node. With
`externalTrafficPolicy: Local` the pod must see the client: `lab.balancer.direct` has the rules for that, and what
stands here is only for connections that begin on this host, those published on the machine's loopback.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

TABLE = "kube_lite_balancer"


@dataclass(frozen=True)
class Port:
    protocol: str
    port: int
    node_port: int


@dataclass(frozen=True)
class Balancer:
    """What one Service wants of the host. `nodes` are the addresses of the healthy nodes, of both families; those
    that are not healthy are `draining`. `direct` balancers leave packets as they are."""

    service: str
    addresses: tuple[str, ...]
    ports: tuple[Port, ...]
    source_ranges: tuple[str, ...] = ()
    sticky: bool = False
    nodes: tuple[str, ...] = ()
    draining: tuple[str, ...] = ()
    direct: bool = False


def render(balancers: Iterable[Balancer]) -> str:
    """Replaces the whole table at once: no packet sees half of it."""
    guards: list[str] = []
    forwards: list[str] = []
    own: list[str] = []
    for balancer in balancers:
        for address in balancer.addresses:
            for port in balancer.ports:
                forward = _forward(balancer, address, port)
                own += forward
                if not balancer.direct:
                    guards += _guard(balancer, address, port)
                    forwards += forward
    lines = [
        f"table inet {TABLE}",
        f"delete table inet {TABLE}",
        f"table inet {TABLE} {{",
        *_chain("guard", "type filter hook prerouting priority -150; policy accept;", guards),
        *_chain("balance", "type nat hook prerouting priority -100; policy accept;", forwards),
        # The machine's own connections: what is published on loopback begins here.
        *_chain("balance_own", "type nat hook output priority -100; policy accept;", own),
        *_chain("answer_here", "type nat hook postrouting priority 100; policy accept;",
                ["ct status dnat masquerade"]),
        "}",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _chain(name: str, hook: str, rules: Iterable[str]) -> list[str]:
    return [f"  chain {name} {{", f"    {hook}", *(f"    {rule}" for rule in rules), "  }"]


def _match(address: str, port: Port) -> str:
    return f"{family(address)} daddr {address} {port.protocol.lower()} dport {port.port}"


def _guard(balancer: Balancer, address: str, port: Port) -> list[str]:
    sources = dropped_sources(balancer, address)
    return [] if sources is None else [f'{_match(address, port)} {sources}drop comment "{balancer.service}"']


def dropped_sources(balancer: Balancer, address: str) -> str | None:
    """Who may not come to this address, as the match of a rule (empty: nobody may come); None when all may."""
    if not balancer.source_ranges:
        return None
    ip = family(address)
    given = [ipaddress.ip_network(r, strict=False) for r in balancer.source_ranges if family(r) == ip]
    ranges = list(ipaddress.collapse_addresses(given))
    if any(r.prefixlen == 0 for r in ranges):
        return None
    return f"{ip} saddr != {{ {', '.join(map(str, ranges))} }} " if ranges else ""


def _forward(balancer: Balancer, address: str, port: Port) -> list[str]:
    ip = family(address)
    nodes = [node for node in balancer.nodes if family(node) == ip]
    if not nodes:
        return []
    choose = f"jhash {ip} saddr" if balancer.sticky else "numgen inc"
    table = ", ".join(f"{i} : {node}" for i, node in enumerate(nodes))
    target = f"{choose} mod {len(nodes)} map {{ {table} }}"
    return [f'{_match(address, port)} dnat {ip} to {target}:{port.node_port} comment "{balancer.service}"']


def family(address: str) -> str:
    """`ip` or `ip6`, as nft says it."""
    return "ip6" if ":" in address else "ip"
