"""The text of `describe networkpolicy`: who may reach the selected pods, and whom they may reach. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from kubectl_lite.describers.common import NONE, Json, Text, label_selector

_ISOLATED = f"{NONE} (Selected pods are isolated for %s connectivity)"


def describe(policy: Json, events: list[Json] | None) -> str:
    """The policy with the rules of each direction that it speaks of; kubectl shows no events here."""
    out, spec, meta = Text(), policy["spec"], policy["metadata"]
    out(0, f"Name:\t{meta['name']}")
    out(0, f"Namespace:\t{meta.get('namespace', '')}")
    created = datetime.fromisoformat(meta["creationTimestamp"].replace("Z", "+00:00")).astimezone()
    out(0, f"Created on:\t{created.strftime('%Y-%m-%d %H:%M:%S %z %Z')}")
    out.labels("Labels", meta.get("labels"))
    out.annotations(meta.get("annotations"))
    out(0, "Spec:")
    selected = label_selector(spec.get("podSelector"))
    everything = " (Allowing the specific traffic to all pods in this namespace)" if selected == NONE else ""
    out(1, f"PodSelector:     {selected}{everything}")
    types = spec.get("policyTypes") or ["Ingress"]
    for direction, ports, peers in (("ingress", "To", "From"), ("egress", "To", "To")):
        if direction.capitalize() not in types:
            out(1, f"Not affecting {direction} traffic")
            continue
        out(1, f"Allowing {direction} traffic:")
        for line in _rules(spec.get(direction) or [], direction, ports, peers):
            out(2, line)
    out(1, f"Policy Types: {', '.join(types)}")
    return out.done()


def _rules(rules: list[Json], direction: str, ports: str, peers: str) -> Iterator[str]:
    if not rules:
        yield _ISOLATED % direction
    for i, rule in enumerate(rules):
        yield from ["----------"] if i else []
        yield from _ports(rule.get("ports") or [], ports)
        key = peers.lower()
        if not rule.get(key):
            yield f"{peers}: <any> (traffic not restricted by {'source' if direction == 'ingress' else 'destination'})"
        for peer in rule.get(key) or ():
            yield f"{peers}:"
            yield from _peer(peer)


def _ports(ports: list[Json], word: str) -> Iterator[str]:
    if not ports:
        yield f"{word} Port: <any> (traffic allowed to all ports)"
    for port in ports:
        protocol = port.get("protocol", "TCP")
        if "endPort" in port:
            yield f"{word} Port Range: {port['port']}-{port['endPort']}/{protocol}"
        else:
            yield f"{word} Port: {port.get('port', '<any>')}/{protocol}"


def _peer(peer: Json) -> Iterator[str]:
    if "namespaceSelector" in peer:
        yield f"  NamespaceSelector: {label_selector(peer['namespaceSelector'])}"
    if "podSelector" in peer:
        yield f"  PodSelector: {label_selector(peer['podSelector'])}"
    if "ipBlock" in peer:
        yield "  IPBlock:"
        yield f"    CIDR: {peer['ipBlock'].get('cidr', '')}"
        yield f"    Except: {', '.join(peer['ipBlock'].get('except') or ())}"
