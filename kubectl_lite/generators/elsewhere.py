"""Objects of kinds that kube-lite does not serve and other clusters do: Jobs, CronJobs, quotas, autoscalers. Pure.

Called by `kubectl_lite.commands.create_elsewhere` and `autoscale`. No type of ours declares their fields, so that they
stand here in the order of the Go types, with the empty ones that Go prints. `MAPPINGS` says where they would be served.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kubectl_lite.errors import CommandError
from kubectl_lite.mapper import Mapping

Json = dict[str, Any]
_UNSTAMPED: Json = {"creationTimestamp": None}
MAPPINGS = {
    mapping.kind: mapping
    for mapping in (
        Mapping("batch", "v1", "Job", "jobs", True),
        Mapping("batch", "v1", "CronJob", "cronjobs", True),
        Mapping("networking.k8s.io", "v1", "Ingress", "ingresses", True),
        Mapping("", "v1", "ResourceQuota", "resourcequotas", True),
        Mapping("scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", False),
        Mapping("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", True),
    )
}


def job(name: str, image: str, argv: Sequence[str]) -> Json:
    """A Job of one container that runs once."""
    return _object("batch/v1", "Job", name, spec=_run_once(name, image, argv, "Never"), status={})


def cron_job(name: str, image: str, schedule: str, restart: str, argv: Sequence[str]) -> Json:
    """A CronJob of one container."""
    template = {"metadata": {"name": name, **_UNSTAMPED}, "spec": _run_once(name, image, argv, restart or "OnFailure")}
    return _object("batch/v1", "CronJob", name, spec={"schedule": schedule, "jobTemplate": template}, status={})


def job_of(name: str, cron_job: Json) -> Json:
    """A Job that does now what a CronJob would do later."""
    template, metadata = cron_job["spec"]["jobTemplate"], cron_job["metadata"]
    own = template.get("metadata") or {}
    made: Json = {"name": name, **_UNSTAMPED} | ({"labels": own["labels"]} if own.get("labels") else {})
    made["annotations"] = {"cronjob.kubernetes.io/instantiate": "manual"} | (own.get("annotations") or {})
    made["ownerReferences"] = [{
        "apiVersion": "batch/v1", "kind": "CronJob", "name": metadata["name"], "uid": metadata["uid"],
        "controller": True,
    }]  # fmt: skip
    return {"kind": "Job", "apiVersion": "batch/v1", "metadata": made, "spec": template["spec"], "status": {}}


def _run_once(name: str, image: str, argv: Sequence[str], restart: str) -> Json:
    container = {"name": name, "image": image} | ({"command": list(argv)} if argv else {}) | {"resources": {}}
    pod = {"containers": [container], "restartPolicy": restart}
    return {"template": {"metadata": _UNSTAMPED, "spec": pod}}


def quota(name: str, hard: str, scopes: str) -> Json:
    """A ResourceQuota. Raises CommandError for what is no `resource=quantity`."""
    limits = {}
    for word in filter(None, hard.split(",")):
        resource, equals, quantity = word.partition("=")
        if not equals or "=" in quantity:
            raise CommandError(f"Invalid argument syntax {word}, expected <resource>=<value>")
        limits[resource] = quantity
    spec: Json = {"hard": limits} if limits else {}
    spec |= {"scopes": scopes.split(",")} if scopes else {}
    return _object("v1", "ResourceQuota", name, spec=spec, status={})


def priority_class(name: str, value: int, default: bool, description: str, policy: str) -> Json:
    """A PriorityClass."""
    fields: Json = {"value": value} | ({"globalDefault": True} if default else {})
    fields |= {"description": description} if description else {}
    return _object("scheduling.k8s.io/v1", "PriorityClass", name, **fields, preemptionPolicy=policy)


def autoscaler(name: str, of: Json, low: int, high: int, cpu_percent: int) -> Json:
    """A HorizontalPodAutoscaler of the object `of`."""
    ref = {"kind": of["kind"], "name": of["metadata"]["name"], "apiVersion": of["apiVersion"]}
    spec: Json = {"scaleTargetRef": ref} | ({"minReplicas": low} if low > 0 else {}) | {"maxReplicas": high}
    if cpu_percent >= 0:
        target = {"type": "Utilization", "averageUtilization": cpu_percent}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    status = {"desiredReplicas": 0, "currentMetrics": None}
    return _object("autoscaling/v2", "HorizontalPodAutoscaler", name, spec=spec, status=status)


def _object(api_version: str, kind: str, name: str, **fields: Any) -> Json:
    return {"kind": kind, "apiVersion": api_version, "metadata": {"name": name, **_UNSTAMPED}, **fields}
