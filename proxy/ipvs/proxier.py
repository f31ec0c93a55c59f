"""The IPVS dataplane: changes become operations, operations become batches, and the kernel is compared now and then.

Called by `proxy.runner`. It calls `lower`, `plan`, `kernel` and `draining`. It leaves out timing: it is told when.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from proxy.dataplane import Change, Outcome
from proxy.inspected import Inspected
from proxy.ipvs import rules
from proxy.ipvs.draining import Draining
from proxy.ipvs.inspect import inspect, read
from proxy.ipvs.kernel import Kernel
from proxy.ipvs.lower import Here, Lowered, Wanted, lower, merge
from proxy.ipvs.messages import Destination
from proxy.ipvs.operations import (
    AddDestination,
    DeleteDestination,
    DeleteServer,
    DrainDestination,
    Member,
    Operation,
    RestoreDestination,
    Settings,
)
from proxy.ipvs.plan import in_order, plan_change, plan_server, plan_shared
from proxy.model.desired import Identity, ServiceState
from proxy.model.objects import Key
from proxy.model.shared import Shared

DRAIN_POLL_SECONDS = 1.0

Attributed = list[tuple[Key | None, Operation]]
"""Operations, each with the Service it is for; None: shared by several."""


class IpvsProxier:
    """See `proxy.dataplane.Dataplane`."""

    mode = "ipvs"

    def __init__(
        self,
        kernel: Kernel,
        node_port_addresses: Callable[[list[str]], list[str]],
        scheduler: str = "rr",
        draining: Draining | None = None,
        dry_run: bool = False,
    ):
        """`node_port_addresses` chooses those that node ports are open on, of the node's own."""
        self._kernel, self._choose, self._scheduler = kernel, node_port_addresses, scheduler
        self._draining = Draining() if draining is None else draining
        self._dry_run = dry_run
        self._shared: Shared[str | Member] = Shared()
        self._here = Here((), frozenset(), scheduler)

    def sync(self, changes: Iterable[Change]) -> Outcome:
        changes = list(changes)
        olds = [lower(change.old, self._here) for change in changes]
        news = [lower(change.new, self._here) for change in changes]
        for old, new in zip(olds, news, strict=True):
            self._share(old, new)
        # Planned as one, so that an address and port that moves from one Service to another is edited, not deleted.
        servers = plan_change(merge(olds), merge(news))
        owners = {
            i: change.key
            for change, old, new in zip(changes, olds, news, strict=True)
            for i in (*old.servers, *new.servers)
        }
        operations: Attributed = [(owners[operation.server], operation) for operation in servers]
        operations += [(None, operation) for operation in plan_shared(*self._shared.take())]
        outcome = self._execute(operations)
        self._forget(change for change in changes if change.key in outcome.failures)
        return outcome

    def resync(self, states: Mapping[Key, ServiceState]) -> Outcome:
        problems = () if self._dry_run else tuple(self._kernel.prepare())
        own = self._kernel.own_addresses()
        self._here = Here(self._choose(own), frozenset(own), self._scheduler)
        found = self._kernel.servers()
        members, addresses = self._kernel.members(), self._kernel.bound_addresses()
        ours = _ours(found, addresses, members)
        operations, wanted = self._compare_servers(states, found)
        operations += [(None, DeleteServer(server)) for server in ours if server not in wanted]
        operations += [(None, operation) for operation in plan_shared(*self._compare_shared(members, addresses))]
        return self._execute(operations)._replace(problems=problems)

    def inspect(self, state: ServiceState) -> list[Inspected]:
        return inspect(read(self._kernel), self._here, state)

    def housekeeping(self, now: float) -> float | None:
        for server in self._draining.servers():
            destinations = self._kernel.destinations(server)
            self._draining.keep_only(server, {(d.address, d.port) for d in destinations})
            due = self._draining.due(server, destinations, now)
            self._kernel.execute(due)
            for operation in due:
                self._draining.stop(operation[:3])
        return DRAIN_POLL_SECONDS if len(self._draining) else None

    def cleanup(self) -> None:
        ours = _ours(self._kernel.servers(), self._kernel.bound_addresses(), self._kernel.members())
        self._kernel.remove_everything(ours)

    def close(self) -> None:
        self._kernel.close()

    def _forget(self, changes: Iterable[Change]) -> None:
        """These failed and will be tried again from their old state: what they share is not counted yet."""
        for change in changes:
            self._share(lower(change.new, self._here), lower(change.old, self._here))
        self._shared.take()

    def _share(self, old: Lowered, new: Lowered) -> None:
        self._shared.add([*(new.members - old.members), *(new.addresses - old.addresses)])
        self._shared.remove([*(old.members - new.members), *(old.addresses - new.addresses)])

    def _compare_servers(
        self, states: Mapping[Key, ServiceState], found: Mapping[Identity, Settings]
    ) -> tuple[Attributed, set[Identity]]:
        """What makes the virtual servers right, and which there are to be. Counts anew what is shared."""
        self._shared = Shared()
        wanted: dict[Identity, tuple[Key, Wanted]] = {}
        for key, state in states.items():
            lowered = lower(state, self._here)
            self._shared.add([*lowered.members, *lowered.addresses])
            wanted.update((identity, (key, server)) for identity, server in lowered.servers.items())
        operations: Attributed = []
        for identity, there in self._kernel.table():
            if identity in wanted:
                key, server = wanted[identity]
                there = self._but_draining(server, there)
                operations += [(key, operation) for operation in plan_server(server, found.get(identity), there)]
        for identity in wanted.keys() - found.keys():
            key, server = wanted[identity]
            operations += [(key, operation) for operation in plan_server(server, None, ())]
        return operations, set(wanted)

    def _but_draining(self, server: Wanted, there: Sequence[Destination]) -> Sequence[Destination]:
        """Without those that are on their way out as they should be."""
        if not len(self._draining):
            return there
        serving = {backend[:2] for backend in server.backends}
        return [
            d for d in there
            if d.weight or (d.address, d.port) in serving or (server.identity, d.address, d.port) not in self._draining
        ]  # fmt: skip

    def _compare_shared(
        self, members: Sequence[Member], addresses: Sequence[str]
    ) -> tuple[list[str | Member], list[str | Member]]:
        self._shared.take()
        there: set[str | Member] = {*members, *addresses}
        return [item for item in self._shared if item not in there], [i for i in there if i not in self._shared]

    def _execute(self, operations: Attributed) -> Outcome:
        ordered = in_order(operations)
        plain = tuple(operation for _, operation in ordered)
        if self._dry_run:
            return Outcome(plain)
        failures = self._kernel.execute(plain)
        self._note_draining(operation for index, operation in enumerate(plain) if index not in failures)
        return Outcome(plain, {ordered[index][0]: f"{ordered[index][1]}: {error}" for index, error in failures.items()})

    def _note_draining(self, done: Iterable[Operation]) -> None:
        now = time.monotonic()
        drains = len(self._draining) > 0
        for operation in done:
            match operation:
                case DrainDestination():
                    self._draining.start(operation[:3], now)
                    drains = True
                case AddDestination() | RestoreDestination() | DeleteDestination() if drains:
                    self._draining.stop(operation[:3])
                case DeleteServer(server):
                    self._draining.forget(server)


def _ours(found: Mapping[Identity, Settings], addresses: Sequence[str], members: Sequence[Member]) -> list[Identity]:
    """The virtual servers that this proxy made: on an address that our dummy holds, or on a node port of our sets."""
    bound = set(addresses)
    bases = (rules.NODE_PORT, rules.NODE_PORT_LOCAL, rules.EXTERNAL_IP, rules.EXTERNAL_IP_LOCAL)
    names = {rules.set_name(base, family) for base in bases for family in (4, 6)}
    listed = {(m.address, m.protocol, m.port) for m in members if m.set in names}
    return [server for server in found if server.address in bound or server[1:] in listed]
