"""From pods to EndpointSlices: names of ports, families, slices that lag behind or lead astray. Pure.

Called by `kubectl_lite.why.judge`. It calls `workloads`.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_lite.why import workloads
from kubectl_lite.why.facts import Facts, Json
from kubectl_lite.why.finding import Finding, broken, note, ok
from kubectl_lite.why.objects import count, endpoint_condition, name, protocol, some, target_port

ENDPOINTS = "endpoints"
MANAGED_BY = "endpointslice.kubernetes.io/managed-by"


def port_names(facts: Facts) -> Iterator[Finding]:
    """A proxy joins the Service's port and the slice's by their name; a slice made by hand may have another."""
    for one in facts.slices:
        ports = one.get("ports") or []
        if not ports or not one.get("endpoints"):
            continue
        have = {(p.get("name") or "", p.get("protocol") or "TCP") for p in ports}
        for index, port in enumerate(facts.ports):
            wanted = (port.get("name") or "", protocol(port))
            if wanted not in have and not _of_other_pods(one, port):
                yield _misnamed(facts, one, ports, index, port)


def _by_hand(one: Json) -> bool:
    made_by = (one["metadata"].get("labels") or {}).get(MANAGED_BY, "")
    return not made_by.startswith(("endpointslice-controller", "endpointslicemirroring-controller"))


def _of_other_pods(one: Json, port: Json) -> bool:
    """The controller leaves a named port out of the slice of pods that lack it: that is told of the pods."""
    return not _by_hand(one) and isinstance(target_port(port), str)


def _misnamed(facts: Facts, one: Json, ports: list[Json], index: int, port: Json) -> Finding:
    shown = ", ".join(f"{p.get('name') or 'without a name'}/{p.get('protocol') or 'TCP'}" for p in ports)
    wanted = f"{port.get('name') or 'without a name'}/{protocol(port)}"
    at = min(index, len(ports) - 1)
    op = f'{{"op":"add","path":"/ports/{at}/name","value":"{port.get("name") or ""}"}}'
    if (ports[at].get("protocol") or "TCP") != protocol(port):
        op += f',{{"op":"add","path":"/ports/{at}/protocol","value":"{protocol(port)}"}}'
    return broken(
        ENDPOINTS, f"slice {name(one)} has no port {wanted}: its ports are {shown}",
        "the port of a slice must have the name and protocol of the Service's port",
        facts.line("patch", "endpointslice", name(one), "--type=json", f"-p '[{op}]'"),
    )  # fmt: skip


def families(facts: Facts) -> Iterator[Finding]:
    """Endpoints of the other family are of no use to a virtual IP."""
    if facts.is_headless or not facts.ready_endpoints:
        return
    have = {one.get("addressType", "IPv4") for one in facts.slices if one.get("endpoints")}
    for family in facts.families:
        if family not in have:
            others = ", ".join(sorted(have))
            what = f"the Service is {family}, its endpoints are {others} only"
            repair = facts.patch('{"ipFamilyPolicy":"PreferDualStack"}')
            yield (broken if not have & set(facts.families) else note)(
                ENDPOINTS, what, f"clients of the {family} address reach nobody", repair)  # fmt: skip


def endpoints(facts: Facts) -> Iterator[Finding]:
    found = [endpoint for _, endpoint in facts.endpoints()]
    ready = [e for e in found if endpoint_condition(e, "ready")]
    if ready:
        yield ok(ENDPOINTS, f"{count(len(ready), 'endpoint')} ready: {some(map(_address, ready))}")
    elif serving := [e for e in found if endpoint_condition(e, "serving") and endpoint_condition(e, "terminating")]:
        makers = workloads.of_selector(facts.workloads, facts.selector)
        words = ("scale", workloads.shown(makers[0]), "--replicas=N") if makers else ("get", "pods")
        yield broken(
            ENDPOINTS, f"only terminating endpoints are left: {some(map(_address, serving))}",
            "they get the traffic until they have ended; then there is nobody", facts.line(*words),
        )  # fmt: skip
    elif facts.ports:
        yield broken(ENDPOINTS, "there is no ready endpoint", "", facts.line("get", "pods"))
    yield from _behind(facts, ready)
    yield from _strangers(facts)
    yield from _silent(facts)


def _behind(facts: Facts, ready: list[Json]) -> Iterator[Finding]:
    """The slices should name exactly the pods that are ready."""
    if not facts.selector or facts.type == "ExternalName":
        return
    listed = {address for endpoint in ready for address in endpoint["addresses"]}
    lacking = [name(pod) for pod in facts.ready if not listed & set(_addresses(pod))]
    resolved = all(isinstance(target_port(port), int) for port in facts.ports)
    if lacking and resolved:
        yield broken(
            ENDPOINTS, f"{some(lacking)} is ready, and in no EndpointSlice",
            "the endpointslice controller has not followed", "see that it runs: lab logs controllers; lab up",
        )  # fmt: skip


def _strangers(facts: Facts) -> Iterator[Finding]:
    """A slice made by hand beside those of a selector: its addresses get their share of the clients."""
    if not facts.selector:
        return
    pods = {address for pod in facts.selected for address in _addresses(pod)}
    for one in filter(_by_hand, facts.slices):
        odd = sorted({a for e in one.get("endpoints") or () for a in e["addresses"]} - pods)
        if odd:
            dead = [a for a in odd if any(t.get("address") == a and t.get("error") for t in facts.endpoint_tries)]
            what = f"slice {name(one)}, made by hand, adds {some(odd)}, which is no pod of the selector"
            why = "a share of the clients goes there" + (f", and {some(dead)} does not answer" if dead else "")
            yield (broken if dead else note)(ENDPOINTS, what, why, facts.line("delete", "endpointslice", name(one)))


def _silent(facts: Facts) -> Iterator[Finding]:
    """Endpoints that a node could not connect to."""
    pods = {address: pod for pod in facts.selected for address in _addresses(pod)}
    slices = {a: one for one, endpoint in facts.endpoints() for a in endpoint["addresses"]}
    odd = {a for one in facts.slices if _by_hand(one) and facts.selector
           for e in one.get("endpoints") or () for a in e["addresses"]}  # fmt: skip
    for one in facts.endpoint_tries:
        address = one.get("address", "")
        if not one.get("error") or (address in odd and address not in pods):
            continue
        end = f"[{address}]:{one['port']}" if ":" in address else f"{address}:{one['port']}"
        what = f"{end} does not answer {one['from']}: {one['error'].removeprefix('connect: ')}"
        if address in pods:
            yield broken(ENDPOINTS, what, *_cut_off(facts, pods[address], one["error"]))
        else:
            why = "nobody is there, or not by that port; it was made by hand"
            yield broken(ENDPOINTS, what, why, _edit(facts, slices[address]))


def _cut_off(facts: Facts, pod: Json, error: str) -> tuple[str, str]:
    """Of a pod that is ready and does not answer: (why, repair)."""
    node = pod["spec"].get("nodeName", "")
    if "timed out" in error:
        why = f"that is pod {name(pod)} on {node}: packets are dropped on the way, as by a firewall of {node}"
        return why, f"lab exec {node} -- nft list ruleset, and let what goes to the pod's address in"
    return f"that is pod {name(pod)} on {node}", facts.line("describe", "pod", name(pod))


def _edit(facts: Facts, one: Json) -> str:
    """The command that corrects a slice; of one that is copied from Endpoints, these."""
    made_by = (one["metadata"].get("labels") or {}).get(MANAGED_BY, "")
    mirrored = made_by.startswith("endpointslicemirroring")
    return facts.line("edit", "endpoints", facts.name) if mirrored else facts.line("edit", "endpointslice", name(one))


def _addresses(pod: Json) -> list[str]:
    status = pod.get("status") or {}
    return [one["ip"] for one in status.get("podIPs") or ()] or [status.get("podIP", "")]


def _address(endpoint: Json) -> str:
    return (endpoint.get("addresses") or ["?"])[0]
