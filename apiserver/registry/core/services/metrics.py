"""How much of the Service ranges is in use and what was repaired, under upstream's names.

Counted by `allocation` and `repair`; the gauges are asked of it when the page of metrics is made. It calls
`kube.metrics`. Source: k8s.io/kubernetes/pkg/registry/core/service/ipallocator/metrics.go, portallocator/metrics.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import Protocol

from apiserver.registry.core.services.claims import ADDRESSES, NODE_PORTS
from apiserver.registry.core.services.ranges import AddressRange, Bands
from apiserver.storage.interface import Stored
from kube.metrics import Counter, Gauge

STATIC, DYNAMIC = "static", "dynamic"
"""A number that was asked for by name, and one that was chosen."""

ip_allocations = Counter(
    "kube_apiserver_clusterip_allocator_allocation_total",
    "Number of Cluster IPs allocations", ("cidr", "scope"),
)  # fmt: skip
ip_errors = Counter(
    "kube_apiserver_clusterip_allocator_allocation_errors_total",
    "Number of errors trying to allocate Cluster IPs", ("cidr", "scope"),
)  # fmt: skip
port_allocations = Counter(
    "kube_apiserver_nodeport_allocator_allocation_total", "Number of NodePort allocations", ("scope",)
)
port_errors = Counter(
    "kube_apiserver_nodeport_allocator_allocation_errors_total",
    "Number of errors trying to allocate NodePort", ("scope",),
)  # fmt: skip
port_repairs = Counter(
    "apiserver_nodeport_repair_port_errors_total",
    "Number of errors detected on ports by the repair loop broken down by type of error: leak, repair, duplicate",
    ("type",),
)  # fmt: skip
port_repair_failures = Counter(
    "apiserver_nodeport_repair_reconcile_errors_total",
    "Number of reconciliation failures on the nodeport repair reconcile loop",
)


class Asked(Gauge):
    """Its values are asked for when the page is made."""

    ask: Callable[[], Mapping[tuple[str, ...], float]] | None = None

    def samples(self) -> Iterator[str]:
        if self.ask is not None:
            self.values = dict(self.ask())
        return super().samples()


ips_in_use = Asked(
    "kube_apiserver_clusterip_allocator_allocated_ips", "Gauge measuring the number of allocated IPs for Services",
    ("cidr",),
)  # fmt: skip
ips_free = Asked(
    "kube_apiserver_clusterip_allocator_available_ips", "Gauge measuring the number of available IPs for Services",
    ("cidr",),
)  # fmt: skip
ports_in_use = Asked(
    "kube_apiserver_nodeport_allocator_allocated_ports",
    "Gauge measuring the number of allocated NodePorts for Services",
)
ports_free = Asked(
    "kube_apiserver_nodeport_allocator_available_ports",
    "Gauge measuring the number of available NodePorts for Services",
)


class Cache(Protocol):
    def peek_list(self, prefix: str) -> Sequence[Stored]: ...


def watch(cache: Cache, ranges: Callable[[], Sequence[AddressRange]], ports: Bands) -> None:
    """From now on the gauges show what the cache knows of these ranges."""

    def addresses_in(own: AddressRange) -> int:
        numbers = (ip_address(stored.key.removeprefix(ADDRESSES)) for stored in cache.peek_list(ADDRESSES))
        return sum(number in own.network for number in numbers)

    def each(count: Callable[[AddressRange], float]) -> dict[tuple[str, ...], float]:
        return {(str(own.network),): float(count(own)) for own in ranges()}

    def size(bands: Bands) -> int:
        return bands.last - bands.first + 1

    def used_ports() -> int:
        return len(cache.peek_list(NODE_PORTS))

    ips_in_use.ask = lambda: each(addresses_in)
    ips_free.ask = lambda: each(lambda own: size(own.bands) - addresses_in(own))
    ports_in_use.ask = lambda: {(): float(used_ports())}
    ports_free.ask = lambda: {(): float(size(ports) - used_ports())}
