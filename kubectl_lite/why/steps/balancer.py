"""What leads to the Service from outside the cluster: a load balancer, its source ranges, external IPs. Pure.

Called by `kubectl_lite.why.judge`. It calls nothing. Node ports are `nodes`'.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from kubectl_lite.why.facts import Facts
from kubectl_lite.why.finding import Finding, broken, note, ok
from kubectl_lite.why.objects import regards

BALANCER, RANGES, EXTERNAL = "load balancer", "source ranges", "external IPs"


def load_balancer(facts: Facts) -> Iterator[Finding]:
    if facts.type != "LoadBalancer":
        return
    ingress = ((facts.service or {}).get("status") or {}).get("loadBalancer", {}).get("ingress") or []
    if ingress:
        shown = ", ".join(one.get("ip") or one.get("hostname", "") for one in ingress)
        yield ok(BALANCER, f"reached at {shown}")
        return
    ports = [str(port["nodePort"]) for port in facts.ports if port.get("nodePort")]
    until = f"; until then use node port {', '.join(ports)}" if ports else ""
    told = [e for e in facts.events if e.get("type") == "Warning" and regards(e, "Service", facts.name)]
    why = told[-1].get("message", "") if told else "no provider of load balancers has answered"
    repair = facts.line("describe", "service", facts.name) + until + ", or delete a LoadBalancer that nobody needs"
    if class_ := facts.spec.get("loadBalancerClass"):
        why = f"spec.loadBalancerClass leaves it to whoever serves {class_}, and nobody has answered"
        repair = "install that; or make it anew without the class, which cannot be changed: " + facts.line(
            "get", "service", facts.name, "-o", "yaml") + " | grep -v loadBalancerClass | " + facts.line(
            "replace", "--force", "-f", "-")  # fmt: skip
    elif facts.spec.get("allocateLoadBalancerNodePorts") is False and not ports:
        repair = facts.patch('{"allocateLoadBalancerNodePorts":true}')
    yield broken(BALANCER, "no load balancer has been given to it", why, repair)


def source_ranges(facts: Facts) -> Iterator[Finding]:
    """`loadBalancerSourceRanges`: who may come in through the balancer."""
    ranges = facts.spec.get("loadBalancerSourceRanges") or []
    if facts.type != "LoadBalancer" or not ranges:
        return
    allowed = ", ".join(ranges)
    if not facts.client:
        yield note(RANGES, f"only {allowed} may come in by the load balancer", "",
                   facts.line("why", f"service/{facts.name}", "--from ADDRESS"))  # fmt: skip
    elif any(ipaddress.ip_address(facts.client) in ipaddress.ip_network(r, strict=False) for r in ranges):
        yield ok(RANGES, f"{facts.client} may come in: {allowed}")
    else:
        more = ", ".join(f'"{r}"' for r in [*ranges, f"{facts.client}/{128 if ':' in facts.client else 32}"])
        yield broken(
            RANGES, f"{facts.client} may not come in", f"spec.loadBalancerSourceRanges lets in {allowed} only",
            facts.patch(f'{{"loadBalancerSourceRanges":[{more}]}}'),
        )  # fmt: skip


def external_ips(facts: Facts) -> Iterator[Finding]:
    """Nodes take what comes for these addresses; that it comes is for the network to see to."""
    addresses = facts.spec.get("externalIPs") or []
    if not addresses:
        return
    held = {a["address"] for node in facts.nodes for a in (node.get("status") or {}).get("addresses") or ()}
    foreign = [address for address in addresses if address not in held]
    if foreign:
        route = f"ip route add {foreign[0]} via NODE-ADDRESS, on the client or its router"
        yield note(EXTERNAL, f"{', '.join(foreign)} is no node's address",
                   "every node takes packets for it, but only a route brings them to one", route)  # fmt: skip
    else:
        yield ok(EXTERNAL, f"{', '.join(addresses)}, addresses of nodes")
