"""The Service itself: is there one, has it an address, is there a virtual IP at all, where does its name lead. Pure.

Called by `kubectl_lite.why.judge`. It calls nothing.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator
from difflib import get_close_matches

from kubectl_lite.why.facts import Facts
from kubectl_lite.why.finding import Finding, broken, note, ok
from kubectl_lite.why.objects import count, shown_port, target_port

SERVICE, ADDRESS = "service", "address"
LARGEST_COUNTED = 1 << 16


def missing(facts: Facts) -> Iterator[Finding]:
    """There is no such Service: is it elsewhere, is it called otherwise, or could it not be made."""
    what = f"there is no Service {facts.name} in namespace {facts.namespace}"
    elsewhere = sorted(one["metadata"]["namespace"] for one in facts.same_name)
    if elsewhere:
        there = elsewhere[0]
        why = f"namespace {', '.join(elsewhere)} has one; from here it is called {facts.name}.{there}"
        yield broken(SERVICE, what, why, f"kubectl_lite why service/{facts.name} -n {there}")
    elif near := get_close_matches(facts.name, facts.neighbours, 1):
        words = f"kubectl_lite why service/{near[0]} {facts.command}".strip()
        yield broken(SERVICE, what, f"there is one called {near[0]}", words)
    elif full := full_ranges(facts):
        yield broken(
            ADDRESS, what, f"and none can be made: no address is left in {full}, {facts.addresses_in_use} are in use",
            "delete Services that nobody needs, or add a range: " + ADD_RANGE,
        )  # fmt: skip
    else:
        words = f"kubectl_lite expose deployment {facts.name} --port=80 {facts.command}".strip()
        yield broken(SERVICE, what, "", words)


ADD_RANGE = (
    "echo '{\"apiVersion\":\"networking.k8s.io/v1\",\"kind\":\"ServiceCIDR\",\"metadata\":{\"name\":\"more\"},"
    "\"spec\":{\"cidrs\":[\"10.97.0.0/24\"]}}' | kubectl_lite apply -f -"
)


def full_ranges(facts: Facts) -> str:
    """The cluster's ranges of Service addresses, when every address of them is taken; else an empty string."""
    ranges = [ipaddress.ip_network(c) for one in facts.service_cidrs for c in one["spec"].get("cidrs") or ()]
    ranges = [r for r in ranges if r.version == 4] or ranges
    size = sum(max(1, r.num_addresses - (2 if r.version == 4 else 1)) for r in ranges)
    return ", ".join(map(str, ranges)) if ranges and size <= facts.addresses_in_use < LARGEST_COUNTED else ""


def described(facts: Facts) -> Iterator[Finding]:
    spec, meta = facts.spec, (facts.service or {})["metadata"]
    shown = ", ".join(map(shown_port, facts.ports)) or "no ports"
    address = {"None": "headless"}.get(spec.get("clusterIP", ""), spec.get("clusterIP") or spec.get("externalName", ""))
    address = ", ".join(spec.get("clusterIPs") or ()).replace("None", "headless") or address
    yield ok(SERVICE, f"{facts.type} {address}" + (f", {shown}" if facts.ports or facts.type != "ExternalName" else ""))
    if meta.get("deletionTimestamp"):
        held = ", ".join(meta.get("finalizers") or ()) or "its garbage collection"
        body = '{"metadata":{"finalizers":null}}'
        words = facts.line("patch", "service", facts.name, "-p", f"'{body}'")
        yield broken(SERVICE, "it is being deleted", f"it waits for {held}", words + ", if nobody else will ever do it")
    if facts.type != "ExternalName" and not spec.get("clusterIP"):
        yield broken(ADDRESS, "it has no cluster IP", "nobody has given it one: see the events of the Service",
                     facts.line("describe", "service", facts.name))  # fmt: skip
    owner = facts.address_owner
    if owner and owner != f"{facts.namespace}/{facts.name}":
        yield _conflict(facts, owner)


