"""The lab's cloud provider: for each Service of type LoadBalancer, rules and addresses on the balancer host.

Called by `controllers.service_lb`, through the interface in `controllers.service_lb.cloud`. It calls the pool, the
rules, the host, the health checks and the publisher, each of which knows nothing of Services. It keeps nothing on
disk: after a restart the Services say what they had.

    a Service -> Wanted (ports, sources, nodes by name) -> which nodes are healthy -> Balancer -> rules -> nft
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from kube.api.core_v1 import LoadBalancerIngress, LoadBalancerStatus, Node, Service
from kube.client import Client
from lab.balancer import direct
from lab.balancer.health import HealthChecks, Target
from lab.balancer.host import Host
from lab.balancer.pool import Pool
from lab.balancer.publish import LOOPBACK, Publisher
from lab.balancer.rules import Balancer, Port, render

log = logging.getLogger("lab.balancer")

PUBLISHED = "kube-lite.local/published-at"
"""The annotation that says where on the machine's loopback the balancer's ports are."""
SOURCE_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
PROXY_HEALTH_PORT = 10256


class CloudError(Exception):
    """This cloud cannot build what is asked for; the text goes into an event."""


@dataclass(frozen=True)
class Wanted:
    """What a Service asks of the balancer host, and the nodes that it may lead to."""

    balancer: Balancer
    targets: tuple[Target, ...]


class LabLoadBalancers:
    """Implements `controllers.service_lb.cloud.LoadBalancers`.

    1. One change of the host at a time; each is made from all that is wanted, so the last one is right.
    2. An address is on the host before the Service's status names it, and off it before another may have it.
    """

    def __init__(self, client: Client, pool: Pool, host: Host, publisher: Publisher):
        self.client, self.pool, self.host, self.publisher = client, pool, host, publisher
        self.health = HealthChecks(self._health_changed)
        self._wanted: dict[str, Wanted] = {}
        self._used: dict[str, frozenset[str]] = {}
        self._lock = asyncio.Lock()

    async def restore(self, services: Iterable[tuple[Service, Sequence[Node]]]) -> None:
        """Takes over what an earlier run built, without a gap for its traffic."""
        for service, nodes in services:
            if addresses := [i.ip for i in service.status.loadBalancer.ingress if i.ip in self.pool]:
                self.pool.restore(service.metadata.uid, addresses)
                self._wanted[service.metadata.uid] = wanted(service, nodes, addresses)
        await self._apply()

    # ---- the interface ----

    async def ensure(self, service: Service, nodes: Sequence[Node]) -> LoadBalancerStatus:
        """Raises CloudError, PoolError, HostError, StatusError."""
        uid, spec = service.metadata.uid, service.spec
        if spec.allocateLoadBalancerNodePorts is False or not all(port.nodePort for port in spec.ports):
            raise CloudError("this balancer leads to node ports, and not every port of the Service has one")
        addresses = self.pool.allocate(uid, spec.ipFamilies or ["IPv4"], spec.loadBalancerIP)
        self._wanted[uid] = wanted(service, nodes, addresses)
        await self._apply()
        await self._publish(service, addresses)
        log.info("%s/%s: %s", service.metadata.namespace, service.metadata.name, ", ".join(addresses))
        return LoadBalancerStatus(ingress=[LoadBalancerIngress(ip=address, ipMode="VIP") for address in addresses])

    async def update_nodes(self, service: Service, nodes: Sequence[Node]) -> None:
        uid = service.metadata.uid
        self._wanted[uid] = wanted(service, nodes, self._wanted[uid].balancer.addresses)
        await self._apply()

    async def ensure_deleted(self, service: Service) -> None:
        uid = service.metadata.uid
        self._wanted.pop(uid, None)
        await self.publisher.withdraw(uid)
        await self._apply()
        self.pool.release(uid)
        await self._annotate(service, "")
        log.info("%s/%s: gone", service.metadata.namespace, service.metadata.name)

    # ---- the host ----

    async def _apply(self) -> None:
        async with self._lock:
            await self.health.set_targets({t for one in self._wanted.values() for t in one.targets})
            await self._load()

    async def _load(self) -> None:
        balancers = [with_healthy_nodes(one, self.health) for one in self._wanted.values()]
        addresses = [address for one in balancers for address in one.addresses]
        pool = [address for addresses in self.pool.ranges.values() for address in addresses]
        await self.host.set_addresses(addresses, pool)
        await self.host.load(render(balancers) + direct.render(balancers, self.host.device))
        used = {address: frozenset(one.nodes) for one in balancers for address in one.addresses}
        for address, nodes in self._used.items():
            for node in nodes - used.get(address, frozenset()):
                if (":" in node) == (":" in address):
                    await self.host.forget(address, node)
        self._used = used

    async def _health_changed(self, changed: set[Target]) -> None:
        for target in sorted(changed):
            log.info("%s:%d is %s", target.node, target.port, "healthy" if self.health.healthy(target) else "unhealthy")
        async with self._lock:
            await self._load()

    # ---- the machine's loopback ----

    async def _publish(self, service: Service, addresses: Sequence[str]) -> None:
        ports = [port.port for port in service.spec.ports if port.protocol != "UDP"]
        before = parse_published(service.metadata.annotations.get(PUBLISHED, ""))
        published = await self.publisher.publish(service.metadata.uid, addresses[0], ports, before)
        await self._annotate(service, ",".join(f"{LOOPBACK}:{port}" for port in published))

    async def _annotate(self, service: Service, text: str) -> None:
        meta = service.metadata
        if meta.annotations.get(PUBLISHED, "") != text:
            body = {"metadata": {"annotations": {PUBLISHED: text or None}}}
            await self.client.patch(Service, meta.name, meta.namespace, body, "merge")


# ---- pure ----


def wanted(service: Service, nodes: Sequence[Node], addresses: Sequence[str]) -> Wanted:
    """What a Service asks for, on these addresses."""
    meta, spec = service.metadata, service.spec
    balancer = Balancer(
        service=f"{meta.namespace}/{meta.name}",
        addresses=tuple(addresses),
        ports=tuple(Port(port.protocol or "TCP", port.port, port.nodePort) for port in spec.ports),
        source_ranges=source_ranges(service),
        sticky=spec.sessionAffinity == "ClientIP",
        direct=spec.externalTrafficPolicy == "Local",
    )
    port = spec.healthCheckNodePort if spec.externalTrafficPolicy == "Local" else PROXY_HEALTH_PORT
    found = [Target(address, port) for node in nodes for address in node_addresses(node)]
    return Wanted(balancer, tuple(sorted(found)))


def source_ranges(service: Service) -> tuple[str, ...]:
    """Who may come: the field, else the annotation that was there before it; empty for everybody."""
    if service.spec.loadBalancerSourceRanges:
        return tuple(one.strip() for one in service.spec.loadBalancerSourceRanges)
    text = service.metadata.annotations.get(SOURCE_RANGES, "")
    return tuple(one.strip() for one in text.split(",") if one.strip())


def node_addresses(node: Node) -> list[str]:
    """The addresses at which a node's ports are reached from the lab network."""
    return [address.address for address in node.status.addresses if address.type == "InternalIP"]


def with_healthy_nodes(one: Wanted, health: HealthChecks) -> Balancer:
    healthy = tuple(target.node for target in one.targets if health.healthy(target))
    rest = tuple(target.node for target in one.targets if not health.healthy(target))
    return replace(one.balancer, nodes=healthy, draining=rest)


def parse_published(text: str) -> list[int]:
    """The ports in the annotation; none when it is not ours."""
    ports = [one.rpartition(":")[2] for one in text.split(",") if one]
    return [int(port) for port in ports] if all(port.isdecimal() for port in ports) else []
