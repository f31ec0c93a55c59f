"""Who makes the pods: Deployments and their kin, what they are called on a command line, and why they make none. Pure.

Called by the steps. It calls `objects`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kubectl_lite.why.objects import Json, condition, labels, name

HASH = "pod-template-hash"
REPLICAS = 1


def shown(workload: Json) -> str:
    """`deployment/web`."""
    return f"{workload['kind'].lower()}/{name(workload)}"


def owner(pod: Json) -> str:
    """`deployment/web`, `statefulset/db`, or `pod/web-1` of a pod that nobody made: what a person has to change."""
    for reference in pod["metadata"].get("ownerReferences") or ():
        kind, owned_by = reference["kind"].lower(), reference["name"]
        suffix = "-" + labels(pod).get(HASH, "")
        if kind == "replicaset" and suffix != "-" and owned_by.endswith(suffix):
            return f"deployment/{owned_by.removesuffix(suffix)}"
        return f"{kind}/{owned_by}"
    return f"pod/{name(pod)}"


def template_labels(workload: Json) -> dict[str, str]:
    """The labels that its pods get."""
    template = (workload.get("spec") or {}).get("template") or {}
    return (template.get("metadata") or {}).get("labels") or {}


def of_selector(workloads: Iterable[Json], selector: Mapping[str, str]) -> list[Json]:
    """Those whose pods the selector matches, or would match."""
    return [one for one in workloads if selector and selector.items() <= template_labels(one).items()]


def wanted(workload: Json) -> int:
    """How many pods it should have."""
    if workload["kind"] == "DaemonSet":
        return (workload.get("status") or {}).get("desiredNumberScheduled", 0)
    return (workload.get("spec") or {}).get("replicas", REPLICAS)


def is_unseen(workload: Json) -> bool:
    """Whether its controller has not looked at it since it was changed."""
    return (workload.get("status") or {}).get("observedGeneration", 0) < workload["metadata"].get("generation", 0)


def failure(workload: Json) -> str:
    """What its controller says when it cannot make pods."""
    return condition(workload, "ReplicaFailure").get("message", "")
