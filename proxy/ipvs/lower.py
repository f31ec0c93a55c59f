"""One Service's state in the terms of IPVS: virtual servers, addresses to hold, members of sets.

Called by `proxy.ipvs.plan`. It calls nothing; pure. It leaves out what the sets mean to a packet (`rules`).
A node port becomes a virtual server on each of the node's addresses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from proxy.ipvs.operations import Member, Settings
from proxy.ipvs.rules import (
    CLUSTER_IP,
    EXTERNAL_IP,
    EXTERNAL_IP_LOCAL,
    IPVS_IPS,
    LOAD_BALANCER,
    LOAD_BALANCER_FW,
    LOAD_BALANCER_LOCAL,
    LOAD_BALANCER_SOURCE_CIDR,
    LOOP_BACK,
    NO_ENDPOINTS,
    NO_LOCAL,
    NO_LOCAL_EXTERNAL,
    NODE_PORT,
    NODE_PORT_LOCAL,
    set_name,
)
from proxy.model.desired import Backend, Identity, Reach, ServiceState, VirtualServer
from proxy.model.objects import family_of

_SETS = {
    (Reach.CLUSTER_IP, False): CLUSTER_IP,
    (Reach.CLUSTER_IP, True): CLUSTER_IP,
    (Reach.EXTERNAL_IP, False): EXTERNAL_IP,
    (Reach.EXTERNAL_IP, True): EXTERNAL_IP_LOCAL,
    (Reach.LOAD_BALANCER, False): LOAD_BALANCER,
    (Reach.LOAD_BALANCER, True): LOAD_BALANCER_LOCAL,
    (Reach.NODE_PORT, False): NODE_PORT,
    (Reach.NODE_PORT, True): NODE_PORT_LOCAL,
}


class Wanted(NamedTuple):
    """A virtual server with its settings and destinations."""

    identity: Identity
    settings: Settings
    backends: tuple[Backend, ...]


class Lowered(NamedTuple):
    """What one Service needs in the kernel. Addresses and members may be wanted by several Services."""

    servers: dict[Identity, Wanted]
    addresses: set[str]
    members: set[Member]


class Here(NamedTuple):
    """What of this node lowering depends on: its addresses for node ports, all its own addresses, the scheduler."""

    node_port_addresses: Sequence[str]
    own_addresses: frozenset[str] = frozenset()
    scheduler: str = "rr"


def lower(state: ServiceState, here: Here) -> Lowered:
    """What the Service needs in this node's kernel."""
    servers: dict[Identity, Wanted] = {}
    addresses: set[str] = set()
    members: set[Member] = set()
    for server in state.servers:
        settings = Settings(server.scheduler or here.scheduler, server.affinity_seconds)
        backends = _backends(server)
        for identity in identities(server, here):
            servers[identity] = Wanted(identity, settings, backends)
            members.update(_members(server, identity))
            # An external IP that is one of the node's own addresses is there already, and its other ports stay open.
            if server.reach is not Reach.NODE_PORT and identity.address not in here.own_addresses:
                addresses.add(identity.address)
                members.add(Member(set_name(IPVS_IPS, identity.family), identity.address))
    return Lowered(servers, addresses, members)


def merge(parts: Iterable[Lowered]) -> Lowered:
    """Several Services as one."""
    merged = Lowered({}, set(), set())
    for part in parts:
        merged.servers.update(part.servers)
        merged.addresses.update(part.addresses)
        merged.members.update(part.members)
    return merged


def identities(server: VirtualServer, here: Here) -> Iterator[Identity]:
    """The virtual servers that one of the model's becomes: for a node port, one on each of its addresses."""
    if server.reach is not Reach.NODE_PORT:
        yield server.identity
        return
    for address in here.node_port_addresses:
        if family_of(address) == server.identity.family:
            yield server.identity._replace(address=address)


def _backends(server: VirtualServer) -> tuple[Backend, ...]:
    """With externalTrafficPolicy Local this node's endpoints serve all; with none here, clients inside reach the others
    (and those outside are dropped, see NO_LOCAL_EXTERNAL)."""
    return server.outside or server.endpoints


def _members(server: VirtualServer, identity: Identity) -> Iterator[Member]:
    family, address, protocol, port = identity

    def member(base: str, source: str = "") -> Member:
        return Member(set_name(base, family), address, protocol, port, source)

    yield member(_SETS[server.reach, server.outside is not None])
    if not server.endpoints:
        yield member(NO_ENDPOINTS if server.refuse else NO_LOCAL)
    if server.outside == () and server.endpoints:
        yield member(NO_LOCAL_EXTERNAL)
    if server.source_ranges:
        yield member(LOAD_BALANCER_FW)
        for prefix in server.source_ranges:
            for part in _halves(prefix):
                yield member(LOAD_BALANCER_SOURCE_CIDR, part)
    for backend in _backends(server):
        if backend.local:
            yield Member(set_name(LOOP_BACK, family), backend.address, protocol, backend.port, backend.address)


def _halves(prefix: str) -> tuple[str, ...]:
    """ipset refuses a prefix of length 0; two of length 1 say the same."""
    if not prefix.endswith("/0"):
        return (prefix,)
    return ("::/1", "8000::/1") if ":" in prefix else ("0.0.0.0/1", "128.0.0.0/1")
