"""What `debug --profile` lets a debugging container do, and what else of its pod is changed for it. Pure.

Called by `kubectl_lite.generators.debug_pods`. Source: k8s.io/kubectl/pkg/cmd/debug/profiles.go.

    profile      the container may                  pod on a node                      copy of a pod
    legacy       what its image may                 host's namespaces, / at /host      as the original, without labels
    general      trace processes (not on a node)    the same                           processes shared, probes removed
    baseline     nothing more                       -                                  the same
    restricted   as little as can be                -                                  the same
    netadmin     change the network                 host's namespaces                  the same
    sysadmin     everything                         host's namespaces, / at /host      the same
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]
PROFILES = ("legacy", "general", "baseline", "restricted", "netadmin", "sysadmin")
NODE, COPY, EPHEMERAL = "node", "copy", "ephemeral"
_RESTRICTED = {
    "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}  # fmt: skip


def allowed(container: Json, profile: str, style: str) -> Json:
    """The container with the rights of the profile."""
    bare = {key: value for key, value in container.items() if key != "securityContext"}
    match profile:
        case "general":
            return bare if style == NODE else _with_capabilities(container, "SYS_PTRACE")
        case "baseline":
            return bare
        case "restricted":
            return bare | {"securityContext": _RESTRICTED}
        case "netadmin":
            return _with_capabilities(container, "NET_ADMIN", "NET_RAW")
        case "sysadmin":
            return container | {"securityContext": container.get("securityContext", {}) | {"privileged": True}}
    return container


def _with_capabilities(container: Json, *names: str) -> Json:
    context = container.get("securityContext") or {}
    capabilities = context.get("capabilities") or {}
    added = capabilities.get("add") or []
    more = [name for name in names if name not in added]
    return container | {"securityContext": context | {"capabilities": capabilities | {"add": [*added, *more]}}}


def on_a_node(pod: Json, profile: str) -> Json:
    """The pod with what it gets of its node."""
    spec = pod["spec"]
    if profile not in ("baseline", "restricted"):
        spec = spec | {"hostNetwork": True, "hostPID": True, "hostIPC": True}
    if profile in ("legacy", "general", "sysadmin"):
        mount = {"name": "host-root", "mountPath": "/host"}
        containers = [c | {"volumeMounts": [*(c.get("volumeMounts") or ()), mount]} for c in spec["containers"]]
        volume = {"name": "host-root", "hostPath": {"path": "/"}}
        spec = spec | {"containers": containers, "volumes": [*(spec.get("volumes") or ()), volume]}
    return pod | {"spec": spec}


def as_a_copy(pod: Json, profile: str, keep: Mapping[str, bool]) -> Json:
    """The copy without what would make it serve or be ended like the original. `keep`: flag -> whether to keep it."""
    metadata, spec = dict(pod["metadata"]), dict(pod["spec"])
    if profile == "legacy":
        metadata.pop("labels", None)
        return pod | {"metadata": metadata}
    for field in ("labels", "annotations"):
        if not keep[field]:
            metadata.pop(field, None)
    probes = [f"{name}Probe" for name in ("liveness", "readiness", "startup") if not keep[name]]
    spec["containers"] = [{k: v for k, v in c.items() if k not in probes} for c in spec["containers"]]
    if not keep["init_containers"]:
        spec.pop("initContainers", None)
    if spec.get("shareProcessNamespace") is None:
        spec["shareProcessNamespace"] = True
    return pod | {"metadata": metadata, "spec": spec}
