"""The packet rules for `externalTrafficPolicy: Local`: packets go on to a node as they came. Pure, as `rules` is.

Called by `lab.balancer.provider`; `lab.balancer.host` hands the text to `nft`. Only the Ethernet frame gets another
destination (direct server return; what a cloud calls a passthrough balancer):

    client -> balancer   192.168.77.100 > 192.168.77.200:80   the balancer answers ARP for .200
    balancer -> node     the same packet, to the node's Ethernet address
    node -> pod          the node's proxy knows .200 from the Service's status (ipMode VIP), and keeps the source
    pod -> node -> client   192.168.77.200:80 > 192.168.77.100, not by way of the balancer

So the pod sees the client, and the balancer sees one half of each connection, which conntrack cannot follow. The map
`flows` remembers instead which node has which TCP connection: from a hash of its four numbers (in the packet's
priority, which nobody else reads here) to a mark that is the node's address. A node that becomes unhealthy keeps its
connections and gets no new ones. A flow that is not remembered goes to the node that its hash says.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator

from lab.balancer.rules import Balancer, Port, dropped_sources, family

TABLE = "kube_lite_direct"
SEED = 0x6B6C
"""Fixed, so that new rules send a flow to the same node as the old ones."""
FLOW_SECONDS = 3600


def render(balancers: Iterable[Balancer], device: str) -> str:
    """Replaces the rules at once, and leaves the flows."""
    rules = [rule for balancer in balancers if balancer.direct for rule in _rules(balancer, device)]
    flows = f"typeof meta priority : meta mark; size 65535; flags dynamic,timeout; timeout {FLOW_SECONDS}s;"
    chain = f'type filter hook ingress device "{device}" priority 0; policy accept;'
    lines = [
        f"table netdev {TABLE} {{",
        f"  map flows {{ {flows} }}",
        f"  chain ingress {{ {chain} }}",
        "}",
        f"flush chain netdev {TABLE} ingress",
        f"table netdev {TABLE} {{",
        "  chain ingress {",
        *(f"    {rule}" for rule in rules),
        "  }",
        "}",
    ]
    return "\n".join(lines) + "\n"


def _rules(balancer: Balancer, device: str) -> Iterator[str]:
    for address in balancer.addresses:
        for port in balancer.ports:
            match = f"{family(address)} daddr {address} {port.protocol.lower()} dport {port.port}"
            if (sources := dropped_sources(balancer, address)) is not None:
                yield f'{match} {sources}drop comment "{balancer.service}"'
            yield from (f"{match} {step}" for step in _steps(balancer, family(address), port, device))


def _steps(balancer: Balancer, ip: str, port: Port, device: str) -> list[str]:
    """What happens to a packet for one port: which node it is for, and off it goes."""
    nodes = [node for node in balancer.nodes if family(node) == ip]
    known = sorted({node for node in (*nodes, *balancer.draining) if family(node) == ip})
    if not known:
        return []
    protocol = port.protocol.lower()
    steps = ["meta mark set 0"]
    if protocol == "tcp":
        flow = f"jhash {ip} saddr . tcp sport . {ip} daddr . tcp dport mod {2**32 - 1} seed {SEED:#x}"
        steps.append(f"meta priority set {flow}")
        steps.append("tcp flags & (syn | ack) != syn meta mark set meta priority map @flows")
    if nodes:
        by = f"{ip} saddr" if balancer.sticky else f"{ip} saddr . {protocol} sport"
        choice = ", ".join(f"{number} : {mark(node):#x}" for number, node in enumerate(nodes))
        steps.append(f"meta mark 0 meta mark set jhash {by} mod {len(nodes)} seed {SEED:#x} map {{ {choice} }}")
    if protocol == "tcp":
        steps.append("meta mark != 0 update @flows { meta priority : meta mark }")
    ways = ", ".join(f"{mark(node):#x} : {node}" for node in known)
    return [*steps, f'fwd {ip} to meta mark map {{ {ways} }} device "{device}"']


def mark(node: str) -> int:
    """A packet mark that says which node: its address, or the last four bytes of that."""
    return int(ipaddress.ip_address(node)) & 0xFFFFFFFF
