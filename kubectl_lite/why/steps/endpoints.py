"""From pods to EndpointSlices, and which of their endpoints a client may reach: names of ports, policies. Pure.

Called by `kubectl_lite.why.judge`. It calls nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_lite.why.facts import Facts, Json
from kubectl_lite.why.finding import Finding, broken, note, ok
from kubectl_lite.why.objects import count, endpoint_condition, name, protocol, some, target_port

ENDPOINTS, POLICY = "endpoints", "traffic policy"
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
            if wanted not in have and not _of_other_pods(facts, one, port):
                yield _misnamed(facts, one, ports, index, port)


def _of_other_pods(facts: Facts, one: Json, port: Json) -> bool:
    """The controller leaves a named port out of the slice of pods that lack it: that is told of the pods."""
    by_hand = not (one["metadata"].get("labels") or {}).get(MANAGED_BY, "").startswith("endpointslice-controller")
    return not by_hand and isinstance(target_port(port), str)


def _misnamed(facts: Facts, one: Json, ports: list[Json], index: int, port: Json) -> Finding:
    shown = ", ".join(f"{p.get('name') or 'without a name'}/{p.get('protocol') or 'TCP'}" for p in ports)
    wanted = f"{port.get('name') or 'without a name'}/{protocol(port)}"
    at = min(index, len(ports) - 1)
    op = f'[{{"op":"add","path":"/ports/{at}/name","value":"{port.get("name") or ""}"}}]'
    return broken(
        ENDPOINTS, f"slice {name(one)} has no port {wanted}: its ports are {shown}",
        "the port of a slice must have the name and protocol of the Service's port",
        f"kubectl_lite patch endpointslice {name(one)} {facts.command} --type=json -p '{op}'".replace("  ", " "),
    )  # fmt: skip


def endpoints(facts: Facts) -> Iterator[Finding]:
    found = [endpoint for _, endpoint in facts.endpoints()]
    ready = [e for e in found if endpoint_condition(e, "ready")]
    if ready:
        yield ok(ENDPOINTS, f"{count(len(ready), 'endpoint')} ready: {some(map(_address, ready))}")
    elif serving := [e for e in found if endpoint_condition(e, "serving") and endpoint_condition(e, "terminating")]:
        yield broken(
            ENDPOINTS, f"only terminating endpoints are left: {some(map(_address, serving))}",
            "they get the traffic until they have ended; then there is nobody",
            "scale up what should run, and see why no new pod is ready",
        )  # fmt: skip
    elif facts.ports:
        yield broken(ENDPOINTS, "there is no ready endpoint", "", f"kubectl_lite get pods {facts.command}".strip())
    yield from _behind(facts, ready)


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
            "the endpointslice controller has not followed", "see that it runs: lab logs controllers",
        )  # fmt: skip


def _addresses(pod: Json) -> list[str]:
    status = pod.get("status") or {}
    return [one["ip"] for one in status.get("podIPs") or ()] or [status.get("podIP", "")]


def _address(endpoint: Json) -> str:
    return (endpoint.get("addresses") or ["?"])[0]


def internal_policy(facts: Facts) -> Iterator[Finding]:
    """internalTrafficPolicy Local: a node's clients reach that node's endpoints only."""
    if facts.spec.get("internalTrafficPolicy") != "Local" or not facts.nodes:
        return
    if not (lacking := facts.nodes_without_endpoint()):
        yield ok(POLICY, "internalTrafficPolicy Local: every node has an endpoint")
        return
    yield broken(
        POLICY, f"clients on {some(lacking)} reach nobody: internalTrafficPolicy is Local",
        "there is no ready endpoint on that node, and packets do not leave it",
        facts.patch('{"internalTrafficPolicy":"Cluster"}') + ", or run a pod on every node (a DaemonSet)",
    )  # fmt: skip


def external_policy(facts: Facts) -> Iterator[Finding]:
    """externalTrafficPolicy Local: a node answers from outside with its own endpoints only."""
    if facts.spec.get("externalTrafficPolicy") != "Local" or not facts.nodes:
        return
    if not (lacking := facts.nodes_without_endpoint()):
        yield ok(POLICY, "externalTrafficPolicy Local: every node has an endpoint")
        return
    have = [node for node in facts.ready_nodes if node not in lacking]
    what = f"{some(lacking)} drops what comes from outside: externalTrafficPolicy is Local"
    why = "it has no ready endpoint of its own; " + (f"{some(have)} answers" if have else "no node has one")
    repair = facts.patch('{"externalTrafficPolicy":"Cluster"}')
    if facts.type == "LoadBalancer" and have:
        why += f"; a balancer learns it from port {facts.spec.get('healthCheckNodePort')}"
        yield note(POLICY, what, why, repair)
    else:
        yield broken(POLICY, what, why, repair + ", or ask a node that has one")