def _conflict(facts: Facts, owner: str) -> Finding:
    """Two Services with one cluster IP, as after a restored backup."""
    return broken(
        ADDRESS, f"its cluster IP {facts.spec['clusterIP']} belongs to service {owner}",
        "both claim one address, and a node's rules lead to either; a cluster IP cannot be changed later",
        facts.line("get", "service", facts.name, "-o", "yaml") + " | grep -v -e clusterIP -e "
        f"'{facts.spec['clusterIP']}$' | " + facts.line("replace", "--force", "-f", "-"),
    )  # fmt: skip


def headless(facts: Facts) -> Iterator[Finding]:
    """There is no virtual IP, so nobody translates the port."""
    if not facts.is_headless:
        return
    moved = [p for p in facts.ports if target_port(p) != p["port"]]
    what = "it is headless: it has no virtual IP, its name leads straight to the pods"
    if not moved:
        yield note(ADDRESS, what, "a client that wants one address for all needs a Service with a cluster IP")
        return
    port = moved[0]
    yield broken(
        ADDRESS, f"clients of port {port['port']} reach nobody: it is headless, the pods serve {target_port(port)}",
        "only a virtual IP translates ports; clusterIP cannot be changed later",
        f"connect to port {target_port(port)}; or make it anew with a virtual IP: "
        + facts.line("get", "service", facts.name, "-o", "yaml")
        + " | grep -v -e clusterIP -e '^  - None' | " + facts.line("replace", "--force", "-f", "-"),
    )  # fmt: skip


def external_name(facts: Facts) -> Iterator[Finding]:
    """Its name is an alias: does what it stands for exist."""
    target, answer = facts.spec.get("externalName", ""), facts.dns_answer
    if _is_address(target):
        body = {"externalName": None, "type": "ClusterIP", "ports": facts.ports or [{"port": 80}]}
        yield broken(
            "name", f"it stands for {target}: that is an address, and an alias leads to a name",
            "cluster DNS can answer an alias with a name only; an address is served by a Service without a selector",
            facts.patch(json.dumps(body, separators=(",", ":"))) + f", and an EndpointSlice for it with {target}",
        )  # fmt: skip
    elif answer is None:
        yield note("name", f"whether {target} exists could not be asked")
    elif answer.get("addresses"):
        yield ok("name", f"{target} is {', '.join(answer['addresses'])}")
    else:
        rcode = answer.get("rcode", "")
        why = answer.get("error") or f"cluster DNS answered {rcode}"
        if rcode == "REFUSED":
            why += ": it asks no other name server (in the lab: lab up --forward HOST)"
        words = facts.patch('{"externalName":"A-NAME-THAT-EXISTS"}')
        yield broken("name", f"it stands for {target}, which has no address", why, words)


def _is_address(text: str) -> bool:
    try:
        return bool(ipaddress.ip_address(text))
    except ValueError:
        return False


def affinity(facts: Facts) -> Iterator[Finding]:
    if facts.spec.get("sessionAffinity") != "ClientIP":
        return
    config = (facts.spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}
    seconds, number = config.get("timeoutSeconds", 10800), len(facts.ready_endpoints) // len(facts.families)
    yield note(
        "affinity", f"session affinity pins each client to one of {count(number, 'endpoint')} for {seconds} s",
        "all clients behind one address (a NAT, a gateway) count as one, and reach the same pod"
        + _pinned(facts),
        facts.patch('{"sessionAffinity":"None"}'),
    )  # fmt: skip


def _pinned(facts: Facts) -> str:
    """What conntrack says: who answered whom."""
    flows = [flow for node in facts.by_node.values() for flow in (node.proxy or {}).get("flows", ())]
    clients = {flow["source"].rpartition(":")[0]: flow["answerer"] for flow in flows}
    return "".join(f"; {client} is with {answerer}" for client, answerer in list(clients.items())[:3])
