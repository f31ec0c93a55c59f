"""Why a pod's containers do not run: no node, no image, a missing object, an init container, a program that ends. Pure.

Called by `pods`. It calls `workloads`. Each answer is about one pod, whose name `pods` puts before it.
"""

from __future__ import annotations

import re

from kubectl_lite.why import workloads
from kubectl_lite.why.facts import Facts, Json
from kubectl_lite.why.finding import Finding, broken
from kubectl_lite.why.objects import (
    condition,
    container_ended,
    containers,
    is_schedulable,
    name,
    termination,
    waiting,
)
from kubectl_lite.why.steps import probes

PODS = "pods"
IMAGE = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError")
NOT_FOUND = re.compile(r'(configmap|secret) "([^"]+)" not found')
NO_KEY = re.compile(r"couldn't find key (\S+) in (ConfigMap|Secret) [^/]+/(\S+)")
SIGNALS = {137: " (SIGKILL)", 139: " (SIGSEGV)", 143: " (SIGTERM)"}


def not_started(facts: Facts, pod: Json) -> Finding | None:
    """What keeps it from its first start; None when that is not it."""
    status, state = waiting(pod)
    if not (pod.get("spec") or {}).get("nodeName"):
        why = condition(pod, "PodScheduled").get("message", "")
        return broken(PODS, "no node has been found for it", why.partition(" preemption:")[0], _fit(facts, pod))
    if state.get("reason") in IMAGE:
        image = status.get("image") or next((c["image"] for c in containers(pod)), "")
        words = facts.line("set", "image", workloads.owner(pod), f"{status.get('name')}=IMAGE")
        return broken(PODS, f"its image {image} cannot be pulled ({IMAGE[1]})", _plain(state.get("message", "")), words)
    if init := _init(pod):
        return _of_init(facts, pod, init)
    if state.get("reason") == "CrashLoopBackOff":
        return ended(facts, pod, status)
    if state.get("reason") in ("CreateContainerConfigError", "CreateContainerError"):
        return _configuration(facts, pod, state)
    return None


def pending(facts: Facts, pod: Json) -> Finding:
    """It has a node and does not run, for none of the usual reasons."""
    _, state = waiting(pod)
    reason = state.get("reason") or "pending"
    describe = facts.line("describe", "pod", name(pod))
    if failed := facts.said_of(pod, "FailedCreatePodSandBox", "FailedScheduling", "FailedMount", "Failed"):
        return broken(PODS, f"it does not start ({reason})", failed, _configured(facts, failed) or describe)
    return broken(PODS, f"it has not started yet ({reason})", state.get("message", ""), describe)


def ended(facts: Facts, pod: Json, status: Json) -> Finding:
    """A container that ends again and again: how, and its last words."""
    last, container = termination(status), status.get("name", "")
    code = last.get("exitCode", 0)
    how = f"exit code {code}{SIGNALS.get(code, '')}"
    if last.get("reason") not in (None, "", "Error", "Completed"):
        how += f", {last['reason']}"
    words, probe = facts.last_words.get(name(pod), ""), facts.said_of(pod, "Unhealthy", containing="Liveness probe")
    said = [how, *([probe] if probe else []), *([f"its last words: {words}"] if words else [])]
    several = ["-c", container] if len(containers(pod)) > 1 else []
    repair = facts.line("logs", name(pod), *several, "--previous")
    if last.get("reason") == "OOMKilled":
        repair = facts.line("set", "resources", workloads.owner(pod), "-c", container, "--limits=memory=MORE")
    elif probe:
        repair = _probed_right(facts, pod, container, repair)
    elif code == 0:
        said.append("a Service's container has to stay: what it runs must not end")
    return broken(PODS, "its container ends again and again", "; ".join(said), repair)


def _probed_right(facts: Facts, pod: Json, container: str, otherwise: str) -> str:
    """The command that has the liveness probe ask where something listens, if it asks elsewhere."""
    found = next((c for c in containers(pod) if c["name"] == container and c.get("livenessProbe")), None)
    return (found and probes.other_port(facts, pod, found, "livenessProbe")) or otherwise


