"""The Service's name: is there a cluster DNS, does it answer, and what. Pure.

Called by `kubectl_lite.why.judge`. It calls nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_lite.why.facts import Facts
from kubectl_lite.why.finding import Finding, broken, note, ok
from kubectl_lite.why.objects import endpoint_condition, some

DNS = "dns"
LOOK = "kubectl_lite get pods -n kube-system -l k8s-app=kube-dns"


def dns(facts: Facts) -> Iterator[Finding]:
    """Is cluster DNS up; of a Service with addresses, is its answer right."""
    if facts.dns_service is None:
        yield note(DNS, "there is no Service kube-dns in kube-system", "names of Services are answered by nobody")
        return
    address = facts.dns_service["spec"].get("clusterIP", "")
    ready = [e for one in facts.dns_slices for e in one.get("endpoints") or () if endpoint_condition(e, "ready")]
    if not ready:
        yield broken(DNS, f"cluster DNS ({address}) has no ready endpoint", "no name is answered",
                     f"kubectl_lite why service/kube-dns -n kube-system; {LOOK}")  # fmt: skip
    elif facts.dns_answer is None:
        yield note(DNS, f"cluster DNS ({address}) has {len(ready)} ready endpoints; no node could be asked to try it")
    elif facts.type != "ExternalName":
        yield _judged(facts, address)


def _judged(facts: Facts, server: str) -> Finding:
    answer = facts.dns_answer or {}
    asked = answer.get("name", "").rstrip(".")
    if answer.get("error"):
        return broken(DNS, f"cluster DNS ({server}) does not answer: {answer['error']}", f"asked for {asked}",
                      f"kubectl_lite why service/kube-dns -n kube-system; {LOOK}")  # fmt: skip
    got, wanted = set(answer.get("addresses", ())), _wanted(facts)
    if got == wanted:
        return ok(DNS, f"{asked} is {some(sorted(got), 4) or 'nobody yet'}")
    why = f"it should be {some(sorted(wanted), 4) or 'nobody'}; cluster DNS may be behind"
    return broken(DNS, f"{asked} is {some(sorted(got), 4) or answer.get('rcode', 'nobody')}", why, LOOK)


def _wanted(facts: Facts) -> set[str]:
    """The addresses that the name should have."""
    if facts.is_headless:
        return {address for endpoint in facts.ready_endpoints for address in endpoint["addresses"]}
    return set(facts.spec.get("clusterIPs") or [facts.spec.get("clusterIP", "")])

