"""Which pods of a node a drain evicts, and which stand in its way. Pure.

Called by `kubectl_lite drain`. Source: k8s.io/kubectl/pkg/drain/filters.go; the filters are asked in its order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
MIRROR = "kubernetes.io/config.mirror"


@dataclass
class Plan:
    """Pods to evict; for the others why they stay, or why they forbid the drain."""

    evict: list[Json] = field(default_factory=list)
    warnings: dict[str, list[str]] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)

    def warn(self, text: str, pod: Json) -> None:
        self.warnings.setdefault(text, []).append(_name(pod))

    def refuse(self, text: str, pod: Json) -> None:
        self.errors.setdefault(text, []).append(_name(pod))

    @property
    def warning(self) -> str:
        return "; ".join(f"{text}: {', '.join(pods)}" for text, pods in sorted(self.warnings.items()))

    @property
    def error(self) -> str:
        return ", ".join(f"cannot delete {text}: {', '.join(pods)}" for text, pods in sorted(self.errors.items()))


def _name(pod: Json) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"


def plan(pods: list[Json], daemon_sets: set[tuple[str, str]], flags: Json) -> Plan:
    """`daemon_sets` are the (namespace, name) that exist; `flags` those of the command."""
    found = Plan()
    for pod in pods:
        _decide(found, pod, daemon_sets, flags)
    return found


def _decide(found: Plan, pod: Json, daemon_sets: set[tuple[str, str]], flags: Json) -> None:
    meta = pod["metadata"]
    if MIRROR in (meta.get("annotations") or {}):
        return
    finished = pod.get("status", {}).get("phase") in ("Succeeded", "Failed")
    owner = next((o for o in meta.get("ownerReferences") or () if o.get("controller")), None)
    if owner and owner["kind"] == "DaemonSet" and not finished:
        known = (meta["namespace"], owner["name"]) in daemon_sets
        if known and not flags["ignore_daemonsets"]:
            found.refuse("DaemonSet-managed Pods (use --ignore-daemonsets to ignore)", pod)
            return
        if known:
            found.warn("ignoring DaemonSet-managed Pods", pod)
            return
    warned = False
    if any("emptyDir" in v for v in pod["spec"].get("volumes") or ()) and not finished:
        if not flags["delete_emptydir_data"]:
            found.refuse("Pods with local storage (use --delete-emptydir-data to override)", pod)
            return
        warned = True
    if not owner and not finished:
        if not flags["force"]:
            found.refuse("Pods that declare no controller (use --force to override)", pod)
            return
        found.warn("deleting Pods that declare no controller", pod)
    elif warned:
        pass  # the data go with the pod, as was asked for
    found.evict.append(pod)
