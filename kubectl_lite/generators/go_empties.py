"""The empty fields that Go prints of an object that was made in memory: `creationTimestamp: null`, `status: {}`.

Called where a generated object is shown before any server has seen it (`--dry-run=client -o yaml`), so that the text is
kubectl's to the letter. Pure.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
_WITH_EMPTIES: dict[str, Json] = {
    "Service": {"status": {"loadBalancer": {}}},
    "Deployment": {"status": {}, "spec": {"strategy": {}}},
    "ReplicaSet": {"status": {"replicas": 0}},
    "StatefulSet": {"status": {"replicas": 0, "availableReplicas": 0}, "spec": {"updateStrategy": {}}},
    "DaemonSet": {
        "status": {"currentNumberScheduled": 0, "numberMisscheduled": 0, "desiredNumberScheduled": 0, "numberReady": 0},
        "spec": {"updateStrategy": {}},
    },
    "Namespace": {"status": {}, "spec": {}},
    "Pod": {"status": {}},
    "PodDisruptionBudget": {
        "status": {"disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0}
    },
}


def with_go_empties(obj: Json) -> Json:
    """The object with what Go would not leave out."""
    shown = _over(_WITH_EMPTIES.get(obj["kind"], {}), obj)
    shown["metadata"] = _stamped(shown.get("metadata"))
    template = (shown.get("spec") or {}).get("template")
    if template:
        template = template | {"metadata": _stamped(template.get("metadata")), "spec": _sized(template["spec"])}
        shown["spec"] = shown["spec"] | {"template": template}
    if obj["kind"] == "Pod":
        shown["spec"] = _sized(shown["spec"])
    return shown


def _over(defaults: Json, obj: Json) -> Json:
    found = dict(obj)
    for name, value in defaults.items():
        found[name] = _over(value, obj[name]) if isinstance(obj.get(name), dict) else obj.get(name, value)
    return found


def _stamped(metadata: Json | None) -> Json:
    return {"creationTimestamp": None} | (metadata or {})


def _sized(spec: Json) -> Json:
    return spec | {"containers": [{"resources": {}} | c for c in spec["containers"]]}
