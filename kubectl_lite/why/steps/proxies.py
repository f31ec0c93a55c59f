"""Each node's proxy and kernel: does it keep up, what does the kernel hold, which flows does it remember. Pure.

Called by `kubectl_lite.why.judge`. It calls nothing. What is fine on several nodes is one line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubectl_lite.why.facts import PROXY_NAME, Facts, Json
from kubectl_lite.why.finding import Finding, broken, note, ok
from kubectl_lite.why.objects import count, on_nodes, protocol, some
from kubectl_lite.why.steps.controllers import LAB_UP

PROXY, KERNEL, CONNTRACK = "proxy", "kernel", "conntrack"


def grouped(step: str, found: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    """(node, what is fine there) -> one finding for all nodes of which the same is said."""
    nodes: dict[str, list[str]] = {}
    for node, what in found:
        nodes.setdefault(what, []).append(node)
    yield from (ok(step, f"{on_nodes(on)}: {what}") for what, on in nodes.items())


def proxies(facts: Facts) -> Iterator[Finding]:
    """Each node's proxy: does it run, is it up to date, did it fail."""
    if facts.other_proxy:
        yield broken(
            PROXY, f"no proxy of ours serves it: it is left to {facts.other_proxy}",
            f"its label {PROXY_NAME} says so",
            facts.line("label", "service", facts.name, f"{PROXY_NAME}-"),
        )  # fmt: skip
        return
    fine = []
    for node, told in facts.by_node.items():
        if told.proxy is None:
            if "the proxy does not answer" in told.proxy_error:
                yield broken(
                    PROXY, f"the proxy of {node} does not run", f"{told.proxy_error}; that node keeps its old rules",
                    f"start it on {node} ({LAB_UP}); its log: lab logs proxy-{node}",
                )  # fmt: skip
        elif amiss := _amiss(facts, node, told.proxy):
            yield amiss
        else:
            fine.append((node, f"{told.proxy['mode']}, in sync"))
    yield from grouped(PROXY, fine)


def _amiss(facts: Facts, node: str, proxy: Json) -> Finding | None:
    log = f"lab logs proxy-{node}"
    age = max(0.0, facts.now - proxy["lastUpdated"])
    if proxy.get("failure"):
        return broken(PROXY, f"the proxy of {node} could not program this Service", proxy["failure"], log)
    if not proxy["healthy"]:
        return broken(PROXY, f"the proxy of {node} does not keep up", f"its last update is {age:.0f} s old", log)
    if lacking := _unseen(facts, proxy):
        return broken(PROXY, f"the proxy of {node} has not heard of {some(lacking)}", "its watch may be cut off", log)
    return None


def _unseen(facts: Facts, proxy: Json) -> list[str]:
    """Ready endpoints that the proxy should know of and does not; policies and hints may leave some out rightly."""
    hinted = facts.spec.get("trafficDistribution") or facts.spec.get("internalTrafficPolicy") == "Local"
    if hinted or any(e.get("hints") for e in facts.ready_endpoints):
        return []
    unseen: set[str] = set()
    for port in facts.ports:
        for address in facts.spec.get("clusterIPs") or [facts.spec.get("clusterIP", "")]:
            family = "IPv6" if ":" in address else "IPv4"
            unseen |= facts.expected(port, family, protocol(port)) - _known(proxy, address, port)
    return sorted(unseen)


def _known(proxy: Json, address: str, port: Json) -> set[str]:
    """The addresses to which the proxy leads that port of a cluster IP."""
    return {
        end.rpartition(":")[0].strip("[]") for server in proxy["servers"] for end in server["endpoints"]
        if (server["address"], server["port"], server["protocol"]) == (address, port["port"], protocol(port))
    }  # fmt: skip


def kernel(facts: Facts) -> Iterator[Finding]:
    """What each node's kernel holds, against what its proxy wants it to hold."""
    fine = []
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
            fine.append((node, next((r for r in rules if " : " in r and "-endpoints" not in r), rules[0])))
    yield from grouped(KERNEL, fine)


def conntrack(facts: Facts) -> Iterator[Finding]:
    """Flows that still go to an endpoint that is gone, and how many go unanswered."""
    fine = []
    for node, told in facts.by_node.items():
        flows = (told.proxy or {}).get("flows") or []
        known = {end for s in (told.proxy or {}).get("servers", ()) for end in [*s["endpoints"], *(s["outside"] or ())]}
        stale = [f for f in flows if known and f["answerer"] not in {*known, f["destination"]}]
        silent = sorted({f["answerer"] for f in flows if not f["answered"] and f["answerer"] in known})
        for protocol_ in sorted({f["protocol"] for f in stale}):
            yield _stale(node, [f for f in stale if f["protocol"] == protocol_])
        if silent:
            yield note(CONNTRACK, f"{node}: {some(silent)} has not answered a packet that was sent to it")
        if flows and not stale and not silent:
            fine.append((node, f"{count(len(flows), 'flow')}, all answered by endpoints"))
    yield from grouped(CONNTRACK, fine)


def _stale(node: str, flows: list[Json]) -> Finding:
    """A connection may end where it began; a client of UDP sends to nobody for as long as it goes on sending."""
    ends, kind = sorted({f["answerer"] for f in flows}), flows[0]["protocol"]
    what = f"{node}: {kind} flows still go to {some(ends)}, which is no endpoint any more"
    address = flows[0]["destination"].rpartition(":")[0].strip("[]")
    words = f"lab exec {node} -- conntrack {{}} -p {kind.lower()} -d {address}"
    if kind == "UDP" and any(not f["answered"] for f in flows):
        why = f"{flows[0]['source']} keeps sending to it: the entry lives as long as packets come"
        return broken(CONNTRACK, what, why, words.format("-D"))
    return note(CONNTRACK, what, "a connection keeps the endpoint that it began with", words.format("-L"))
