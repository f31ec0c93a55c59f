"""The texts of `describe deployment` and `describe replicaset`. Pure."""

from __future__ import annotations

from kubectl_lite.describers.common import NONE, Json, Text, label_selector, selector, time
from kubectl_lite.describers.pods import template

REVISION = "deployment.kubernetes.io/revision"


def deployment(d: Json, replica_sets: list[Json], events: list[Json] | None) -> str:
    """The Deployment with its strategy, conditions, old and new ReplicaSets and events."""
    out, spec, status, meta = Text(), d["spec"], d.get("status", {}), d["metadata"]
    out(0, f"Name:\t{meta['name']}")
    out(0, f"Namespace:\t{meta.get('namespace', '')}")
    out(0, f"CreationTimestamp:\t{time(meta.get('creationTimestamp'))}")
    out.labels("Labels", meta.get("labels"))
    out.annotations(meta.get("annotations"))
    out(0, f"Selector:\t{label_selector(spec.get('selector'))}")
    counts = [status.get(k, 0) for k in ("updatedReplicas", "replicas", "availableReplicas", "unavailableReplicas")]
    out(
        0,
        "Replicas:\t{} desired | {} updated | {} total | {} available | {} unavailable".format(
            spec.get("replicas", 0), *counts
        ),
    )
    out(0, f"StrategyType:\t{spec.get('strategy', {}).get('type', '')}")
    out(0, f"MinReadySeconds:\t{spec.get('minReadySeconds', 0)}")
    if rolling := spec.get("strategy", {}).get("rollingUpdate"):
        unavailable, surge = rolling.get("maxUnavailable"), rolling.get("maxSurge")
        out(0, f"RollingUpdateStrategy:\t{unavailable} max unavailable, {surge} max surge")
    template(out, spec["template"])
    out.conditions(status.get("conditions"), ("type", "status", "reason"))
    _replica_sets(out, d, replica_sets)
    out.events(events)
    return out.done()


def _replica_sets(out: Text, d: Json, replica_sets: list[Json]) -> None:
    uid, revision = d["metadata"]["uid"], (d["metadata"].get("annotations") or {}).get(REVISION)
    owned = [r for r in replica_sets if any(o["uid"] == uid for o in r["metadata"].get("ownerReferences", ()))]
    is_new = {r["metadata"]["name"]: (r["metadata"].get("annotations") or {}).get(REVISION) == revision for r in owned}
    old = [r for r in owned if not is_new[r["metadata"]["name"]]]
    new = [r for r in owned if is_new[r["metadata"]["name"]]]
    if owned:
        out(0, f"OldReplicaSets:\t{_sets(old)}")
        out(0, f"NewReplicaSet:\t{_sets(new)}")


def _sets(replica_sets: list[Json]) -> str:
    shown = []
    for r in replica_sets:
        have, want = r.get("status", {}).get("replicas", 0), r["spec"].get("replicas", 0)
        shown.append(f"{r['metadata']['name']} ({have}/{want} replicas created)")
    return ", ".join(shown) or NONE


def replica_set(r: Json, pods: list[Json], events: list[Json] | None) -> str:
    """The ReplicaSet with the phases of its pods and its events."""
    out, spec = Text(), r["spec"]
    out(0, f"Name:\t{r['metadata']['name']}")
    out(0, f"Namespace:\t{r['metadata'].get('namespace', '')}")
    out(0, f"Selector:\t{label_selector(spec.get('selector'))}")
    out.labels("Labels", r["metadata"].get("labels"))
    out.annotations(r["metadata"].get("annotations"))
    out.controlled_by(r)
    out(0, f"Replicas:\t{r.get('status', {}).get('replicas', 0)} current / {spec.get('replicas', 0)} desired")
    phases = [p.get("status", {}).get("phase") for p in pods]
    counts = [f"{phases.count(p)} {p}" for p in ("Running", "Waiting", "Succeeded", "Failed")]
    counts[1] = f"{phases.count('Pending')} Waiting"
    out(0, f"Pods Status:\t{' / '.join(counts)}")
    template(out, spec["template"])
    out.conditions(r.get("status", {}).get("conditions"), ("type", "status", "reason"))
    out.events(events)
    return out.done()


