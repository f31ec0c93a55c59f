"""The walk: which steps, in which order, for which kind of Service. Pure.

Called by `kubectl_lite.commands.why`. It calls the steps. A step that can only repeat what an earlier one has found
(there are no pods, so there are no endpoints, so no connection succeeds) is demoted to a note.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from kubectl_lite.why.facts import Facts
from kubectl_lite.why.finding import Finding, Verdict
from kubectl_lite.why.steps import dns, endpoints, nodes, pods, ports, service

Step = Callable[[Facts], Iterator[Finding]]

MISSING: Sequence[Step] = (service.missing,)
EXTERNAL_NAME: Sequence[Step] = (service.described, dns.dns, service.external_name)
HEADLESS: Sequence[Step] = (
    service.described, service.headless, nodes.ready, pods.selector, pods.readiness, pods.publish_not_ready,
    ports.named_ports, ports.listening, endpoints.port_names, endpoints.endpoints, dns.dns,
)  # fmt: skip
VIRTUAL: Sequence[Step] = (
    service.described, nodes.ready, pods.selector, pods.readiness, pods.publish_not_ready, ports.named_ports,
    ports.listening, endpoints.port_names, endpoints.endpoints, endpoints.internal_policy, endpoints.external_policy,
    service.affinity, service.source_ranges, dns.dns, nodes.proxies, nodes.kernel, nodes.conntrack, nodes.node_ports,
    nodes.connections, service.load_balancer,
)  # fmt: skip
CONSEQUENCES = (endpoints.ENDPOINTS, nodes.CONNECTION, endpoints.POLICY, nodes.NODE_PORT)


def judge(facts: Facts) -> list[Finding]:
    """All findings, in the order of the walk."""
    found: list[Finding] = []
    for step in (*_walk(facts), nodes.unasked):
        is_broken = any(f.verdict is Verdict.BROKEN for f in found)
        found += [_demoted(f) if is_broken and f.step in CONSEQUENCES else f for f in step(facts)]
    return found


def first_broken(findings: Sequence[Finding]) -> Finding | None:
    return next((f for f in findings if f.verdict is Verdict.BROKEN), None)


def _walk(facts: Facts) -> Sequence[Step]:
    if facts.service is None:
        return MISSING
    if facts.type == "ExternalName":
        return EXTERNAL_NAME
    return HEADLESS if facts.is_headless else VIRTUAL


def _demoted(finding: Finding) -> Finding:
    return finding._replace(verdict=Verdict.NOTE) if finding.verdict is Verdict.BROKEN else finding
