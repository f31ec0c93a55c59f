"""Cluster IPs and node ports, claimed in the very transaction that writes the Service.

Called by the Service strategy: `prepare` before validation, `plan` in its `allocate`, `release` in its `release`. It
calls the pure modules beside it and reads the watch cache. The claim of an address or a port is a key that must not
exist; etcd writes the Service and its claims together or not at all, so no crash and no second API server can give one
number twice or lose one. What is free is read from the cache, which may be late: who loses a race chooses again.

| the Service | addresses | node ports |
|---|---|---|
| ClusterIP | one for each family | none |
| headless | none | none |
| NodePort | as ClusterIP | one for each port number |
| LoadBalancer | as ClusterIP | as NodePort, unless `allocateLoadBalancerNodePorts` is false; one for health checks with `externalTrafficPolicy: Local` |
| ExternalName | none | none |

Source: kubernetes pkg/registry/core/service/storage/alloc.go, ipallocator, portallocator.
"""  # noqa: E501

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Sequence
from ipaddress import ip_address
from typing import Protocol

from apiserver.registry.core.services import families, metrics
from apiserver.registry.core.services.claims import (
    ADDRESSES,
    NODE_PORTS,
    address_key,
    belongs_to,
    claims,
    has_node_port_type,
    is_headless,
    needs_cluster_ip,
    needs_health_check_port,
    needs_node_ports,
    port_key,
    value,
)
from apiserver.registry.core.services.ranges import AddressRange, port_range
from apiserver.registry.generic.names import new_uid
from apiserver.registry.generic.strategy import Allocation, WriteContext
from apiserver.registry.networking.servicecidrs.ready import ready_cidrs
from apiserver.storage.interface import ROOT, Absent, Check, Delete, Items, Op, Put, Stored, Unchanged
from kube.api import scheme
from kube.api.core_v1 import Service
from kube.apimachinery import errors
from kube.apimachinery.errors import Path
from kube.apimachinery.meta_v1 import StatusCause, StatusDetails
from kube.apimachinery.times import format_time
from kube.clock import Clock, RealClock

ALREADY_ALLOCATED = "provided %s is already allocated"
NAMELESS = 'IPAddress.networking.k8s.io "%s" is invalid: spec.parentRef.name: Required value'
MISMATCHED_NETWORK = "the provided network does not match the current range"
SERVICE_CIDRS = f"{ROOT}servicecidrs/"
AVOID_SECONDS = 2.0
"""How long a number that was just given out, or lost to somebody, is left alone: until the cache knows of it."""


class Cache(Protocol):
    """What is needed of the watch cache."""

    def peek(self, key: str) -> Stored | None:
        """What is known now."""

    def peek_list(self, prefix: str) -> Items:
        """As `peek`, for all below a prefix: the same object until one of them changes."""

    async def get(self, key: str, *, revision: int | None = None) -> Stored | None: ...


