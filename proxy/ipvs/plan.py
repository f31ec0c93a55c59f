"""Decides the operations: from what a Service was to what it shall be, or from what the kernel has to what is wanted.

Called by `proxy.ipvs.proxier`. It calls `lower`. Pure. It leaves out sending, and when a drained destination goes.

Order matters to packets in flight: what makes a virtual server safe (masquerading, its entries in the sets) comes
before the server, its address after it; on the way out the reverse.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from proxy.ipvs.lower import Lowered, Wanted
from proxy.ipvs.messages import Destination
from proxy.ipvs.operations import (
    AddAddress,
    AddDestination,
    AddMember,
    AddServer,
    DeleteAddress,
    DeleteDestination,
    DeleteMember,
    DeleteServer,
    DrainDestination,
    EditServer,
    Member,
    Operation,
    RestoreDestination,
    Settings,
)
from proxy.model.desired import Identity

T = TypeVar("T")

_SERVERS = 1
_PHASE = {AddMember: 0, AddAddress: 2, DeleteAddress: 3, DeleteServer: 4, DeleteMember: 5}


def plan_change(old: Lowered, new: Lowered) -> list[Operation]:
    """The virtual servers of one Service, from one state to the next."""
    operations: list[Operation] = []
    for identity, wanted in new.servers.items():
        before = old.servers.get(identity)
        if before is None:
            operations += _create(wanted)
        elif before != wanted:
            operations += _change(before, wanted)
    return operations + [DeleteServer(identity) for identity in old.servers if identity not in new.servers]


def plan_shared(added: Iterable[str | Member], removed: Iterable[str | Member]) -> list[Operation]:
    """Addresses and members that are wanted from now on, or no more."""
    return [
        *(AddMember(item) if isinstance(item, Member) else AddAddress(item) for item in added),
        *(DeleteMember(item) if isinstance(item, Member) else DeleteAddress(item) for item in removed),
    ]


def plan_server(wanted: Wanted, settings: Settings | None, destinations: Iterable[Destination]) -> list[Operation]:
    """From what the kernel has of a virtual server (`settings` None: it has none) to what is wanted."""
    if settings is None:
        return _create(wanted)
    operations: list[Operation] = [EditServer(wanted.identity, wanted.settings)] if settings != wanted.settings else []
    missing = {(b.address, b.port) for b in wanted.backends}
    for found in destinations:
        at = (found.address, found.port)
        if at in missing:
            missing.discard(at)
            if found.weight != 1:
                operations.append(RestoreDestination(wanted.identity, *at))
        else:
            operations.append(_let_go(wanted.identity, *at))
    return operations + [AddDestination(wanted.identity, *at) for at in sorted(missing)]


def in_order(operations: list[tuple[T, Operation]]) -> list[tuple[T, Operation]]:
    """Operations of many Services, each with whom it is for, as they must be carried out."""
    return sorted(operations, key=lambda pair: _PHASE.get(type(pair[1]), _SERVERS))


def _create(wanted: Wanted) -> list[Operation]:
    identity, settings, backends = wanted
    return [AddServer(identity, settings), *(AddDestination(identity, a, p) for a, p, _ in backends)]


def _change(before: Wanted, wanted: Wanted) -> list[Operation]:
    identity = wanted.identity
    operations: list[Operation] = []
    if before.settings != wanted.settings:
        operations.append(EditServer(identity, wanted.settings))
    had, has = {b[:2] for b in before.backends}, {b[:2] for b in wanted.backends}
    operations += [AddDestination(identity, *at) for at in sorted(has - had)]
    operations += [_let_go(identity, *at) for at in sorted(had - has)]
    return operations


def _let_go(identity: Identity, address: str, port: int) -> Operation:
    """TCP connections may finish; UDP has none, and its conntrack entries must not keep packets going to a dead pod."""
    let_go = DrainDestination if identity.protocol == "TCP" else DeleteDestination
    return let_go(identity, address, port)
