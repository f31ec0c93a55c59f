"""The text of `describe node`: what it is, what it has, which pods use how much of it. Pure."""

from __future__ import annotations

from kubectl_lite.describers.common import NONE, Json, Text, moment, time

_INFO = (("Machine ID", "machineID"), ("System UUID", "systemUUID"), ("Boot ID", "bootID"),
         ("Kernel Version", "kernelVersion"), ("OS Image", "osImage"), ("Operating System", "operatingSystem"),
         ("Architecture", "architecture"), ("Container Runtime Version", "containerRuntimeVersion"),
         ("Kubelet Version", "kubeletVersion"), ("Kube-Proxy Version", "kubeProxyVersion"))  # fmt: skip
_MEASURED = ("cpu", "memory", "ephemeral-storage", "pods")
_CONDITION = ("type", "status", "lastHeartbeatTime", "lastTransitionTime", "reason", "message")


def describe(node: Json, pods: list[Json], lease: Json | None, events: list[Json] | None) -> str:
    """The node with its lease, conditions, addresses, capacity, pods and events."""
    out, spec, status, meta = Text(), node["spec"], node.get("status", {}), node["metadata"]
    out(0, f"Name:\t{meta['name']}")
    out(0, f"Roles:\t{_roles(meta.get('labels') or {})}")
    out.labels("Labels", meta.get("labels"))
    out.annotations(meta.get("annotations"))
    out(0, f"CreationTimestamp:\t{time(meta.get('creationTimestamp'))}")
    out.pairs("Taints", [_taint(t) for t in sorted(spec.get("taints") or (), key=_order_of_taints)])
    out(0, f"Unschedulable:\t{str(bool(spec.get('unschedulable'))).lower()}")
    _lease(out, meta["name"], lease)
    _conditions(out, status.get("conditions") or [])
    out(0, "Addresses:")
    for address in status.get("addresses") or ():
        out(1, f"{address['type']}:\t{address['address']}")
    for title in ("capacity", "allocatable"):
        if not status.get(title):
            continue
        out(0, f"{title.capitalize()}:")
        for name, quantity in sorted(status[title].items()):
            out(1, f"{name}:\t{quantity}")
    out(0, "System Info:")
    for title, key in _INFO:
        out(1, f"{title}:\t{status.get('nodeInfo', {}).get(key, '')}")
    for title, value in (("PodCIDR", spec.get("podCIDR")), ("PodCIDRs", ",".join(spec.get("podCIDRs") or ())),
                         ("ProviderID", spec.get("providerID"))):  # fmt: skip
        if value:
            out(0, f"{title}:\t{value}")
    _pods(out, [p for p in pods if p.get("status", {}).get("phase") not in ("Succeeded", "Failed")], status)
    out.events(events)
    return out.done()


def _roles(labels: Json) -> str:
    prefix = "node-role.kubernetes.io/"
    roles = {k.removeprefix(prefix) for k in labels if k.startswith(prefix)} | {labels.get("kubernetes.io/role", "")}
    return ",".join(sorted(role for role in roles if role)) or NONE


def _order_of_taints(t: Json) -> tuple[str, str]:
    return (t["effect"], t["key"])


def _taint(t: Json) -> str:
    value = f"={t['value']}" if t.get("value") else ""
    return f"{t['key']}{value}:{t['effect']}"


def _lease(out: Text, name: str, lease: Json | None) -> None:
    if lease is None:
        out(0, f'Lease:\tFailed to get lease: leases.coordination.k8s.io "{name}" not found')
        return
    spec = lease.get("spec") or {}
    out(0, "Lease:")
    out(1, f"HolderIdentity:\t{spec.get('holderIdentity', '<unset>')}")
    out(1, f"AcquireTime:\t{time(spec.get('acquireTime'))}")
    out(1, f"RenewTime:\t{time(spec.get('renewTime'))}")


def _conditions(out: Text, conditions: list[Json]) -> None:
    if not conditions:
        return
    names = [c[0].upper() + c[1:] for c in _CONDITION]
    out(0, "Conditions:")
    out(1, "\t".join(names))
    out(1, "\t".join("-" * len(n) for n in names))
    for c in conditions:
        out(1, " \t".join([c["type"], c["status"], moment(c.get("lastHeartbeatTime")),
                           moment(c.get("lastTransitionTime")),
                           c.get("reason", ""), c.get("message", "")]))  # fmt: skip


def _pods(out: Text, pods: list[Json], status: Json) -> None:
    from kubectl_lite.describers.amounts import Amounts

    amounts = Amounts(status.get("allocatable") or {})
    out(0, f"Non-terminated Pods:\t({len(pods)} in total)")
    out(1, "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge")
    out(1, "---------\t----\t\t------------\t----------\t---------------\t-------------\t---")
    for pod in sorted(pods, key=lambda p: (p["metadata"]["namespace"], p["metadata"]["name"])):
        meta = pod["metadata"]
        cells = [amounts.of_pod(pod, kind, name) for name in ("cpu", "memory") for kind in ("requests", "limits")]
        out(1, "\t".join([meta["namespace"], meta["name"], "", *cells, out.age(meta.get("creationTimestamp"))]))
    out(0, "Allocated resources:")
    out(1, "(Total limits may be over 100 percent, i.e., overcommitted.)")
    out(1, "Resource\tRequests\tLimits")
    out(1, "--------\t--------\t------")
    allocatable = status.get("allocatable") or {}
    pages = sorted(name for name in allocatable if name.startswith("hugepages-"))
    for name in ("cpu", "memory", "ephemeral-storage", *pages):
        out(1, "\t".join([name, amounts.total("requests", name), amounts.total("limits", name)]))
    for name in sorted(n for n in allocatable if n not in (*_MEASURED, *pages)):
        out(1, "\t".join([name, amounts.bare("requests", name), amounts.bare("limits", name)]))