def _init(pod: Json) -> Json:
    """The status of the init container that all others wait for; empty when none does."""
    forever = {c["name"] for c in (pod.get("spec") or {}).get("initContainers") or () if c.get("restartPolicy")}
    for status in (pod.get("status") or {}).get("initContainerStatuses") or ():
        state = status.get("state") or {}
        done = (state.get("terminated") or {}).get("exitCode") == 0 or (
            status["name"] in forever and status.get("started"))  # fmt: skip
        if not done:
            return status
    return {}


def _of_init(facts: Facts, pod: Json, status: Json) -> Finding:
    state, container = status.get("state") or {}, status["name"]
    words, logs = facts.last_words.get(name(pod), ""), facts.line("logs", name(pod), "-c", container)
    if status is container_ended(pod):
        how = f"exit code {termination(status).get('exitCode', 0)}" + (f"; its last words: {words}" if words else "")
        return broken(PODS, f"its init container {container} fails, and the others wait for it", how, logs)
    if state.get("running"):
        why = "the others start when it has ended; see what it waits for"
        return broken(PODS, f"its init container {container} has not ended yet", why, logs)
    reason = (state.get("waiting") or {}).get("reason", "waiting")
    return broken(PODS, f"its init container {container} has not started ({reason})", "", logs)


def _configuration(facts: Facts, pod: Json, state: Json) -> Finding:
    said = state.get("message", "")
    repair = _configured(facts, said) or facts.line("describe", "pod", name(pod))
    return broken(PODS, f"its container cannot be made ({state['reason']})", said, repair)


def _configured(facts: Facts, said: str) -> str:
    """The command that makes what is missing; empty when nothing is."""
    if found := NO_KEY.search(said):
        key, kind, of = found.groups()
        return facts.line("patch", kind.lower(), of, "-p", f"'{{\"{_data(kind)}\":{{\"{key}\":\"VALUE\"}}}}'")
    if found := NOT_FOUND.search(said):
        kind, of = found.groups()
        return facts.line("create", "secret generic" if kind == "secret" else kind, of, "--from-literal=KEY=VALUE")
    return ""


def _data(kind: str) -> str:
    return "stringData" if kind == "Secret" else "data"


def _fit(facts: Facts, pod: Json) -> str:
    """The command after which a node fits: what the pod asks of nodes and none has."""
    spec = pod.get("spec") or {}
    nodes = [name(node) for node in facts.nodes]
    wanted = spec.get("nodeSelector") or {}
    if wanted and nodes and not any(wanted.items() <= _labels(node).items() for node in facts.nodes):
        return "kubectl_lite label node " + " ".join([nodes[0], *(f"{k}={v}" for k, v in wanted.items())])
    if nodes and not any(map(is_schedulable, facts.nodes)):
        return f"kubectl_lite uncordon {nodes[0]}"
    taints = [(node, taint) for node in facts.nodes for taint in (node.get("spec") or {}).get("taints") or ()
              if taint["effect"] != "PreferNoSchedule" and not taint["key"].startswith("node.kubernetes.io/")]
    if taints:
        node, taint = taints[0]
        return f"kubectl_lite taint node {name(node)} {taint['key']}:{taint['effect']}-"
    if "Insufficient" in condition(pod, "PodScheduled").get("message", ""):
        words = facts.line("set", "resources", workloads.owner(pod), "--requests=cpu=LESS,memory=LESS")
        return f"{words}, or see what uses the nodes: kubectl_lite describe nodes"
    return facts.line("describe", "pod", name(pod))


def _labels(node: Json) -> dict[str, str]:
    return node["metadata"].get("labels") or {}


def _plain(said: str) -> str:
    """Without what was said before it: `Back-off pulling image "x": ErrImagePull: failed to ...`."""
    return said.rpartition("ErrImagePull: ")[2]
