"""From the Service's port to a socket in each pod: named ports, numbers, protocols, and who really listens. Pure.

Called by `kubectl_lite.why.judge`. It calls nothing. Where the sockets are not known, what the containers declare
counts, though a container may listen on more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from kubectl_lite.why.facts import Facts, Json
from kubectl_lite.why.finding import Finding, broken, note, ok
from kubectl_lite.why.objects import (
    LOOPBACK,
    container_ports,
    is_running,
    name,
    protocol,
    shown_port,
    some,
    target_port,
)

PORTS, LISTENING = "ports", "listening"


def asked_port(facts: Facts) -> Iterator[Finding]:
    """`why service/web:8080`: has the Service such a port at all."""
    if not facts.port or any(facts.port in (str(p["port"]), p.get("name")) for p in facts.ports):
        return
    have = ", ".join(map(shown_port, facts.ports)) or "none"
    what = f"it has no port {facts.port}: its ports are {have}"
    by_node = [p for p in facts.ports if facts.port == str(p.get("nodePort"))]
    if by_node:
        why = f"{facts.port} is the node port of port {by_node[0]['port']}: it is open on nodes' addresses only"
        yield broken(PORTS, what, why, f"ask for port {by_node[0]['port']}")
        return
    reached = [p for p in facts.ports if facts.port == str(target_port(p))]
    why = f"port {facts.port} is where its pods listen" if reached else "nobody translates a port that is not listed"
    called = f"ask for port {facts.ports[0]['port']}" if facts.ports else ""
    if facts.port.isdigit():
        called += f"; or add it: {_add(facts, facts.ports[0], int(facts.port))}" if facts.ports else ""
    yield broken(PORTS, what, why, called)


def _add(facts: Facts, first: Json, number: int) -> str:
    """The command that adds a port beside the first: both need names then."""
    added = {"name": f"port-{number}", "port": number, "targetPort": target_port(first)}
    named = {"name": first.get("name") or f"port-{first['port']}", "port": first["port"]}
    return facts.patch(json.dumps({"ports": [named, added]}, separators=(",", ":")))


def named_ports(facts: Facts) -> Iterator[Finding]:
    """A target port by name must be a container's port in every pod, of the same protocol."""
    found: dict[Finding, list[str]] = {}
    for port in facts.ports:
        for pod in facts.living:
            for finding in _named(facts, port, pod):
                found.setdefault(finding, []).append(name(pod))
    for finding, pods in found.items():
        yield finding._replace(what=f"{some(pods)}: {finding.what}")
    if facts.living and facts.ports and not found:
        yield ok(PORTS, ", ".join(map(shown_port, facts.ports)))


def _named(facts: Facts, port: Json, pod: Json) -> Iterator[Finding]:
    target, declared = target_port(port), container_ports(pod)
    if not isinstance(target, str):
        return
    same = [p for p in declared if p.get("name") == target]
    if any(protocol(p) == protocol(port) for p in same):
        return
    if same:
        what = f"port {target} is {protocol(same[0])} there, the Service asks for {protocol(port)}"
        yield broken(PORTS, what, "", _protocol_repair(facts, port, protocol(same[0])))
        return
    names = [p["name"] for p in declared if p.get("name")]
    near = (get_close_matches(target, names, 1) or names or [None])[0]
    numbers = [str(p["containerPort"]) for p in declared]
    why = f"its ports are {', '.join(names)}" if names else f"its ports have no names: {', '.join(numbers) or 'none'}"
    wanted: int | str | None = near or (declared[0]["containerPort"] if declared else None)
    repair = _repair(facts, port, targetPort=wanted) if wanted else "name the port in the pod's template"
    yield broken(PORTS, f"no container has a port named {target}", why, repair)


def _repair(facts: Facts, port: Json, **changed: int | str | None) -> str:
    """Ports are merged by their number, so the others stay."""
    body = json.dumps({"ports": [{"port": port["port"], **changed}]}, separators=(",", ":"))
    return facts.patch(body)


