"""The text of `describe pod`, and of a pod template inside a workload. Pure."""

from __future__ import annotations

from kubectl_lite.describers.common import NONE, Json, Text, label_selector, time
from kubectl_lite.describers.containers import containers, resources, seccomp_profile
from kubectl_lite.describers.volumes import volumes

_NAMED = (("Priority", "priority"), ("Priority Class Name", "priorityClassName"),
          ("Runtime Class Name", "runtimeClassName"), ("Service Account", "serviceAccountName"))  # fmt: skip


def describe(pod: Json, events: list[Json] | None) -> str:
    """The pod with its containers, their states, volumes, tolerations and events."""
    out, spec, status = Text(), pod["spec"], pod.get("status", {})
    _who_and_where(out, pod)
    _phase(out, pod)
    seccomp_profile(out, spec.get("securityContext"), 0, 0)
    _addresses(out, status)
    out.controlled_by(pod)
    if status.get("nominatedNodeName"):
        out(0, f"NominatedNodeName:\t{status['nominatedNodeName']}")
    if spec.get("resources"):
        out(0, "Resources:")
        resources(out, spec["resources"], 1)
    for kind in ("init", "", "ephemeral"):
        name, key = f"{kind.capitalize()} Containers".strip(), f"{kind}Containers" if kind else "containers"
        statuses = status.get(f"{kind}ContainerStatuses" if kind else "containerStatuses")
        containers(out, name, spec.get(key), statuses, 0, pod)
    _conditions(out, spec.get("readinessGates") or [], status.get("conditions") or [])
    volumes(out, spec.get("volumes"), 0)
    out(0, f"QoS Class:\t{status.get('qosClass') or _qos(spec)}")
    _scheduling(out, spec, 0)
    _spread(out, spec, 0)
    out.events(events)
    return out.done()


def without_pod(name: str, error: str, events: list[Json]) -> str:
    """What is left of a pod that is gone: its events."""
    out = Text()
    out(0, f"Pod '{name}': error '{error}', but found events.")
    out.events(events)
    return out.done()


def template(out: Text, given: Json) -> None:
    """`Pod Template:` of a Deployment and its like."""
    meta, spec = given.get("metadata") or {}, given["spec"]
    out(0, "Pod Template:")
    out.labels("  Labels", meta.get("labels"))
    if meta.get("annotations"):
        out.annotations(meta["annotations"], 1)
    if spec.get("serviceAccountName"):
        out(1, f"Service Account:\t{spec['serviceAccountName']}")
    containers(out, "Init Containers", spec.get("initContainers"), None, 1)
    containers(out, "Containers", spec.get("containers"), None, 1)
    volumes(out, spec.get("volumes"), 1)
    _spread(out, spec, 1)
    if spec.get("priorityClassName"):
        out(1, f"Priority Class Name:\t{spec['priorityClassName']}")
    _scheduling(out, spec, 1)


# ---- the parts ----


def _who_and_where(out: Text, pod: Json) -> None:
    spec, status, meta = pod["spec"], pod.get("status", {}), pod["metadata"]
    out(0, f"Name:\t{meta['name']}")
    out(0, f"Namespace:\t{meta.get('namespace', '')}")
    for title, key in _NAMED:
        if spec.get(key) not in (None, ""):
            out(0, f"{title}:\t{spec[key]}")
    node = spec.get("nodeName")
    out(0, f"Node:\t{node}/{status.get('hostIP', '')}" if node else f"Node:\t{NONE}")
    if status.get("startTime"):
        out(0, f"Start Time:\t{time(status['startTime'])}")
    out.labels("Labels", meta.get("labels"))
    out.annotations(meta.get("annotations"))


def _phase(out: Text, pod: Json) -> None:
    meta, status = pod["metadata"], pod.get("status", {})
    if meta.get("deletionTimestamp") and status.get("phase") not in ("Succeeded", "Failed"):
        out(0, f"Status:\tTerminating (lasts {out.age(meta['deletionTimestamp'])})")
        out(0, f"Termination Grace Period:\t{meta.get('deletionGracePeriodSeconds', 0)}s")
    else:
        out(0, f"Status:\t{status.get('phase', '')}")
    for title in ("Reason", "Message"):
        if status.get(title.lower()):
            out(0, f"{title}:\t{status[title.lower()]}")


def _addresses(out: Text, status: Json) -> None:
    ips = [ip["ip"] for ip in status.get("podIPs") or ()]
    out(0, f"IP:\t{status.get('podIP', '')}")
    out(0, "IPs:" if ips else f"IPs:\t{NONE}")
    for ip in ips:
        out(1, f"IP:\t{ip}")


def _conditions(out: Text, gates: list[Json], conditions: list[Json]) -> None:
    statuses = {c["type"]: c["status"] for c in conditions}
    if gates:
        out(0, "Readiness Gates:")
        out(1, "Type\tStatus")
    for gate in gates:
        out(1, f"{gate['conditionType']} \t{statuses.get(gate['conditionType'], NONE)} ")
    if conditions:
        out(0, "Conditions:")
        out(1, "Type\tStatus")
    for condition in conditions:
        out(1, f"{condition['type']} \t{condition['status']} ")


def _scheduling(out: Text, spec: Json, level: int) -> None:
    out.pairs("Node-Selectors", [f"{k}={v}" for k, v in sorted((spec.get("nodeSelector") or {}).items())], level)
    tolerations = sorted(spec.get("tolerations") or (), key=lambda t: t.get("key", ""))
    out.pairs("Tolerations", [_toleration(t) for t in tolerations], level)


def _toleration(t: Json) -> str:
    text = t.get("key", "")
    text += f"={t['value']}" if t.get("value") else ""
    text += f":{t['effect']}" if t.get("effect") else ""
    if t.get("operator") == "Exists" and not t.get("value"):
        text += " op=Exists" if t.get("key") or t.get("effect") else "op=Exists"
    if t.get("tolerationSeconds") is not None:
        text += f" for {t['tolerationSeconds']}s"
    return text


def _spread(out: Text, spec: Json, level: int) -> None:
    shown = []
    for c in sorted(spec.get("topologySpreadConstraints") or (), key=lambda c: c["topologyKey"]):
        selector = f" for selector {label_selector(c['labelSelector'])}" if "labelSelector" in c else ""
        shown.append(f"{c['topologyKey']}:{c['whenUnsatisfiable']} when max skew {c['maxSkew']} is exceeded{selector}")
    if shown:
        out.pairs("Topology Spread Constraints", shown, level)


def _qos(spec: Json) -> str:
    resources = [c.get("resources") or {} for c in spec.get("containers", ())]
    if not any(r.get("limits") or r.get("requests") for r in resources):
        return "BestEffort"
    whole = all({"cpu", "memory"} <= set(r.get("limits") or {}) for r in resources)
    same = all((r.get("requests") or r.get("limits")) == r.get("limits") for r in resources)
    return "Guaranteed" if whole and same else "Burstable"
