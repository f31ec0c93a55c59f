"""From pods to pods that are ready: nodes, images, containers that end, probes, gates, pods on their way out. Pure.

Called by `kubectl_lite.why.judge`. It calls `starting` and `probes`.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_lite.why import workloads
from kubectl_lite.why.facts import Facts, Json
from kubectl_lite.why.finding import Finding, broken, note, ok
from kubectl_lite.why.objects import container_ended, containers, count, is_ready, is_running, name, some, statuses
from kubectl_lite.why.steps import probes, starting
from kubectl_lite.why.steps.starting import PODS

OFTEN = 3
"""Restarts from which on they are worth a note."""


def readiness(facts: Facts) -> Iterator[Finding]:
    """Each pod that is not ready, for what reason; and pods on their way out."""
    if not facts.selected:
        return
    if not facts.living:
        yield _all_end(facts)
        return
    if facts.ready:
        yield ok(PODS, f"{len(facts.ready)} of {count(len(facts.living), 'pod')} ready")
    reasons: dict[Finding, list[str]] = {}
    for pod in facts.living:
        if not is_ready(pod):
            reasons.setdefault(_not_ready(facts, pod), []).append(name(pod))
        elif restarts := sum(status.get("restartCount", 0) for status in statuses(pod)):
            reasons |= {made: [name(pod)] for made in _restarted(facts, pod, restarts)}
    for finding, pods in reasons.items():
        made = finding._replace(what=f"{some(pods)}: {finding.what}")
        yield made if not facts.ready else note(made.step, made.what, made.why, made.repair)


def _all_end(facts: Facts) -> Finding:
    one = len(facts.selected) == 1
    pods = f"the only pod, {name(facts.selected[0])}, is" if one else f"all {count(len(facts.selected), 'pod')} are"
    what = f"{pods} terminating"
    why = "those that still serve get the traffic until they have ended; then nobody does"
    for maker in workloads.of_selector(facts.workloads, facts.selector):
        if not workloads.wanted(maker) and maker["kind"] != "DaemonSet":
            why = f"{workloads.shown(maker)} is scaled to zero; {why}"
            return broken(PODS, what, why, facts.line("scale", workloads.shown(maker), "--replicas=1"))
    words = facts.line("get", "deployments,statefulsets,daemonsets")
    return broken(PODS, what, why, f"{words}, and scale what should run")


def _restarted(facts: Facts, pod: Json, restarts: int) -> Iterator[Finding]:
    status = container_ended(pod)
    if restarts >= OFTEN and status:
        ended = starting.ended(facts, pod, status)
        yield note(PODS, f"its container was started {count(restarts, 'time')} anew", ended.why, ended.repair)


def _not_ready(facts: Facts, pod: Json) -> Finding:
    """Of a pod that should be: the first thing that is in its way."""
    if found := starting.not_started(facts, pod):
        return found
    status = container_ended(pod)
    probed = any(c["name"] == status.get("name") and c.get("readinessProbe") for c in containers(pod))
    if status and not status.get("ready") and not (probed and (status.get("state") or {}).get("running")):
        return starting.ended(facts, pod, status)
    if is_running(pod):
        return probes.unready(facts, pod)
    return starting.pending(facts, pod)