def listening(facts: Facts) -> Iterator[Finding]:
    """For each port and pod: does anything listen there, on an address that packets come to, by that protocol."""
    found: dict[Finding, list[str]] = {}
    known = 0
    for pod in filter(is_running, facts.living):
        sockets = facts.listening.get(name(pod))
        for port in facts.ports:
            number = _number(port, pod)
            if number is None or protocol(port) == "SCTP":
                continue
            if isinstance(sockets, tuple):
                known += 1
                verdict = _judge(facts, port, number, sockets)
            else:
                verdict = _declared(facts, port, number, pod)
            if verdict is not None:
                found.setdefault(verdict, []).append(name(pod))
    for finding, pods in found.items():
        yield finding._replace(what=f"{some(pods)}: {finding.what}")
    if known and not found:
        yield ok(LISTENING, "every pod listens on the target port")


def _number(port: Json, pod: Json) -> int | None:
    target = target_port(port)
    if isinstance(target, int):
        return target
    same = [p["containerPort"] for p in container_ports(pod)
            if p.get("name") == target and protocol(p) == protocol(port)]  # fmt: skip
    return same[0] if same else None


def _judge(facts: Facts, port: Json, number: int, sockets: Sequence[Json]) -> Finding | None:
    here = [s for s in sockets if s["port"] == number and s["protocol"] == protocol(port)]
    outward = [s for s in here if not s["address"].startswith(LOOPBACK)]
    if outward:
        return _judge_families(facts, number, outward)
    if here:
        return broken(
            LISTENING, f"it listens on {here[0]['address']} only, port {number}",
            "packets come to the pod's own address; loopback takes what its own containers send",
            "make it listen on 0.0.0.0 (or ::), in its configuration or arguments",
        )  # fmt: skip
    others = [s for s in sockets if s["port"] == number]
    if others:
        what = f"port {number} is {others[0]['protocol']} there, the Service asks for {protocol(port)}"
        return broken(LISTENING, what, "", _protocol_repair(facts, port, others[0]["protocol"]))
    open_ports = sorted({s["port"] for s in sockets
                         if s["protocol"] == protocol(port) and not s["address"].startswith(LOOPBACK)})  # fmt: skip
    why = f"it listens on {', '.join(map(str, open_ports))}" if open_ports else "it listens on nothing"
    repair = _repair(facts, port, targetPort=open_ports[0]) if open_ports else "make it listen, or give another port"
    return broken(LISTENING, f"nothing listens on {protocol(port)} port {number}", why, repair)


def _judge_families(facts: Facts, number: int, sockets: Sequence[Json]) -> Finding | None:
    """A socket on `::` takes both families, one on an address of IPv4 only that."""
    if "IPv6" not in facts.families or any(":" in s["address"] for s in sockets):
        return None
    what = f"it listens on {sockets[0]['address']} port {number}: IPv4 only, and the Service has IPv6"
    repair = "make it listen on ::, which takes both families, in its configuration or arguments"
    if facts.families[0] == "IPv6":
        return broken(LISTENING, what, "clients of the IPv6 address reach nobody", repair)
    return note(LISTENING, what, "clients of the IPv6 address reach nobody", repair)


def _protocol_repair(facts: Facts, port: Json, wanted: str) -> str:
    index = facts.ports.index(port)
    words = f"kubectl_lite patch service {facts.name} {facts.command} --type=json"
    return (words + f' -p \'[{{"op":"replace","path":"/spec/ports/{index}/protocol","value":"{wanted}"}}]\'').replace(
        "  ", " "
    )


def _declared(facts: Facts, port: Json, number: int, pod: Json) -> Finding | None:
    declared = container_ports(pod)
    if not declared or any(p["containerPort"] == number and protocol(p) == protocol(port) for p in declared):
        return None
    same = next((p for p in declared if p["containerPort"] == number), None)
    if same:
        what = f"it declares port {number} as {protocol(same)}, the Service asks for {protocol(port)}"
        return note(PORTS, what, "which sockets it has is not known", _protocol_repair(facts, port, protocol(same)))
    numbers = ", ".join(str(p["containerPort"]) for p in declared)
    why = f"it declares {numbers}; which sockets it has is not known"
    repair = _repair(facts, port, targetPort=declared[0]["containerPort"])
    return note(PORTS, f"it declares no port {number}", why, repair)
