"""The repair of the node ports' books: keys that no Service holds go, and what a Service holds gets its key.

Run by the app in every API server. It calls the store alone. Allocation cannot leave such a thing behind, but a hand at
etcd, a restored backup or an older version can. Addresses are IPAddress objects, which clients see, so a controller
repairs those (`controllers.ip_allocation`). Source: kubernetes pkg/registry/core/service/portallocator/controller.

| a key names | and the port is held by | then |
|---|---|---|
| a Service that holds the port | it | nothing |
| anything | nobody | the key is released |
| another Service, or nothing readable | a Service | the key is written to its name |
| a Service that holds the port | another too | reported; a controller gives the younger one another port |
| (there is no key) | a Service | the key is written; of several Services the oldest gets it |

1. Nothing is written that is not still so at that moment: each repair is a transaction that checks the revision of the
   key and of the Service it was decided on. A key cannot become a Service's without being written, so a key of an
   unchanged revision that no Service held afterwards is nobody's.
2. A server that dies between two repairs leaves the rest to the next round, its own or another server's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from apiserver.registry.core.services import metrics
from apiserver.registry.core.services.claims import NODE_PORTS, belongs_to, node_ports, value
from apiserver.storage.interface import (
    ROOT,
    Absent,
    Check,
    CheckFailed,
    Delete,
    Op,
    Put,
    Storage,
    StorageError,
    Stored,
    Unchanged,
)
from kube.api.core_v1 import Service
from kube.clock import Clock, RealClock

log = logging.getLogger("apiserver.services")

SERVICES = f"{ROOT}services/specs/"
PERIOD = 180.0
_AT_ONCE = 100
_HOLDS_PORTS = (b'"nodePort":', b'"healthCheckNodePort":')


@dataclass(frozen=True)
class Fault:
    """What is wrong with one port, and the transaction that puts it right; without `ops` it is only reported.

    `kind` is upstream's: `leak`, `repair` (the key was missing or named another), `duplicate`.
    """

    kind: str
    key: str
    message: str
    checks: tuple[Check, ...] = ()
    ops: tuple[Op, ...] = ()

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True)
class Holder:
    """A Service that holds a node port, with the revision that says so."""

    stored: Stored
    service: Service

    @property
    def name(self) -> str:
        return f"{self.service.metadata.namespace}/{self.service.metadata.name}"


def faults(keys: Iterable[Stored], holders: Iterable[Holder]) -> Iterator[Fault]:
    """Compares the keys with what the Services hold. The keys must not be newer than the Services."""
    booked = {stored.key: stored for stored in keys}
    held: dict[str, list[Holder]] = {}
    for holder in sorted(holders, key=lambda h: (h.service.metadata.creationTimestamp or "", h.name)):
        for key in node_ports(holder.service):
            held.setdefault(key, []).append(holder)
    for key in sorted(booked.keys() | held.keys()):
        yield from _faults_of(key, booked.get(key), held.get(key, []))


def _faults_of(key: str, booked: Stored | None, holders: list[Holder]) -> Iterator[Fault]:
    port = key.removeprefix(NODE_PORTS)
    if not holders:
        text = f"the node port {port} may have leaked: no Service holds it; releasing it"
        yield Fault("leak", key, text, (Unchanged(key, booked.revision),), (Delete(key),))
        return
    if booked is None or not any(_is_of(booked, h.service) for h in holders):
        yield _book(key, booked, holders[0])
    if len(holders) > 1:
        names = ", ".join(h.name for h in holders)
        yield Fault("duplicate", key, f"the node port {port} was assigned to multiple services: {names}")


def _book(key: str, booked: Stored | None, holder: Holder) -> Fault:
    check = Absent(key) if booked is None else Unchanged(key, booked.revision)
    text = f"the node port {key.removeprefix(NODE_PORTS)} of service {holder.name} is not allocated; repairing"
    return Fault(
        "repair", key, text,
        (check, Unchanged(holder.stored.key, holder.stored.revision)),
        (Put(key, value(key, holder.service, "", "")),),
    )  # fmt: skip


def _is_of(booked: Stored, service: Service) -> bool:
    try:
        return belongs_to(booked, service)
    except (ValueError, AttributeError, TypeError):
        return False  # whatever that is, nobody's name can be read from it


class NodePortRepair:
    """One for each API server; those of several servers do no harm to each other."""

    def __init__(self, storage: Storage, clock: Clock | None = None):
        self._storage, self._clock = storage, clock or RealClock()

    async def run(self) -> None:
        """Now and every three minutes, until cancelled."""
        while True:
            try:
                await self.once()
            except StorageError as error:
                metrics.port_repair_failures.inc()
                log.warning("the node ports' books were not checked: %s", error)
            except Exception:  # what somebody wrote to etcd by hand need not be a Service
                metrics.port_repair_failures.inc()
                log.exception("the node ports' books were not checked")
            await self._clock.sleep(PERIOD)

    async def once(self) -> list[Fault]:
        """Looks at all and repairs what can be; returns what was wrong. Raises StorageError."""
        keys = (await self._storage.list(NODE_PORTS)).items
        found = []
        for fault in faults(keys, await self._holders()):
            if await self._mend(fault):
                metrics.port_repairs.inc(fault.kind)
                log.warning("%s", fault)
                found.append(fault)
        return found

    async def _holders(self) -> list[Holder]:
        """Read after the keys. Most Services hold no port, which shows without decoding them."""
        found = []
        for number, stored in enumerate((await self._storage.list(SERVICES)).items):
            if any(mark in stored.wire for mark in _HOLDS_PORTS):
                found.append(Holder(stored, Service.from_json(stored.data)))
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)
        return found

    async def _mend(self, fault: Fault) -> bool:
        """False when it was none: a Service that came or went while we looked."""
        if not fault.ops:
            return True
        try:
            await self._storage.commit(fault.checks, fault.ops)
        except CheckFailed:
            log.info("%s has changed meanwhile: left to the next round", fault.key)
            return False
        return True
