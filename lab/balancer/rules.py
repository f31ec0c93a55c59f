"""The packet rules of the balancer host, as one nftables transaction. Pure: balancers in, text out.

Called by `lab.balancer.provider`; `lab.balancer.host` hands the text to `nft`. For each port of each balancer:

    a source outside loadBalancerSourceRanges -> dropped
    a healthy node there is                   -> DNAT to NODE:nodePort, each new connection to the next node
    no healthy node                           -> refused: the address is the host's own, nobody listens on the port

What leaves for a node gets the balancer's own address as its source, so that answers come back this way. (A cloud
that keeps the client's address has its routers do that: `externalTrafficPolicy: Local` here spares the second hop and
lets health checks choose the nodes.)
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
    """What one Service wants of the host. `nodes` are the addresses of the healthy nodes, of both families."""

    service: str
    addresses: tuple[str, ...]
    ports: tuple[Port, ...]
    source_ranges: tuple[str, ...] = ()
    sticky: bool = False
    nodes: tuple[str, ...] = ()


def render(balancers: Iterable[Balancer]) -> str:
    """Replaces the whole table at once: no packet sees half of it."""
    guards: list[str] = []
    forwards: list[str] = []
    for balancer in balancers:
        for address in balancer.addresses:
            for port in balancer.ports:
                guards += _guard(balancer, address, port)
                forwards += _forward(balancer, address, port)
    lines = [
        f"table inet {TABLE}",
        f"delete table inet {TABLE}",
        f"table inet {TABLE} {{",
        *_chain("guard", "type filter hook prerouting priority -150; policy accept;", guards),
        *_chain("balance", "type nat hook prerouting priority -100; policy accept;", forwards),
        # The machine's own connections: what is published on loopback begins here.
        *_chain("balance_own", "type nat hook output priority -100; policy accept;", forwards),
        *_chain("answer_here", "type nat hook postrouting priority 100; policy accept;",
                ["ct status dnat masquerade"]),
        "}",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _chain(name: str, hook: str, rules: Iterable[str]) -> list[str]:
    return [f"  chain {name} {{", f"    {hook}", *(f"    {rule}" for rule in rules), "  }"]


def _match(address: str, port: Port) -> str:
    return f"{_family(address)} daddr {address} {port.protocol.lower()} dport {port.port}"


def _guard(balancer: Balancer, address: str, port: Port) -> list[str]:
    if not balancer.source_ranges:
        return []
    family = _family(address)
    given = [ipaddress.ip_network(r, strict=False) for r in balancer.source_ranges if _family(r) == family]
    ranges = list(ipaddress.collapse_addresses(given))
    if any(r.prefixlen == 0 for r in ranges):
        return []
    allowed = f"{family} saddr != {{ {', '.join(map(str, ranges))} }} " if ranges else ""
    return [f'{_match(address, port)} {allowed}drop comment "{balancer.service}"']


def _forward(balancer: Balancer, address: str, port: Port) -> list[str]:
    family = _family(address)
    nodes = [node for node in balancer.nodes if _family(node) == family]
    if not nodes:
        return []
    choose = f"jhash {family} saddr" if balancer.sticky else "numgen inc"
    table = ", ".join(f"{i} : {node}" for i, node in enumerate(nodes))
    target = f"{choose} mod {len(nodes)} map {{ {table} }}"
    return [f'{_match(address, port)} dnat {family} to {target}:{port.node_port} comment "{balancer.service}"']


def _family(address: str) -> str:
    return "ip6" if ":" in address else "ip"