class ServiceAllocator:
    """One for each API server. Several servers on one etcd need not know of each other."""

    def __init__(
        self,
        cache: Cache,
        cluster_ip_ranges: Sequence[str],
        node_port_range: str = "30000-32767",
        *,
        clock: Clock | None = None,
        rng: random.Random | None = None,
    ):
        """`cluster_ip_ranges`: `--service-cluster-ip-range`, one or one for each family; the first is the default."""
        self._cache, self._clock, self._rng = cache, clock or RealClock(), rng or random.Random()
        self._own_ranges = [AddressRange.parse(cidr) for cidr in cluster_ip_ranges]
        self._families = list(dict.fromkeys(own.family for own in self._own_ranges))
        self._ports = port_range(node_port_range)
        self._avoid: dict[str, float] = {}
        self._now = self._clock.now(), ""
        self._service_cidrs: Items | None = None
        self._ranges = self._own_ranges

    def show_in_metrics(self) -> None:
        """From now on this process's gauges show how full these ranges are."""
        metrics.watch(self._cache, self._all_ranges, self._ports)

    # ---- before validation ----

    def prepare(self, new: Service, old: Service | None) -> None:
        """Keeps what was allocated before, and sets families and policy. Raises Invalid for what this cluster cannot
        give."""
        if old is not None:
            families.keep_allocated(new, old)
        families.link_cluster_ips(new, old)
        found = families.default_families(new, old, self._families)
        if found:
            raise errors.invalid(scheme.by_type(Service), new.metadata.name, found)

    # ---- with the write ----

    async def plan(self, new: Service, old: Service | None, ctx: WriteContext) -> Allocation:
        """Chooses what the Service lacks, setting it in `new`, and says what must be written and removed with it.
        A dry run gets numbers that are not claimed. Raises Invalid, InternalError when a range is full."""
        undo = _undo(new)
        held = claims(old)
        if ctx.dry_run:  # no transaction will tell what the cache does not know yet
            await self._catch_up()
        await self._choose_addresses(new, old, held, dry_run=ctx.dry_run)
        if has_node_port_type(new):
            await (self._choose_new_ports(new) if old is None else self._choose_changed_ports(new, held))
        kept = old is not None and needs_health_check_port(old) and bool(new.spec.healthCheckNodePort)
        if needs_health_check_port(new) and not kept:
            await self._choose_health_check_port(new, held)
        wanted = claims(new)
        taken, given = sorted(wanted - held), sorted(held - wanted)
        if ctx.dry_run or not (taken or given):
            return Allocation()
        return Allocation(
            [Absent(key) for key in taken] + self._as_known(given),
            self._puts(taken, new) + self._deletes(given, new),
            lambda key: self._retry(key, undo),
        )

    def release(self, service: Service) -> Allocation | None:
        """What goes with the Service when it is removed."""
        given = sorted(claims(service))
        if not given:
            return None
        return Allocation(self._as_known(given), self._deletes(given, service), lambda _key: True)

    def _puts(self, keys: Sequence[str], service: Service) -> list[Op]:
        now = self._timestamp()
        return [Put(key, value(key, service, new_uid(), now)) for key in keys]

    def _timestamp(self) -> str:
        """Formatting it costs more than the rest of a small allocation; a second has many of those."""
        moment = self._clock.now().replace(microsecond=0)
        if moment != self._now[0]:
            self._now = moment, format_time(moment)
        return self._now[1]

    def _deletes(self, keys: Sequence[str], service: Service) -> list[Op]:
        return [Delete(key) for key in keys if (held := self._cache.peek(key)) is None or belongs_to(held, service)]

    def _as_known(self, keys: Sequence[str]) -> list[Check]:
        """What is removed because the cache knows it to be ours, or left because it is another's, must still be so."""
        return [Unchanged(key, held.revision) for key in keys if (held := self._cache.peek(key)) is not None]

    def _retry(self, key: str, undo: Callable[[], None]) -> bool:
        """Somebody was faster: forget what was chosen, and choose anew."""
        if not key.startswith((ADDRESSES, NODE_PORTS)):
            return False
        self._leave_alone([key])
        undo()
        return True

    # ---- addresses ----

    async def _choose_addresses(
        self, new: Service, old: Service | None, held: frozenset[str], *, dry_run: bool
    ) -> None:
        if not needs_cluster_ip(new) or is_headless(new) or not new.spec.ipFamilies:
            return
        if old is not None and is_headless(old) and needs_cluster_ip(old):
            return  # validation has refused an address for what was headless
        chosen = list(new.spec.clusterIPs)
        fixed = len(old.spec.clusterIPs) if old is not None and needs_cluster_ip(old) else 0
        for index, family in enumerate(new.spec.ipFamilies):
            if index < len(chosen):
                if index >= fixed and address_key(chosen[index]) not in held:
                    await self._claim_address(new, chosen[index], dry_run=dry_run)
            else:
                chosen.append(await self._free_address(family))
        new.spec.clusterIPs, new.spec.clusterIP = chosen, chosen[0]

    async def _claim_address(self, new: Service, address: str, *, dry_run: bool) -> None:
        """Raises Invalid when the address is in no range, or taken (which a dry run does not ask). An address belongs
        to a name: an IPAddress object that names no Service would be invalid."""
        why = self._why_not(int(ip_address(address)), families.family_of(address), address)
        if not why and not dry_run and not new.metadata.name:
            why = NAMELESS % address
        if not why and not dry_run and await self._is_taken(address_key(address)):
            why = ALREADY_ALLOCATED % "IP"
        self._count_address(address, failed=bool(why), dry_run=dry_run)
        if why:
            found = errors.invalid_value(
                Path("spec")["clusterIPs"], new.spec.clusterIPs, f"failed to allocate IP {address}: {why}"
            )
            raise errors.invalid(scheme.by_type(Service), new.metadata.name, [found])

    def _count_address(self, address: str, *, failed: bool, dry_run: bool) -> None:
        cidr = next((str(r.network) for r in self._all_ranges() if ip_address(address) in r.network), "")
        if cidr and not dry_run:
            (metrics.ip_errors if failed else metrics.ip_allocations).inc(cidr, metrics.STATIC)

    def _why_not(self, number: int, family: str, address: str) -> str:
        """Why no range has this address; empty when one has."""
        around = [r for r in self._all_ranges() if r.family == family and ip_address(address) in r.network]
        if not around:
            return MISMATCHED_NETWORK
        if any(number in r.bands for r in around):
            return ""
        return f"the provided IP ({address}) is not in the valid range. The range of valid IPs is {around[0].network}"

    async def _free_address(self, family: str) -> str:
        """Raises InternalError when every range of the family is full."""
        for certain in (False, True):
            for own in self._all_ranges():
                if own.family == family and (found := self._free_in(own)) is not None:
                    self._leave_alone([ADDRESSES + found])
                    metrics.ip_allocations.inc(str(own.network), metrics.DYNAMIC)
                    return found
            if not certain:
                await self._forget_what_is_late()
        for own in self._all_ranges():
            if own.family == family:
                metrics.ip_errors.inc(str(own.network), metrics.DYNAMIC)
        raise _internal("failed to allocate a serviceIP: range is full")

    def _free_in(self, own: AddressRange) -> str | None:
        found = own.bands.pick(lambda number: self._seems_taken(ADDRESSES + own.text(number)), self._rng)
        return None if found is None else own.text(found)

    def _all_ranges(self) -> list[AddressRange]:
        """The ranges of this server's flags, then those of the other ServiceCIDR objects that are ready."""
        newest = self._cache.peek_list(SERVICE_CIDRS)
        if newest is not self._service_cidrs:
            known = {str(own.network) for own in self._own_ranges}
            others = [AddressRange.parse(cidr) for cidr in ready_cidrs(newest) if cidr not in known]
            self._service_cidrs, self._ranges = newest, self._own_ranges + others
        return self._ranges

    # ---- node ports ----

    async def _choose_new_ports(self, new: Service) -> None:
        """Ports of one number (TCP and UDP, say) get one node port, unless told otherwise."""
        chosen: dict[int, int] = {}
        asked = {port.port: port.nodePort for port in reversed(new.spec.ports) if port.nodePort}
        for index, port in enumerate(new.spec.ports):
            if not port.nodePort and not needs_node_ports(new):
                continue
            known = chosen.get(port.port)
            if known is None:
                port.nodePort = asked.get(port.port, 0)
                if port.nodePort:
                    await self._claim_port(new, index, chosen.values())
                else:
                    port.nodePort = await self._free_port()
                chosen[port.port] = port.nodePort
            elif not port.nodePort:
                port.nodePort = known
            elif port.nodePort != known:
                await self._claim_port(new, index, chosen.values())

    async def _choose_changed_ports(self, new: Service, held: frozenset[str]) -> None:
        for index, port in enumerate(new.spec.ports):
            if port.nodePort:
                if port_key(port.nodePort) not in held:
                    await self._claim_port(new, index, ())
            elif needs_node_ports(new):
                port.nodePort = await self._free_port()

    async def _claim_port(self, new: Service, index: int, chosen: Collection[int]) -> None:
        """Raises Invalid when the node port of this port cannot be had."""
        asked = new.spec.ports[index].nodePort
        why = ALREADY_ALLOCATED % "port" if asked in chosen else await self._why_not_port(asked)
        (metrics.port_errors if why else metrics.port_allocations).inc(metrics.STATIC)
        if why:
            found = errors.invalid_value(Path("spec")["ports"][index]["nodePort"], asked, why)
            raise errors.invalid(scheme.by_type(Service), new.metadata.name, [found])

    async def _choose_health_check_port(self, new: Service, held: frozenset[str]) -> None:
        asked = new.spec.healthCheckNodePort
        if not asked:
            new.spec.healthCheckNodePort = await self._free_port()
        elif port_key(asked) not in held:
            why = await self._why_not_port(asked)
            if not why and any(port.nodePort == asked for port in new.spec.ports):
                why = ALREADY_ALLOCATED % "port"
            if why:
                found = errors.invalid_value(Path("spec")["healthCheckNodePort"], asked, why)
                raise errors.invalid(scheme.by_type(Service), new.metadata.name, [found])

    async def _why_not_port(self, port: int) -> str:
        if port not in self._ports:
            valid = f"{self._ports.first}-{self._ports.last}"
            return f"provided port is not in the valid range. The range of valid ports is {valid}"
        return ALREADY_ALLOCATED % "port" if await self._is_taken(port_key(port)) else ""

    async def _free_port(self) -> int:
        """Raises InternalError when all are taken."""
        for certain in (False, True):
            found = self._ports.pick(lambda number: self._seems_taken(port_key(number)), self._rng)
            if found is not None:
                self._leave_alone([port_key(found)])
                metrics.port_allocations.inc(metrics.DYNAMIC)
                return found
            if not certain:
                await self._forget_what_is_late()
        metrics.port_errors.inc(metrics.DYNAMIC)
        raise _internal("failed to allocate a nodePort: range is full")

    # ---- what is free ----

    def _seems_taken(self, key: str) -> bool:
        return self._cache.peek(key) is not None or self._avoid.get(key, 0.0) > self._clock.monotonic()

    async def _is_taken(self, key: str) -> bool:
        """For certain: who asks for a number that was given back a moment ago gets it."""
        if self._cache.peek(key) is None and key not in self._avoid:
            return False  # as far as we know, and the transaction will tell
        return await self._cache.get(key) is not None

    async def _forget_what_is_late(self) -> None:
        """Everything seems taken: wait until the cache is up to date, and count only what is there."""
        self._avoid.clear()
        await self._catch_up()

    async def _catch_up(self) -> None:
        """Whatever is asked for, the cache is up to date afterwards."""
        await self._cache.get(SERVICE_CIDRS)

    def _leave_alone(self, keys: Sequence[str]) -> None:
        now = self._clock.monotonic()
        while self._avoid and next(iter(self._avoid.values())) <= now:
            del self._avoid[next(iter(self._avoid))]
        for key in keys:
            self._avoid.pop(key, None)
            self._avoid[key] = now + AVOID_SECONDS


def _internal(why: str) -> errors.InternalError:
    return errors.InternalError(f"Internal error occurred: {why}", StatusDetails(causes=[StatusCause(message=why)]))


def _undo(service: Service) -> Callable[[], None]:
    """Puts the Service back as it is now."""
    spec = service.spec
    before = spec.clusterIP, list(spec.clusterIPs), spec.healthCheckNodePort
    ports = [port.nodePort for port in spec.ports]

    def undo() -> None:
        spec.clusterIP, spec.clusterIPs, spec.healthCheckNodePort = before[0], list(before[1]), before[2]
        for port, number in zip(spec.ports, ports, strict=True):
            port.nodePort = number

    return undo
