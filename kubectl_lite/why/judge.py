"""The walk: which steps, in which order, for which kind of Service. Pure.

Called by `kubectl_lite.commands.why`. It calls the steps. A step that can only repeat what an earlier one has found
(there are no pods, so there are no endpoints, so no connection succeeds) is demoted to a note.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from kubectl_lite.why.facts import Facts
from kubectl_lite.why.finding import Finding, Verdict
from kubectl_lite.why.steps import (
    balancer,
    controllers,
    dns,
    endpoints,
    nodes,
    pods,
    policies,
    ports,
    probes,
    proxies,
    selector,
    service,
)

Step = Callable[[Facts], Iterator[Finding]]

MISSING: Sequence[Step] = (service.missing,)
EXTERNAL_NAME: Sequence[Step] = (service.described, dns.dns, service.external_name)
PODS: Sequence[Step] = (
    nodes.ready, controllers.controllers, selector.selector, pods.readiness, probes.publish_not_ready,
    ports.asked_port, ports.named_ports, ports.listening, endpoints.port_names, endpoints.families,
    endpoints.endpoints,
)  # fmt: skip
HEADLESS: Sequence[Step] = (service.described, service.headless, *PODS, dns.dns)
VIRTUAL: Sequence[Step] = (
    service.described, *PODS, policies.internal_policy, policies.external_policy, service.affinity,
    balancer.source_ranges, dns.dns, proxies.proxies, proxies.kernel, proxies.conntrack, nodes.node_ports,
    nodes.connections, balancer.external_ips, balancer.load_balancer,
)  # fmt: skip
CONSEQUENCES = (endpoints.ENDPOINTS, nodes.CONNECTION, policies.POLICY, nodes.NODE_PORT)


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
    """Its repair is the earlier one's."""
    return finding._replace(verdict=Verdict.NOTE, repair="") if finding.verdict is Verdict.BROKEN else finding
