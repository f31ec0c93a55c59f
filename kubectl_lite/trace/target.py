"""What TO means on this cluster: the host, port and protocol to ask for, and whose Service that is.

Called by `send`. It calls the session and `places`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from kubectl_lite.debugging import Json, ask
from kubectl_lite.session import Session
from kubectl_lite.trace.places import Goal, Origin, address_of, choose_port, entrance


@dataclass
class Target:
    host: str = ""
    number: int = 0
    protocol: str = "TCP"
    service: Json | None = None
    port: Json = field(default_factory=dict)
    """The Service's port."""


async def find_target(session: Session, origin: Origin, goal: Goal, nodes: list[Json], family: str) -> Target:
    """Raises CommandError for what has no such port or address, StatusError for what does not exist."""
    if goal.kind == "svc":
        return await _of_service(session, origin, goal, nodes, family)
    host = goal.host
    if goal.kind:
        name, _, namespace = goal.name.partition(".")
        path = f"namespaces/{namespace or session.namespace}/pods" if goal.kind == "pod" else "nodes"
        host = address_of(await session.get(f"/api/v1/{path}/{name}"), family)
    number = int(goal.port) if goal.port.isdigit() else 0
    service, port = await meant(session, host, number, goal.protocol)
    return Target(host, number, goal.protocol or port.get("protocol") or "TCP", service, port)


async def _of_service(session: Session, origin: Origin, goal: Goal, nodes: list[Json], family: str) -> Target:
    name, _, domain = goal.name.partition(".")
    namespace = domain.partition(".")[0] or session.namespace
    service = await session.get(f"/api/v1/namespaces/{namespace}/services/{name}")
    if service["spec"].get("type") == "ExternalName" and goal.port.isdigit() and not service["spec"].get("ports"):
        service["spec"]["ports"] = [{"port": int(goal.port), "protocol": goal.protocol or "TCP"}]
    port = choose_port(service, goal.port, goal.protocol)
    host, number = entrance(origin, session.namespace, service, port, nodes, family)
    return Target(host, number, port.get("protocol") or "TCP", service, port)


async def meant(session: Session, host: str, number: int, protocol: str) -> tuple[Json | None, Json]:
    """Whose host and port these are: a Service's name, one of its addresses, or a node port."""
    listed = await ask(session, "/api/v1/services")
    for service in (listed.answer or {}).get("items") or ():
        for port in service["spec"].get("ports") or ():
            if _is_meant(service, port, host, number) and protocol in ("", port.get("protocol") or "TCP"):
                return service, port
    return None, {}


def _is_meant(service: Json, port: Json, host: str, number: int) -> bool:
    meta, spec = service["metadata"], service["spec"]
    names = (f"{meta['name']}.{meta['namespace']}", f"{meta['name']}.{meta['namespace']}.svc")
    known = [*(spec.get("clusterIPs") or ()), *(spec.get("externalIPs") or ()), *names, f"{names[1]}.cluster.local"]
    known += [one.get("ip") for one in (service.get("status") or {}).get("loadBalancer", {}).get("ingress") or ()]
    return (port["port"] == number and host in known) or port.get("nodePort") == number
