"""From the selector to pods that are ready: labels, scheduling, images, probes, pods on their way out. Pure.

Called by `kubectl_lite.why.judge`. It calls `nearest`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from kubectl_lite.why.facts import Facts, Json
from kubectl_lite.why.finding import Finding, broken, note, ok
from kubectl_lite.why.nearest import nearest_labels
from kubectl_lite.why.objects import (
    condition,
    containers,
    count,
    is_ready,
    is_running,
    labels,
    name,
    some,
    waiting,
)
from kubectl_lite.why.steps.service import regards

SELECTOR, PODS, PROBE = "selector", "pods", "readiness"
_IMAGE = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError")


def selector(facts: Facts) -> Iterator[Finding]:
    if not facts.selector:
        yield from _by_hand(facts)
    elif facts.selected:
        shown = ",".join(f"{k}={v}" for k, v in facts.selector.items())
        yield ok(SELECTOR, f"{shown} matches {count(len(facts.selected), 'pod')}: {some(map(name, facts.selected))}")
    else:
        yield _nothing_matches(facts)


def _by_hand(facts: Facts) -> Iterator[Finding]:
    if any(True for _ in facts.endpoints()):
        yield ok(SELECTOR, "none: its endpoints are made by hand")
        return
    words = facts.patch('{"selector":{"app":"' + facts.name + '"}}')
    yield broken(SELECTOR, "it has no selector, and nobody has made endpoints for it", "", words)


def _nothing_matches(facts: Facts) -> Finding:
    shown = ",".join(f"{k}={v}" for k, v in facts.selector.items())
    what = f"{shown} matches no pod in namespace {facts.namespace}"
    pods = [pod for pod in facts.pods if labels(pod)]
    if near := nearest_labels(facts.selector, [labels(pod) for pod in pods]):
        alike = [name(pod) for pod in pods if all(labels(pod).get(k) == v for k, v in near.items())]
        instead = ",".join(f"{k}={v}" for k, v in near.items())
        changed = {k: None for k in facts.selector if k not in near} | near
        why = f"the nearest labels are {instead}, of {some(alike)}"
        return broken(SELECTOR, what, why, facts.patch(json.dumps({"selector": changed}, separators=(",", ":"))))
    if facts.matching_elsewhere:
        where = sorted({pod["metadata"]["namespace"] for pod in facts.matching_elsewhere})
        why = f"namespace {', '.join(where)} has such pods, but a Service sees those of its own namespace only"
        words = f"kubectl_lite get service {facts.name} {facts.command} -o yaml".replace("  ", " ")
        return broken(SELECTOR, what, why, f"{words} | sed 's/namespace: .*/namespace: {where[0]}/' | "
                      "grep -v clusterIP | kubectl_lite apply -f -")  # fmt: skip
    have = sorted({f"{k}={v}" for pod in pods for k, v in labels(pod).items() if k != "pod-template-hash"})
    why = f"the pods here have {some(have, 5)}" if have else "there is no pod here"
    words = f"kubectl_lite label pods NAME {shown.replace(',', ' ')} {facts.command}".strip()
    return broken(SELECTOR, what, why, words)


def readiness(facts: Facts) -> Iterator[Finding]:
    """Each pod that is not ready, for what reason; and pods on their way out."""
    if not facts.selected:
        return
    if not facts.living:
        yield broken(
            PODS, f"all {count(len(facts.selected), 'pod')} are terminating",
            "those that still serve get the traffic until they have ended; then nobody does",
            f"kubectl_lite get deployments,statefulsets {facts.command}".strip() + " and scale what should run",
        )  # fmt: skip
        return
    reasons: dict[Finding, list[str]] = {}
    for pod in facts.living:
        if not is_ready(pod):
            reasons.setdefault(_not_ready(facts, pod), []).append(name(pod))
    if facts.ready:
        yield ok(PODS, f"{len(facts.ready)} of {count(len(facts.living), 'pod')} ready")
    for finding, pods in reasons.items():
        made = finding._replace(what=f"{some(pods)}: {finding.what}")
        yield made if not facts.ready else note(made.step, made.what, made.why, made.repair)


def _not_ready(facts: Facts, pod: Json) -> Finding:
    status, state = waiting(pod)
    describe = f"kubectl_lite describe pod {name(pod)} {facts.command}".strip()
    if not (pod.get("spec") or {}).get("nodeName"):
        why = condition(pod, "PodScheduled").get("message", "")
        return broken(PODS, "no node has been found for it", why, describe)
    if state.get("reason") in _IMAGE:
        image = status.get("image") or next((c["image"] for c in containers(pod)), "")
        words = f"kubectl_lite set image pod/{name(pod)} {status.get('name')}=IMAGE {facts.command}".strip()
        return broken(PODS, f"its image {image} cannot be pulled ({state['reason']})", state.get("message", ""), words)
    if state.get("reason") == "CrashLoopBackOff":
        words = f"kubectl_lite logs {name(pod)} --previous {facts.command}".strip()
        return broken(PODS, "its container ends again and again", state.get("message", ""), words)
    if is_running(pod):
        return _probe(facts, pod, describe)
    pending = state.get("reason") or "pending"
    if failed := _event(facts, pod, "FailedCreatePodSandBox", "FailedScheduling", "FailedMount", "Failed"):
        return broken(PODS, f"it does not start ({pending})", failed, describe)
    return broken(PODS, f"it has not started yet ({pending})", state.get("message", ""), describe)


def _probe(facts: Facts, pod: Json, describe: str) -> Finding:
    failing = next((c["readinessProbe"] for c in containers(pod) if c.get("readinessProbe")), None)
    said = _event(facts, pod, "Unhealthy") or condition(pod, "Ready").get("message", "")
    if failing is None:
        return broken(PROBE, "it runs, but is not ready", said, describe)
    return broken(PROBE, f"it fails its readiness probe ({_shown_probe(failing)})", said, describe)


def _shown_probe(probe: Json) -> str:
    if http := probe.get("httpGet"):
        return f"GET {http.get('path', '/')} on port {http.get('port')}"
    if tcp := probe.get("tcpSocket"):
        return f"a connection to port {tcp.get('port')}"
    if command := (probe.get("exec") or {}).get("command"):
        return "command " + " ".join(command)
    return "grpc"


def _event(facts: Facts, pod: Json, *reasons: str) -> str:
    """The last message of these reasons about the pod."""
    told = [e for e in facts.events if e.get("reason") in reasons and regards(e, "Pod", name(pod))]
    return told[-1].get("message") or told[-1].get("note", "") if told else ""


def publish_not_ready(facts: Facts) -> Iterator[Finding]:
    if not facts.spec.get("publishNotReadyAddresses"):
        return
    unready = [pod for pod in facts.living if not is_ready(pod)]
    of = count(len(facts.living), "pod")
    what = f"publishNotReadyAddresses: clients are sent to {of}, of which {len(unready)} are not ready"
    repair = facts.patch('{"publishNotReadyAddresses":false}')
    if unready:
        yield broken(PROBE, what, f"probes do not count for this Service: {some(map(name, unready))}", repair)
    else:
        yield note(PROBE, "publishNotReadyAddresses: pods get traffic before they are ready", "", repair)
