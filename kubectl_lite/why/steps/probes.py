"""A pod that runs and is not ready: its readiness probe, its gates; Services for which that does not count. Pure.

Called by `pods` and `kubectl_lite.why.judge`. It calls `workloads`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from kubectl_lite.why import workloads
from kubectl_lite.why.facts import Facts, Json
from kubectl_lite.why.finding import Finding, broken, note
from kubectl_lite.why.objects import (
    LOOPBACK,
    condition,
    container_ports,
    containers,
    count,
    is_ready,
    name,
    some,
    statuses,
)

PROBE = "readiness"


def unready(facts: Facts, pod: Json) -> Finding:
    """What its readiness waits for."""
    describe = facts.line("describe", "pod", name(pod))
    said = condition(pod, "Ready").get("message", "")
    for gate in (pod.get("spec") or {}).get("readinessGates") or ():
        if condition(pod, gate["conditionType"]).get("status") != "True" and _all_ready(pod):
            return _gate(facts, pod, gate["conditionType"])
    failing = [c for c in containers(pod) if c.get("readinessProbe") and not _is_ready(pod, c["name"])]
    if not failing:
        return broken(PROBE, "it runs, but is not ready", facts.said_of(pod, "Unhealthy") or said, describe)
    container, probe = failing[0], failing[0]["readinessProbe"]
    why = facts.said_of(pod, "Unhealthy", containing="Readiness") or facts.said_of(pod, "Unhealthy") or said
    elsewhere = other_port(facts, pod, container, "readinessProbe")
    if elsewhere:
        why += f"; it listens on {', '.join(map(str, _open(facts, pod)))}"
    return broken(PROBE, f"it fails its readiness probe ({shown(probe)})", why,
                  elsewhere or _other_path(facts, pod, container, why) or describe)  # fmt: skip


def _is_ready(pod: Json, container: str) -> bool:
    return any(status["name"] == container and status.get("ready") for status in statuses(pod))


def _all_ready(pod: Json) -> bool:
    return condition(pod, "ContainersReady").get("status") != "False"


def _gate(facts: Facts, pod: Json, gate: str) -> Finding:
    body = json.dumps({"status": {"conditions": [{"type": gate, "status": "True"}]}}, separators=(",", ":"))
    return broken(
        PROBE, f"its containers are ready, but its readiness gate {gate} is not True",
        "whoever is to set that condition of the pod has not; by hand it is set so",
        facts.line("patch", "pod", name(pod), "--subresource=status", "-p", f"'{body}'"),
    )  # fmt: skip


def shown(probe: Json) -> str:
    """`GET /ready on port 8080`."""
    if http := probe.get("httpGet"):
        return f"GET {http.get('path', '/')} on port {http.get('port')}"
    if tcp := probe.get("tcpSocket"):
        return f"connection to port {tcp.get('port')}"
    if command := (probe.get("exec") or {}).get("command"):
        return "command " + " ".join(command)
    return "grpc"


def other_port(facts: Facts, pod: Json, container: Json, kind: str) -> str:
    """The command that has the probe ask a port on which something listens; empty if it does, or nobody knows."""
    probe = container[kind]
    handler = next((h for h in ("httpGet", "tcpSocket") if probe.get(h)), "")
    listening = _open(facts, pod)
    if not handler or not listening or _number(probe[handler].get("port"), pod) in listening:
        return ""
    change = ("port", probe[handler].get("port"), listening[0])
    return _patch(facts, pod, container, kind, {handler: {"port": listening[0]}}, change)


def _other_path(facts: Facts, pod: Json, container: Json, said: str) -> str:
    """Where the path is not found: the command that has the probe ask for another one."""
    http = container["readinessProbe"].get("httpGet") or {}
    if not re.search(r"statuscode: 4\d\d", said) or http.get("path", "/") == "/":
        return ""
    probe = {"httpGet": {"path": "/", "port": http.get("port")}}
    return _patch(facts, pod, container, "readinessProbe", probe, ("path", http["path"], "/"))


def _patch(facts: Facts, pod: Json, container: Json, kind: str, probe: Json, change: tuple[str, Any, Any]) -> str:
    """Of whoever makes the pods; a pod that nobody made has to be made anew. `change`: which line, and both values."""
    owner = workloads.owner(pod)
    if owner.startswith("pod/"):
        key, before, after = change
        script = f"sed 's#{key}: {before}$#{key}: {after}#'"
        return f"{facts.line('get', owner, '-o', 'yaml')} | {script} | {facts.line('replace', '--force', '-f', '-')}"
    spec = {"template": {"spec": {"containers": [{"name": container["name"], kind: probe}]}}}
    body = json.dumps({"spec": spec}, separators=(",", ":"))
    return facts.line("patch", owner, "-p", f"'{body}'")


def _open(facts: Facts, pod: Json) -> list[int]:
    """The TCP ports on which it listens, not on loopback alone."""
    sockets = facts.listening.get(name(pod), ())
    if isinstance(sockets, str):
        return []
    return sorted({s["port"] for s in sockets if s["protocol"] == "TCP" and not s["address"].startswith(LOOPBACK)})


def _number(port: int | str | None, pod: Json) -> int | None:
    if isinstance(port, str):
        return next((p["containerPort"] for p in container_ports(pod) if p.get("name") == port), None)
    return port


def publish_not_ready(facts: Facts) -> Iterator[Finding]:
    if not facts.spec.get("publishNotReadyAddresses"):
        return
    unready_pods = [pod for pod in facts.living if not is_ready(pod)]
    repair = facts.patch('{"publishNotReadyAddresses":false}')
    if not unready_pods:
        yield note(PROBE, "publishNotReadyAddresses: pods get traffic before they are ready", "", repair)
        return
    of, are = count(len(facts.living), "pod"), "is" if len(unready_pods) == 1 else "are"
    what = f"publishNotReadyAddresses: clients are sent to {of}, of which {len(unready_pods)} {are} not ready"
    yield broken(PROBE, what, f"probes do not count for this Service: {some(map(name, unready_pods))}", repair)
