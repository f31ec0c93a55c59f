"""The desired state of one Service: its virtual servers, each with the endpoints behind it.

Called by `proxy.planner`, once for every Service that changed. It calls `topology`. It leaves out how a dataplane
says it (`proxy.ipvs.lower`, `proxy.nftables.lower`) and what another Service may claim (`claims`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from proxy.model.objects import EndpointInfo, Key, NodeInfo, PortInfo, ServiceInfo, SliceInfo, family_of
from proxy.model.topology import Categories, categorize


class Reach(StrEnum):
    """By which kind of address a virtual server is reached."""

    CLUSTER_IP = "ClusterIP"
    EXTERNAL_IP = "ExternalIP"
    LOAD_BALANCER = "LoadBalancer"
    NODE_PORT = "NodePort"


class Backend(NamedTuple):
    """One endpoint's address and port; `local`: on this node, so a packet may come back to whoever sent it."""

    address: str
    port: int
    local: bool


class Identity(NamedTuple):
    """What no two virtual servers may share. A node port has no address: it is open on every node port address."""

    family: int
    address: str
    protocol: str
    port: int


class VirtualServer(NamedTuple):
    """One address, protocol and port that a Service answers on, and who answers.

    endpoints: for clients in the cluster; outside: for clients outside of it where they may only reach this node's
    endpoints (externalTrafficPolicy Local), else None: the same ones.
    refuse: with no endpoints at all, clients are refused; when only this node has none, packets are dropped.
    """

    identity: Identity
    reach: Reach
    name: str
    endpoints: tuple[Backend, ...]
    outside: tuple[Backend, ...] | None = None
    refuse: bool = True
    affinity_seconds: int = 0
    source_ranges: tuple[str, ...] = ()
    scheduler: str = ""

    def __str__(self) -> str:
        address = self.identity.address or "*"
        shown = f"[{address}]" if self.identity.family == 6 else address
        backends = " ".join(f"{b.address}:{b.port}" for b in self.endpoints) or "nobody"
        return f"{self.identity.protocol} {shown}:{self.identity.port} ({self.reach}, {self.name}) -> {backends}"


class HealthCheck(NamedTuple):
    """A health check node port and how many endpoints of its Service this node has."""

    port: int
    local_endpoints: int


class ServiceState(NamedTuple):
    """All that one Service wants of this node."""

    servers: tuple[VirtualServer, ...] = ()
    health: HealthCheck | None = None


NOTHING = ServiceState()


def lacks_local(state: ServiceState) -> set[tuple[int, str]]:
    """(family, `internal` or `external`) for each policy Local that finds nobody on this node, though others serve."""
    lacking = set()
    for server in state.servers:
        if server.outside == () and (server.endpoints or not server.refuse):
            lacking.add((server.identity.family, "external"))
        elif server.reach is Reach.CLUSTER_IP and not server.endpoints and not server.refuse:
            lacking.add((server.identity.family, "internal"))
    return lacking


def service_state(service: ServiceInfo | None, slices: Iterable[SliceInfo], node: NodeInfo) -> ServiceState:
    """What the Service wants of this node; NOTHING for one that is gone or not proxied."""
    if service is None or not service.ports:
        return NOTHING
    slices = list(slices)
    servers: list[VirtualServer] = []
    for port in service.ports:
        for family in dict.fromkeys(map(family_of, service.cluster_ips)):
            servers += _servers_of_port(service, port, family, slices, node)
    return ServiceState(tuple(servers), _health(service, slices, node))


def _servers_of_port(
    service: ServiceInfo, port: PortInfo, family: int, slices: list[SliceInfo], node: NodeInfo
) -> list[VirtualServer]:
    found = _endpoints_of_port(port, family, slices)
    wants_local = service.internal_local or service.external_local
    categories = categorize(list(found.values()), node, wants_local)
    cluster = _backends(categories.cluster, found, node)
    local = _backends(categories.local, found, node) if wants_local else ()
    name = f"{service.metadata.namespace}/{service.metadata.name}" + (f":{port.name}" if port.name else "")

    def server(reach: Reach, address: str, number: int) -> VirtualServer:
        inside = reach is Reach.CLUSTER_IP
        return VirtualServer(
            Identity(family, address, port.protocol, number),
            reach,
            name,
            local if inside and service.internal_local else cluster,
            local if service.external_local and not inside else None,
            _refuse(categories, local if inside and service.internal_local else cluster),
            service.affinity_seconds,
            _of_family(service.source_ranges, family) if reach is Reach.LOAD_BALANCER else (),
            service.scheduler,
        )

    servers = [server(reach, address, port.port) for reach, address in _addresses(service, family)]
    if port.node_port:
        servers.append(server(Reach.NODE_PORT, "", port.node_port))
    return servers


def _addresses(service: ServiceInfo, family: int) -> list[tuple[Reach, str]]:
    """The addresses in the order in which they win when one is named twice."""
    by_reach = {
        Reach.CLUSTER_IP: service.cluster_ips,
        Reach.EXTERNAL_IP: service.external_ips,
        Reach.LOAD_BALANCER: service.load_balancer_ips,
    }
    chosen: dict[str, Reach] = {}
    for reach, addresses in by_reach.items():
        for address in _of_family(addresses, family):
            chosen.setdefault(address, reach)
    return [(reach, address) for address, reach in chosen.items()]


def _endpoints_of_port(port: PortInfo, family: int, slices: list[SliceInfo]) -> dict[tuple[str, int], EndpointInfo]:
    """The endpoints that have this port, by address and number (which may differ between pods for a named port).

    While an endpoint moves from one slice to another it is in both: the ready entry counts.
    """
    found: dict[tuple[str, int], EndpointInfo] = {}
    for piece in slices:
        if piece.family != family:
            continue
        for name, protocol, number in piece.ports:
            if name == port.name and protocol == port.protocol:
                for endpoint in piece.endpoints:
                    at = (endpoint.address, number)
                    if at not in found or endpoint.ready:
                        found[at] = endpoint
    return found


def _backends(
    endpoints: Sequence[EndpointInfo], found: dict[tuple[str, int], EndpointInfo], node: NodeInfo
) -> tuple[Backend, ...]:
    """In a fixed order, so that equal sets compare equal."""
    if len(endpoints) == len(found):
        items: Iterable[tuple[tuple[str, int], EndpointInfo]] = found.items()
    else:
        chosen = {e.address for e in endpoints}
        items = [item for item in found.items() if item[0][0] in chosen]
    return tuple(sorted([Backend(address, port, e.node == node.name) for (address, port), e in items]))


def _refuse(categories: Categories, chosen: tuple[Backend, ...]) -> bool:
    return not chosen and not categories.any


def _of_family(addresses: Iterable[str], family: int) -> tuple[str, ...]:
    return tuple([a for a in addresses if family_of(a) == family])


def _health(service: ServiceInfo, slices: list[SliceInfo], node: NodeInfo) -> HealthCheck | None:
    if not service.health_check_node_port or not service.external_local:
        return None
    here = {e.address for s in slices for e in s.endpoints if e.ready and e.node == node.name}
    return HealthCheck(service.health_check_node_port, len(here))


def describe(states: dict[Key, ServiceState]) -> str:
    """The desired state as text, one virtual server a line."""
    return "\n".join(str(server) for key in sorted(states) for server in states[key].servers)
