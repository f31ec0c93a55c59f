"""From what a request and the nodes said to the hops it took. Pure.

Called by `kubectl_lite.commands.trace`. It calls `places`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from kubectl_lite.trace.places import end_of

if TYPE_CHECKING:
    from kubectl_lite.trace.send import Json, Trace


class Hop(NamedTuple):
    """One stage of the way; `lines` has the important first."""

    name: str
    lines: tuple[str, ...]
    failed: bool = False


def hops(trace: Trace) -> list[Hop]:
    """In the order in which the packet met them."""
    parts = (_name, _virtual_ip, _rule, _translation, _nodes, _endpoint, _answer)
    return [hop for part in parts for hop in part(trace)]


def succeeded(trace: Trace) -> bool:
    return not trace.sent.get("error")


def _name(trace: Trace) -> Iterator[Hop]:
    sent = trace.sent
    queries = sent.get("queries") or []
    if queries:
        lines = [_query(query) for query in queries]
        if len(queries) > 1 and sent.get("search"):
            lines.append(f"the search list of {trace.origin}: {' '.join(sent['search'])} (ndots {sent.get('ndots')})")
        yield Hop("name", (*lines, *_own_resolver(trace)), not any(query.get("addresses") for query in queries))
    elif sent.get("error") and not sent.get("address"):
        yield Hop("name", (f"{trace.target.host}: there is no name server to ask", *_own_resolver(trace)), failed=True)


def _own_resolver(trace: Trace) -> tuple[str, ...]:
    """A pod in the node's network asks the node's name servers, to everybody's surprise."""
    spec = (trace.sender or {}).get("spec") or {}
    if not trace.sent.get("error") or not spec.get("hostNetwork") or spec.get("dnsPolicy") == "ClusterFirstWithHostNet":
        return ()
    return ("a pod in the node's network asks the node's name servers; dnsPolicy ClusterFirstWithHostNet: cluster DNS",)


def _query(query: Json) -> str:
    answer = query.get("error") or ", ".join(query.get("addresses") or ()) or query.get("rcode", "")
    if answer == "NOERROR":
        answer = "no address"
    alias = f" (alias of {query['alias']})" if query.get("alias") else ""
    return f"{query['name']} -> {answer}{alias}, said {query['server']} in {query['ms']} ms"


def _virtual_ip(trace: Trace) -> Iterator[Hop]:
    if trace.service is None or not trace.sent.get("address"):
        return
    meta, spec = trace.service["metadata"], trace.service["spec"]
    named = f"{meta['namespace']}/{meta['name']}"
    at = f"{end_of(trace.sent)}/{trace.sent['protocol']}"
    if spec.get("clusterIP") == "None":
        yield Hop("address", (f"{at}, of the headless Service {named}: no virtual IP",))
    elif spec.get("type") == "ExternalName":
        yield Hop("address", (f"{at}, of {spec.get('externalName')}, for which {named} stands: no virtual IP",))
    else:
        reach = {"NodePort": "a node port"}.get(_reach(trace), f"the {_reach(trace)}")
        yield Hop("virtual IP", (f"{at}, {reach} of {named}",))


def _reach(trace: Trace) -> str:
    """`ClusterIP`, `NodePort`, `LoadBalancer`, `ExternalIP`."""
    assert trace.service is not None
    if trace.server:
        return trace.server["reach"]
    spec, address = trace.service["spec"], trace.sent["address"]
    if address in (spec.get("clusterIPs") or ()):
        return "ClusterIP"
    if address in (spec.get("externalIPs") or ()):
        return "ExternalIP"
    return "NodePort" if trace.sent["port"] == trace.target.port.get("nodePort") else "LoadBalancer"


def _rule(trace: Trace) -> Iterator[Hop]:
    if trace.server is None:
        is_virtual = trace.service and trace.service["spec"].get("clusterIP") not in ("None", "", None)
        if is_virtual and trace.mode:
            yield Hop("rule", (f"{trace.entry} has no rule for it ({trace.mode})",), failed=True)
        return
    chosen = trace.flow["answerer"] if trace.flow else ""
    ends = [*trace.server["endpoints"], *(trace.server["outside"] or ())]
    lines = tuple(choosing_rules(trace.server["rules"], chosen, [end for end in ends if end != chosen]))
    if not lines:
        yield Hop("rule", (f"{trace.entry} has no rule for it", *trace.server["problems"]), failed=True)
    elif not ends:
        more = f"there is no endpoint: {trace.entry} refuses"
        yield Hop("rule", (f"{lines[0]}   ({trace.mode} on {trace.entry})", *lines[1:], more), failed=True)
    else:
        yield Hop("rule", (f"{lines[0]}   ({trace.mode} on {trace.entry})", *lines[1:], *trace.server["problems"]))


def choosing_rules(rules: Sequence[str], chosen: str, others: Sequence[str]) -> list[str]:
    """Those rules that led to the chosen endpoint: the virtual address's, what it leads to, the endpoint's own."""
    kept = [rule for rule in rules if not rule.startswith(("cluster-ips ", "hairpin "))]
    kept = [rule for rule in kept if _mentions(rule, chosen) or not any(_mentions(rule, end) for end in others)]
    return sorted(kept, key=lambda rule: _order(rule, chosen))


