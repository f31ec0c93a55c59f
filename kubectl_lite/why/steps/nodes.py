"""The nodes: are they ready, do connections from and to each succeed. Pure.

Called by `kubectl_lite.why.judge`. It calls nothing. What a node did not tell is a note, never a failure.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from kubectl_lite.why.facts import Facts, Json
from kubectl_lite.why.finding import Finding, broken, note, ok
from kubectl_lite.why.objects import condition, count, is_ready, name, on_nodes, protocol, some

MOST_UNASKED = 3
UNASKED = "not asked"
NODES, NODE_PORT, CONNECTION = "nodes", "node port", "connection"


def ready(facts: Facts) -> Iterator[Finding]:
    """A node that is not ready takes its pods out of the Service."""
    for node in facts.nodes:
        if is_ready(node):
            continue
        here = [name(pod) for pod in facts.selected if (pod.get("spec") or {}).get("nodeName") == name(node)]
        said = condition(node, "Ready")
        why = f"{said.get('reason', 'no status')}: {said.get('message', 'its kubelet has said nothing')}"
        repair = f"see that its kubelet runs: kubectl_lite describe node {name(node)}"
        if here:
            yield broken(NODES, f"{name(node)} is not ready, and with it {some(here)}", why, repair)
        else:
            yield note(NODES, f"{name(node)} is not ready; it has no pod of this Service", why, repair)
    if facts.nodes and all(map(is_ready, facts.nodes)):
        yield ok(NODES, f"{count(len(facts.nodes), 'node')} ready")


def node_ports(facts: Facts) -> Iterator[Finding]:
    """Who else has the port on a node, and whether it can be reached there at all."""
    numbers = {p["nodePort"]: p for p in facts.ports if p.get("nodePort")}
    fine: list[Json] = []
    for node, told in facts.by_node.items():
        for number, port in numbers.items():
            if any(s["port"] == number and s["protocol"] == protocol(port) for s in told.listening):
                yield broken(
                    NODE_PORT, f"port {number} of {node} is taken: a process of that node listens on it",
                    "the proxy's rules win over it from outside, the process wins on the node itself",
                    f"lab exec {node} -- ss -ltnup 'sport = :{number}', and end it or choose another: "
                    + facts.patch(f'{{"ports":[{{"port":{port["port"]},"nodePort":OTHER}}]}}'),
                )  # fmt: skip
        for one in told.node_port:
            if one.get("error"):
                yield from _unreached(facts, node, one)
            else:
                fine.append(one | {"node": node})
    for number in numbers:
        of = [one for one in fine if one["port"] == number]
        if of:
            nodes = on_nodes([one["node"] for one in of])
            yield ok(NODE_PORT, f"{number} of {nodes} is reached from other nodes in {_span(of)}")


def _unreached(facts: Facts, node: str, one: Json) -> Iterator[Finding]:
    if facts.spec.get("externalTrafficPolicy") == "Local" and node in facts.nodes_without_endpoint():
        return
    at, error = f"{one.get('address')}:{one.get('port')}", one["error"].removeprefix("connect: ")
    proxy = facts.by_node[node].proxy or {}
    served = proxy.get("nodePortAddresses") or []
    if served and not _is_within(one.get("address", ""), served):
        yield broken(
            NODE_PORT, f"{at} ({node}) is not served: {error}",
            f"the proxy of {node} serves node ports on {', '.join(served)} only",
            f"ask another address of {node}, or start its proxy with another --nodeport-addresses",
        )  # fmt: skip
    elif "timed out" in error:
        yield broken(
            NODE_PORT, f"{at} ({node}) is blocked: {one['from']} gets no answer",
            f"packets are dropped on the way, as by a firewall of {node}",
            f"lab exec {node} -- nft list ruleset, and let port {one.get('port')} in",
        )  # fmt: skip
    else:
        yield broken(NODE_PORT, f"{at} ({node}) does not answer {one['from']}: {error}",
                     "", f"kubectl_lite trace node/{one['from']} {at}")  # fmt: skip


def _is_within(address: str, ranges: list[str]) -> bool:
    return any(ipaddress.ip_address(address) in ipaddress.ip_network(r, strict=False) for r in ranges if "/" in r)


def connections(facts: Facts) -> Iterator[Finding]:
    """A real connection from each node to the cluster IP."""
    local = facts.spec.get("internalTrafficPolicy") == "Local"
    by_end: dict[str, list[Json]] = {}
    for node, told in facts.by_node.items():
        if local and node in facts.nodes_without_endpoint():
            continue
        for one in told.cluster_ip:
            by_end.setdefault(_end(one), []).append(one | {"node": node})
    for at, tried in by_end.items():
        failed = [one for one in tried if one.get("error")]
        for error in dict.fromkeys(one["error"].removeprefix("connect: ") for one in failed):
            nodes = [one["node"] for one in failed if one["error"].endswith(error)]
            yield broken(CONNECTION, f"{on_nodes(nodes)} cannot connect to {at}: {error}", "",
                         facts.line("trace", f"node/{nodes[0]}", f"svc/{facts.name}"))  # fmt: skip
        if fine := [one for one in tried if not one.get("error")]:
            nodes = [one["node"] for one in fine]
            yield ok(CONNECTION, f"{on_nodes(nodes)}: connected to {at} in {_span(fine)}")


def _end(one: Json) -> str:
    address = one.get("address", "")
    return f"[{address}]:{one.get('port')}" if ":" in address else f"{address}:{one.get('port')}"


def _span(tried: list[Json]) -> str:
    """`0.2 ms`, `0.2 to 4.9 ms`."""
    times = sorted(round(one["connectMs"], 1) for one in tried)
    return f"{times[0]} ms" if times[0] == times[-1] else f"{times[0]} to {times[-1]} ms"


def unasked(facts: Facts) -> Iterator[Finding]:
    """What could not be asked; what nobody may ask of nodes is said once."""
    forbidden = [text for text in facts.not_asked if "nodes/proxy" in text]
    if forbidden:
        user = forbidden[0].partition(': User ')[2].partition(" cannot")[0] or "you"
        yield note(UNASKED, f"what only nodes know (sockets, proxies, kernels, connections): {user} may not ask",
                   "", "somebody who may grants get on nodes/proxy, by a ClusterRole")  # fmt: skip
    others = [text for text in facts.not_asked if text not in forbidden]
    for text in others[:MOST_UNASKED]:
        yield note(UNASKED, text)
    if len(others) > MOST_UNASKED:
        yield note(UNASKED, f"and {count(len(others) - MOST_UNASKED, 'question')} more")
