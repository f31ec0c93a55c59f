"""The nodes: are they ready, does each node's proxy keep up, what does its kernel hold, do connections succeed. Pure.

Called by `kubectl_lite.why.judge`. It calls nothing. What a node did not tell is a note, never a failure.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_lite.why.facts import Facts, Json
from kubectl_lite.why.finding import Finding, broken, note, ok
from kubectl_lite.why.objects import condition, count, is_ready, name, protocol, some

NODES, PROXY, KERNEL, CONNTRACK, NODE_PORT, CONNECTION = (
    "nodes", "proxy", "kernel", "conntrack", "node port", "connection",
)  # fmt: skip


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


def proxies(facts: Facts) -> Iterator[Finding]:
    """Each node's proxy: does it run, is it up to date, did it fail."""
    for node, told in facts.by_node.items():
        if told.proxy is None:
            if "the proxy does not answer" in told.proxy_error:
                yield broken(
                    PROXY, f"the proxy of {node} does not run", f"{told.proxy_error}; that node keeps its old rules",
                    f"start it on {node} (in the lab: lab up); its log: lab logs proxy-{node}",
                )  # fmt: skip
            continue
        yield _judged(facts, node, told.proxy)


def _judged(facts: Facts, node: str, proxy: Json) -> Finding:
    log = f"lab logs proxy-{node}"
    age = max(0.0, facts.now - proxy["lastUpdated"])
    if proxy.get("failure"):
        return broken(PROXY, f"the proxy of {node} could not program this Service", proxy["failure"], log)
    if not proxy["healthy"]:
        return broken(PROXY, f"the proxy of {node} does not keep up", f"its last update is {age:.0f} s old", log)
    if lacking := _unseen(facts, proxy):
        return broken(PROXY, f"the proxy of {node} has not heard of {some(lacking)}", "its watch may be cut off", log)
    return ok(PROXY, f"{node}: {proxy['mode']}, synced {age:.1f} s ago")


def _unseen(facts: Facts, proxy: Json) -> list[str]:
    """Ready endpoints that the proxy should know of and does not; policies and hints may leave some out rightly."""
    servers = [s for s in proxy["servers"] if s["reach"] == "ClusterIP"]
    hinted = facts.spec.get("trafficDistribution") or facts.spec.get("internalTrafficPolicy") == "Local"
    if hinted or any(e.get("hints") for e in facts.ready_endpoints):
        return []
    known = {end.rpartition(":")[0].strip("[]") for server in servers for end in server["endpoints"]}
    addresses = {address for endpoint in facts.ready_endpoints for address in endpoint["addresses"]}
    return sorted(addresses - known) if servers or not facts.is_headless else []


def kernel(facts: Facts) -> Iterator[Finding]:
    """What each node's kernel holds, against what its proxy wants it to hold."""
    for node, told in facts.by_node.items():
        if told.proxy is None:
            continue
        for unread in told.proxy.get("notRead", ()):
            yield note(KERNEL, f"{node}: not everything could be read: {unread}")
        problems = list(dict.fromkeys(p for server in told.proxy["servers"] for p in server["problems"]))
        rules = [rule for server in told.proxy["servers"] for rule in server["rules"]]
        if problems:
            flag = "--ipvs-sync-period" if told.proxy.get("mode") == "ipvs" else "--iptables-sync-period"
            yield broken(
                KERNEL, f"{node}: {some(problems, 2)}",
                "somebody else has changed the kernel's table; the proxy mends it when it compares next",
                f"wait {flag} (30 s), or start the proxy of {node} anew; then find who flushes tables",
            )  # fmt: skip
        elif rules:
            yield ok(KERNEL, f"{node}: {next((r for r in rules if ' : ' in r), rules[0])}")


def conntrack(facts: Facts) -> Iterator[Finding]:
    """Flows that still go to an endpoint that is gone, and how many go unanswered."""
    for node, told in facts.by_node.items():
        flows = (told.proxy or {}).get("flows") or []
        known = {end for s in (told.proxy or {}).get("servers", ()) for end in [*s["endpoints"], *(s["outside"] or ())]}
        stale = sorted({f["answerer"] for f in flows if f["answerer"] not in {*known, f["destination"]}})
        silent = sorted({f["answerer"] for f in flows if not f["answered"] and f["answerer"] in known})
        if stale and known:
            yield note(
                CONNTRACK, f"{node}: flows still go to {some(stale)}, which is no endpoint any more",
                "a connection keeps the endpoint that it began with", f"lab exec {node} -- conntrack -L -d "
                f"{facts.spec.get('clusterIP')}",
            )  # fmt: skip
        if silent:
            yield note(CONNTRACK, f"{node}: {some(silent)} has not answered a packet that was sent to it")
        if flows and not stale and not silent:
            yield ok(CONNTRACK, f"{node}: {count(len(flows), 'flow')}, all answered by endpoints")


def node_ports(facts: Facts) -> Iterator[Finding]:
    """Who else has the port on a node, and whether it can be reached there at all."""
    numbers = {p["nodePort"]: p for p in facts.ports if p.get("nodePort")}
    for node, told in facts.by_node.items():
        for number, port in numbers.items():
            if any(s["port"] == number and s["protocol"] == protocol(port) for s in told.listening):
                yield broken(
                    NODE_PORT, f"port {number} of {node} is taken: a process of that node listens on it",
                    "the proxy's rules win over it from outside, the process wins on the node itself",
                    f"lab exec {node} -- ss -ltnup 'sport = :{number}', and end it or choose another: "
                    + facts.patch(f'{{"ports":[{{"port":{port["port"]},"nodePort":OTHER}}]}}'),
                )  # fmt: skip
        yield from _reached(facts, node, told.node_port)


def _reached(facts: Facts, node: str, tried: tuple[Json, ...]) -> Iterator[Finding]:
    if facts.spec.get("externalTrafficPolicy") == "Local" and node in facts.nodes_without_endpoint():
        return
    for one in tried:
        at = f"{one.get('address')}:{one.get('port')}"
        if one.get("error") and "timed out" in one["error"]:
            yield broken(
                NODE_PORT, f"{at} ({node}) is blocked: {one['from']} gets no answer",
                f"packets are dropped on the way, as by a firewall of {node}",
                f"lab exec {node} -- nft list ruleset, and let port {one.get('port')} in",
            )  # fmt: skip
        elif one.get("error"):
            yield broken(NODE_PORT, f"{at} ({node}) does not answer {one['from']}: {one['error']}")
        else:
            yield ok(NODE_PORT, f"{one['from']} reaches {at} ({node}) in {one['connectMs']} ms")


def connections(facts: Facts) -> Iterator[Finding]:
    """A real connection from each node to the cluster IP."""
    for node, told in facts.by_node.items():
        if facts.spec.get("internalTrafficPolicy") == "Local" and node in facts.nodes_without_endpoint():
            continue
        for one in told.cluster_ip:
            at = f"{one.get('address')}:{one.get('port')}"
            if one.get("error"):
                yield broken(CONNECTION, f"{node} cannot connect to {at}: {one['error']}")
            else:
                yield ok(CONNECTION, f"{node} connects to {at} in {one['connectMs']} ms")


def unasked(facts: Facts) -> Iterator[Finding]:
    for text in facts.not_asked:
        yield note("not asked", text)
