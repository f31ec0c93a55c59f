"""The repair of address books: runs beside the API servers' allocation, which is right by itself unless somebody
wrote to the store by hand, restored a backup, or an older version left something behind.

Run by `controllers.manager`. It calls `books` to decide. Source: k8s.io/kubernetes/pkg/registry/core/service/
ipallocator/controller. The keys of node ports are the API server's own, which repairs them itself; here doubles
show, and the younger Service gets another port.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from controllers.controller import Context, Controller
from controllers.ip_allocation import books
from kube.api.core_v1 import Service
from kube.api.networking_v1 import IPAddress, ServiceCIDR
from kube.apimachinery.errors import AlreadyExists, InternalError, NotFound
from kube.events import WARNING
from kube.informer import key_of
from kube.metrics import Counter

REPAIRS = Counter("ip_allocation_repairs_total", "Repairs of the books of Service addresses.", ("kind",))
PERIOD = 180.0


def by_address(service: Service) -> list[str]:
    """An index function: the addresses that a Service holds."""
    return books.addresses_of(service)


def by_node_port(service: Service) -> list[str]:
    return [f"{p.protocol or 'TCP'}/{p.nodePort}" for p in service.spec.ports if p.nodePort]


class IPAllocationController(Controller):
    """The key is ("service", namespace, name) or ("ipaddress", "", name).

    1. Nothing is released of which the server has not just said that no Service uses it.
    2. Every Service and every IPAddress is looked at when it changes, and all every three minutes.
    """

    name = "ip-allocation-controller"
    workers = 2

    def __init__(self, context: Context):
        super().__init__(context)
        self.events = context.recorder("ipallocator-repair-controller")
        self.services = self.informer(Service, by_address=by_address, by_node_port=by_node_port)
        self.addresses = self.informer(IPAddress)
        self.cidrs = self.informer(ServiceCIDR)
        self.services.add_handler(self._service_seen, self._service_updated, self._service_gone)
        self.addresses.add_handler(self._address_seen, lambda _old, new: self._address_seen(new), self._address_gone)

    def background(self) -> Iterable[Any]:
        yield self.every(PERIOD, self._look_at_all)

    async def _look_at_all(self) -> None:
        for service in self.services.list():
            self._service_seen(service)
        for address in self.addresses.list():
            self._address_seen(address)

    async def sync(self, key: tuple[str, str, str]) -> str | None:
        kind, namespace, name = key
        if kind == "service":
            service = self.services.get(namespace, name)
            return await self._check_service(service) if service is not None else None
        address = self.addresses.get("", name)
        return await self._check_address(address) if address is not None else None

    # ---- a Service ----

    async def _check_service(self, service: Service) -> str | None:
        if books.needs_address(service):
            await self.client.update(service)  # as it is: the API server allocates what is missing
            REPAIRS.inc("adopted")
            return "asked for an address"
        said = [await self._check_booking(service, ip) for ip in books.addresses_of(service)]
        if doubled := self._doubled_ports(service):
            said.append(await self._move_ports(service, doubled))
        return "; ".join(part for part in said if part)

    async def _check_booking(self, service: Service, ip: str) -> str | None:
        booked = self.addresses.get("", ip)
        if booked is None:
            return await self._book(service, ip)
        holder = books.parent_key(booked)
        if holder == key_of(service):
            return self._check_range(service, ip)
        other = await self._service(*holder) if holder else None
        if other is not None and ip in books.addresses_of(other):
            text = f"Cluster IP [{books.family_of(ip)}]:{ip} was assigned to multiple services; please recreate service"
            self.events.event(service, WARNING, "ClusterIPAlreadyAllocated", text)
            REPAIRS.inc("doubled")
            return f"{ip} is held by {'/'.join(holder)} too"
        spec = booked.spec.model_copy(update={"parentRef": books.parent_of(service)})
        await self.client.update(booked.model_copy(update={"spec": spec}))
        REPAIRS.inc("repointed")
        return f"took over the booking of {ip}"

    async def _book(self, service: Service, ip: str) -> str | None:
        fresh = await self._service(*key_of(service))
        if fresh is None or ip not in books.addresses_of(fresh):
            return None  # it has gone, and its booking with it, in one transaction
        try:
            await self.client.create(books.booking(ip, service))
        except AlreadyExists:
            return None  # on its way to us
        REPAIRS.inc("booked")
        text = f"Cluster IP [{books.family_of(ip)}]: {ip} is not allocated; repairing"
        self.events.event(service, WARNING, "ClusterIPNotAllocated", text)
        return f"booked {ip}"

    def _check_range(self, service: Service, ip: str) -> str | None:
        cidrs = [cidr for one in self.cidrs.list() for cidr in one.spec.cidrs]
        if not cidrs or books.is_in(ip, cidrs):
            return None
        family = books.family_of(ip)
        text = f"Cluster IP [{family}]: {ip} is not within any configured Service CIDR; please recreate service"
        self.events.event(service, WARNING, "ClusterIPOutOfRange", text)
        return f"{ip} is out of range"

    def _doubled_ports(self, service: Service) -> list[tuple[str, int]]:
        holders = [other for port in by_node_port(service) for other in self.services.by_index("by_node_port", port)]
        return books.doubled_ports(service, holders)

    async def _move_ports(self, service: Service, doubled: list[tuple[str, int]]) -> str:
        """The API server claims the new ports in the write, so a choice that somebody else makes too is refused, and
        made again."""
        moved = books.with_other_ports(service, doubled, self._free_ports())
        for _, port in doubled:
            text = f"Port {port} was assigned to multiple services; this one gets another"
            self.events.event(service, WARNING, "PortAlreadyAllocated", text)
        await self.client.update(moved)
        REPAIRS.inc("moved")
        return f"node ports {', '.join(str(port) for _, port in doubled)} are an older Service's: moved"

    def _free_ports(self) -> Iterator[int]:
        """Raises InternalError when there is none."""
        first, last = self.context.node_port_range
        taken = {int(value.partition("/")[2]) for value in self.services.store.index_values("by_node_port")}
        free = [port for port in range(first, last + 1) if port not in taken]
        if not free:
            raise InternalError("every node port is taken")
        yield from self.context.random.sample(free, min(len(free), 100))

    # ---- an IPAddress ----

    async def _check_address(self, address: IPAddress) -> str | None:
        if address.metadata.labels.get(books.MANAGED_BY) != books.MANAGER:
            return None  # somebody else's allocator booked it
        holder = books.parent_key(address)
        service = self.services.get(*holder) if holder else None
        if service is not None and address.metadata.name in books.addresses_of(service):
            return None
        users = self.services.by_index("by_address", address.metadata.name)
        if users:
            self._service_seen(users[0])  # it takes the booking over
            return None
        service = await self._service(*holder) if holder else None
        if service is not None and address.metadata.name in books.addresses_of(service):
            return None
        return await self._release(address, *books.why_released(address, service))

    async def _release(self, address: IPAddress, reason: str, text: str) -> str | None:
        """Said only when it was so: the API server removes a Service's addresses with it, in one transaction, and the
        two watches tell of it one after the other."""
        meta = address.metadata
        try:
            # With the revision: an allocation that has just taken the name over must win.
            await self.client.delete(IPAddress, meta.name, uid=meta.uid, resource_version=meta.resourceVersion)
        except NotFound:
            return None
        self.events.event(address, WARNING, reason, text)
        REPAIRS.inc("released")
        return "released: no Service uses it"

    async def _service(self, namespace: str, name: str) -> Service | None:
        """From the server: caches must not decide what is released."""
        try:
            return await self.client.get(Service, name, namespace)
        except NotFound:
            return None

    # ---- what wakes it ----

    def _service_seen(self, service: Service) -> None:
        self.queue.add(("service", *key_of(service)))

    def _service_updated(self, old: Service, service: Service) -> None:
        self._service_seen(service)
        self._wake_addresses(old)

    def _service_gone(self, service: Service) -> None:
        self._wake_addresses(service)

    def _wake_addresses(self, service: Service) -> None:
        for ip in books.addresses_of(service):
            if ("", ip) in self.addresses.store:
                self.queue.add(("ipaddress", "", ip))

    def _address_seen(self, address: IPAddress) -> None:
        self.queue.add(("ipaddress", "", address.metadata.name))

    def _address_gone(self, address: IPAddress) -> None:
        for service in self.services.by_index("by_address", address.metadata.name):
            self._service_seen(service)