def _mentions(rule: str, end: str) -> bool:
    address, _, port = end.rpartition(":")
    words = rule.replace("{", " ").replace("}", " ")
    return bool(address) and (f" {end} " in f"{words} " or f": {address.strip('[]')} . {port} " in f"{words} "
                              or f"dnat to {end}" in rule)  # fmt: skip


def _order(rule: str, chosen: str) -> int:
    """The lookup, then chains, then the endpoint. IPVS has a server's line before its destinations'."""
    if rule.startswith("chain "):
        return 1 if rule.startswith("chain external") else 2
    return 3 if rule.startswith("  ->") or _mentions(rule, chosen) else 0


def _translation(trace: Trace) -> Iterator[Hop]:
    flow = trace.flow
    if flow is None:
        return
    masqueraded = flow["returnsTo"] != flow["source"]
    if flow["answerer"] == flow["destination"] and not masqueraded:
        yield Hop("translation", (f"none: {flow['source']} -> {flow['destination']}",))
        return
    how = f"masqueraded: the answer has to come back through {trace.entry}" if masqueraded else "the source is kept"
    yield Hop("translation", (
        f"before  {flow['source']} -> {flow['destination']}",
        f"after   {flow['returnsTo']} -> {flow['answerer']}",
        f"{how}; conntrack on {trace.entry} keeps it so" + ("" if flow["answered"] else ", and has seen no answer"),
    ))  # fmt: skip


def _nodes(trace: Trace) -> Iterator[Hop]:
    there = ((trace.pod or {}).get("spec") or {}).get("nodeName", "")
    passed = [node for node, _ in trace.legs] or [trace.entry]
    way = [node for node in dict.fromkeys((*passed, there)) if node]
    if way:
        later = [f"conntrack on {node}: {flow['source']} -> {flow['destination']}" for node, flow in trace.legs
                 if flow is not trace.flow]  # fmt: skip
        yield Hop("node", (" -> ".join(way), *later))


def _endpoint(trace: Trace) -> Iterator[Hop]:
    if trace.pod and trace.sent.get("address"):
        meta = trace.pod["metadata"]
        on = trace.pod["spec"].get("nodeName")
        yield Hop("endpoint", (f"{trace.endpoint}, pod {meta['namespace']}/{meta['name']} on {on}",))
    elif trace.legs:
        yield Hop("endpoint", (f"{trace.endpoint}, no pod of this cluster",))


def _answer(trace: Trace) -> Iterator[Hop]:
    sent = trace.sent
    lines = [sent["error"], *died_at(trace)] if sent.get("error") else []
    if sent.get("status"):
        first = (sent.get("body") or "").strip().splitlines()
        lines.append(sent["status"] + (f": {first[0][:100]}" if first else ""))
    elif sent.get("bytes"):
        lines.append(f"{sent['bytes']} bytes that are no HTTP")
    elif not lines:
        lines.append("the connection was closed without an answer")
    yield Hop("answer", (*lines, *([times] if (times := shown_times(sent)) else [])), bool(sent.get("error")))


def died_at(trace: Trace) -> Iterator[str]:
    """Where a request that failed came to its end, as well as the nodes' memories tell; and what to do next."""
    error, there = trace.sent["error"], ((trace.pod or {}).get("spec") or {}).get("nodeName", "")
    reached = [node for node, _ in trace.legs]
    if trace.server is not None and not trace.server["endpoints"] and not trace.server["outside"]:
        yield f"it died on {trace.entry}: no endpoint to send it to"
    elif "refused" in error and trace.pod:
        yield f"it came to pod {trace.pod['metadata']['name']}, where nothing listens on port {_port(trace.endpoint)}"
    elif "timed out" in error and trace.legs:
        if there and there not in reached:
            yield f"it died between {reached[-1]} and {there}, which has not seen it"
        else:
            yield f"it came to {there or reached[-1]}, and {trace.endpoint} did not answer"
    elif trace.sent.get("address") and not trace.legs and trace.origin.kind == "client":
        yield "no node has seen it: it died before it came to one"
    if trace.service and (trace.sent.get("address") or trace.sent.get("queries")):
        meta = trace.service["metadata"]
        yield f"next: kubectl_lite why service/{meta['name']} -n {meta['namespace']}"


def _port(end: str) -> str:
    return end.rpartition(":")[2]


def shown_times(sent: Json) -> str:
    """`name 0.8 ms, connected 0.4 ms, first byte 1.2 ms, all 1.3 ms`."""
    parts = [f"name {sum(q['ms'] for q in sent['queries']):.2f} ms"] if sent.get("queries") else []
    tried = "gave up after" if sent.get("error", "").startswith("connect") else "connected"
    named = ((tried, "connectMs"), ("first byte", "firstByteMs"), ("all", "totalMs"))
    parts += [f"{word} {sent[key]:.2f} ms" for word, key in named if key in sent]
    return ", ".join(parts)
