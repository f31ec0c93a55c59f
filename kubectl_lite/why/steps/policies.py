"""Which endpoints a client may reach: traffic policies. Pure.

Called by `kubectl_lite.why.judge`. It calls nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_lite.why.facts import Facts
from kubectl_lite.why.finding import Finding, broken, note, ok
from kubectl_lite.why.objects import some

POLICY = "traffic policy"


def internal_policy(facts: Facts) -> Iterator[Finding]:
    """internalTrafficPolicy Local: a node's clients reach that node's endpoints only."""
    if facts.spec.get("internalTrafficPolicy") != "Local" or not facts.nodes:
        return
    if not (lacking := facts.nodes_without_endpoint()):
        yield ok(POLICY, "internalTrafficPolicy Local: every node has an endpoint")
        return
    yield broken(
        POLICY, f"clients on {some(lacking)} reach nobody: internalTrafficPolicy is Local",
        "there is no ready endpoint on that node, and packets do not leave it",
        facts.patch('{"internalTrafficPolicy":"Cluster"}') + ", or run a pod on every node (a DaemonSet)",
    )  # fmt: skip


def external_policy(facts: Facts) -> Iterator[Finding]:
    """externalTrafficPolicy Local: a node answers from outside with its own endpoints only."""
    if facts.spec.get("externalTrafficPolicy") != "Local" or not facts.nodes:
        return
    if not (lacking := facts.nodes_without_endpoint()):
        yield ok(POLICY, "externalTrafficPolicy Local: every node has an endpoint")
        return
    have = [node for node in facts.ready_nodes if node not in lacking]
    what = f"{some(lacking)} drops what comes from outside: externalTrafficPolicy is Local"
    answers = "answers" if len(have) == 1 else "answer"
    why = "no ready endpoint is there; " + (f"{some(have)} {answers}" if have else "no node has one")
    repair = facts.patch('{"externalTrafficPolicy":"Cluster"}')
    if facts.type == "LoadBalancer" and have:
        why += f"; a balancer learns it from port {facts.spec.get('healthCheckNodePort')}"
        yield note(POLICY, what, why, repair)
    else:
        yield broken(POLICY, what, why, repair + ", or ask a node that has one")