def _pods_status(pods: list[Json]) -> str:
    phases = [p.get("status", {}).get("phase") for p in pods]
    shown = (("Running", "Running"), ("Pending", "Waiting"), ("Succeeded", "Succeeded"), ("Failed", "Failed"))
    return "Pods Status:\t" + " / ".join(f"{phases.count(phase)} {word}" for phase, word in shown)


def stateful_set(s: Json, pods: list[Json], events: list[Json] | None) -> str:
    """The StatefulSet with the phases of its pods, its volume claims and its events."""
    out, spec, meta = Text(), s["spec"], s["metadata"]
    out(0, f"Name:\t{meta['name']}")
    out(0, f"Namespace:\t{meta.get('namespace', '')}")
    out(0, f"CreationTimestamp:\t{time(meta.get('creationTimestamp'))}")
    out(0, f"Selector:\t{label_selector(spec.get('selector'))}")
    out.labels("Labels", meta.get("labels"))
    out.annotations(meta.get("annotations"))
    out(0, f"Replicas:\t{spec.get('replicas', 0)} desired | {s.get('status', {}).get('replicas', 0)} total")
    strategy = spec.get("updateStrategy") or {}
    out(0, f"Update Strategy:\t{strategy.get('type', '')}")
    if "rollingUpdate" in strategy:
        out(1, f"Partition:\t{strategy['rollingUpdate'].get('partition', 0)}")
    out(0, _pods_status(pods))
    template(out, spec["template"])
    _claims(out, spec.get("volumeClaimTemplates") or [])
    out.events(events)
    return out.done()


def _claims(out: Text, claims: list[Json]) -> None:
    if not claims:
        out(0, f"Volume Claims:\t{NONE}")
        return
    out(0, "Volume Claims:")
    for claim in claims:
        spec = claim["spec"]
        out(1, f"Name:\t{claim['metadata']['name']}")
        out(1, f"StorageClass:\t{spec.get('storageClassName', '')}")
        out.labels("Labels", claim["metadata"].get("labels"), 1)
        out.annotations(claim["metadata"].get("annotations"), 1)
        out(1, f"Capacity:\t{((spec.get('resources') or {}).get('requests') or {}).get('storage', '<default>')}")
        out(1, f"Access Modes:\t[{' '.join(spec.get('accessModes') or ())}]")


_COUNTS = (("Desired Number of Nodes Scheduled", "desiredNumberScheduled"),
           ("Current Number of Nodes Scheduled", "currentNumberScheduled"),
           ("Number of Nodes Scheduled with Up-to-date Pods", "updatedNumberScheduled"),
           ("Number of Nodes Scheduled with Available Pods", "numberAvailable"),
           ("Number of Nodes Misscheduled", "numberMisscheduled"))  # fmt: skip


def daemon_set(d: Json, pods: list[Json], events: list[Json] | None) -> str:
    """The DaemonSet with its counts of nodes, the phases of its pods and its events."""
    out, spec, meta = Text(), d["spec"], d["metadata"]
    out(0, f"Name:\t{meta['name']}")
    out(0, f"Namespace:\t{meta.get('namespace', '')}")
    out(0, f"Selector:\t{label_selector(spec.get('selector'))}")
    out(0, f"Node-Selector:\t{selector(spec['template']['spec'].get('nodeSelector'))}")
    out.labels("Labels", meta.get("labels"))
    out.annotations(meta.get("annotations"))
    for title, key in _COUNTS:
        out(0, f"{title}: {d.get('status', {}).get(key, 0)}")
    out(0, _pods_status(pods))
    template(out, spec["template"])
    out.events(events)
    return out.done()
