"""From what a request and the nodes said to the hops it took. Pure.

Called by `kubectl_lite.commands.trace`. It calls nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

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
    queries = trace.sent.get("queries") or []
    if not queries:
        return
    lines = [_query(query) for query in queries]
    yield Hop("name", tuple(lines), not queries[-1].get("addresses"))


def _query(query: Json) -> str:
    answer = query.get("error") or ", ".join(query.get("addresses") or ()) or query.get("rcode", "")
    alias = f" (alias of {query['alias']})" if query.get("alias") else ""
    return f"{query['name']} -> {answer}{alias}, said {query['server']} in {query['ms']} ms"


def _virtual_ip(trace: Trace) -> Iterator[Hop]:
    if trace.service is None or not trace.sent.get("address"):
        return
    meta = trace.service["metadata"]
    reach = trace.server["reach"] if trace.server else "address"
    at = f"{trace.sent['address']}:{trace.sent['port']}/{trace.sent['protocol']}"
    if trace.service["spec"].get("clusterIP") == "None":
        yield Hop("address", (f"{at}, of the headless Service {meta['namespace']}/{meta['name']}: no virtual IP",))
        return
    yield Hop("virtual IP", (f"{at}, the {reach} of {meta['namespace']}/{meta['name']}",))


def _rule(trace: Trace) -> Iterator[Hop]:
    if trace.server is None:
        return
    chosen = trace.flow["answerer"] if trace.flow else ""
    others = [end for end in [*trace.server["endpoints"], *(trace.server["outside"] or ())] if end != chosen]
    lines = tuple(choosing_rules(trace.server["rules"], chosen, others))
    if lines:
        yield Hop("rule", (f"{lines[0]}   ({trace.mode} on {trace.entry})", *lines[1:]))
    else:
        yield Hop("rule", (f"{trace.entry} has no rule for it", *trace.server["problems"]), failed=True)


def choosing_rules(rules: Sequence[str], chosen: str, others: Sequence[str]) -> list[str]:
    """Those rules that led to the chosen endpoint: the virtual address's, what it leads to, the endpoint's own."""
    kept = [rule for rule in rules if not rule.startswith(("cluster-ips ", "hairpin ", "no-endpoint"))]
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
    before = f"before  {flow['source']} -> {flow['destination']}"
    after = f"after   {flow['returnsTo']} -> {flow['answerer']}"
    masqueraded = flow["returnsTo"] != flow["source"]
    how = "masqueraded: the answer must come back through this node" if masqueraded else "the source is kept"
    if flow["answerer"] == flow["destination"]:
        yield Hop("translation", (f"none: {flow['source']} -> {flow['destination']}",))
    else:
        yield Hop("translation", (before, f"{after}   ({how})", f"conntrack on {trace.entry} keeps it so"))


def _nodes(trace: Trace) -> Iterator[Hop]:
    there = (trace.pod or {}).get("spec", {}).get("nodeName", "")
    if not trace.entry and not there:
        return
    if there and trace.entry and there != trace.entry:
        lines = [f"{trace.entry} -> {there}"]
        if trace.arrived:
            lines.append(f"conntrack on {there}: {trace.arrived['source']} -> {trace.arrived['destination']}")
        yield Hop("node", tuple(lines))
    else:
        yield Hop("node", (there or trace.entry,))


def _endpoint(trace: Trace) -> Iterator[Hop]:
    if trace.pod:
        meta = trace.pod["metadata"]
        at = trace.flow["answerer"] if trace.flow else f"{trace.sent['address']}:{trace.sent['port']}"
        yield Hop("endpoint", (f"{at}, pod {meta['namespace']}/{meta['name']} on {trace.pod['spec'].get('nodeName')}",))


def _answer(trace: Trace) -> Iterator[Hop]:
    sent = trace.sent
    lines = [sent["error"]] if sent.get("error") else []
    if sent.get("status"):
        first = (sent.get("body") or "").strip().splitlines()
        lines.append(sent["status"] + (f": {first[0][:100]}" if first else ""))
    elif sent.get("bytes"):
        lines.append(f"{sent['bytes']} bytes that are no HTTP")
    elif not lines:
        lines.append("the connection was closed without an answer")
    yield Hop("answer", (*lines, *([times] if (times := shown_times(sent)) else [])), bool(sent.get("error")))


def shown_times(sent: Json) -> str:
    """`name 0.8 ms, connected 0.4 ms, first byte 1.2 ms, all 1.3 ms`."""
    parts = [f"name {sum(q['ms'] for q in sent['queries']):.2f} ms"] if sent.get("queries") else []
    named = (("connected", "connectMs"), ("first byte", "firstByteMs"), ("all", "totalMs"))
    parts += [f"{word} {sent[key]:.2f} ms" for word, key in named if key in sent]
    return ", ".join(parts)
