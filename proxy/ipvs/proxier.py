"""The IPVS dataplane: changes become operations, operations become batches, and the kernel is compared now and then.

Called by `proxy.runner`. It calls `lower`, `plan`, `kernel` and `draining`. It leaves out timing: it is told when.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_address, ip_network

from proxy.dataplane import Change, Outcome
from proxy.inspected import Inspected
from proxy.ipvs import rules
from proxy.ipvs.draining import Draining
from proxy.ipvs.holdings import Holdings
from proxy.ipvs.inspect import inspect, read
from proxy.ipvs.kernel import Kernel
from proxy.ipvs.lower import Here, Lowered, Wanted, identities, lower, merge
from proxy.ipvs.messages import Destination
from proxy.ipvs.operations import (
    AddAddress,
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
from proxy.steps import at_once, outcomes, pages

DRAIN_POLL_SECONDS = 1.0
PLANNED, COMPARED = 1000, 20
"""Services in one step of a comparison, without and with asking the kernel: about ten milliseconds."""

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
        exclude: Sequence[str] = (),
    ):
        """`node_port_addresses` chooses those that node ports are open on, of the node's own. `exclude`: prefixes whose
        virtual servers are never removed as leaked."""
        self._kernel, self._choose, self._scheduler = kernel, node_port_addresses, scheduler
        self._draining = Draining() if draining is None else draining
        self._dry_run = dry_run
        self._exclude = [ip_network(prefix, strict=False) for prefix in exclude]
        self._shared: Shared[str | Member] = Shared()
        self._here: Here | None = None

    def sync(self, changes: Iterable[Change]) -> Outcome:
        assert self._here is not None, "the first comparison comes first"
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

    def compare(self, states: Mapping[Key, ServiceState]) -> Iterator[Outcome]:
        if not self._dry_run:
            yield Outcome(problems=tuple((yield from outcomes(self._kernel.prepare()))))
        before = dict(states)
        found = yield from outcomes(self._kernel.read())
        self._look_around(found, states)
        wanted: set[Identity] = set()
        for page in pages(before.values(), PLANNED):
            wanted.update(i for state in page for server in state.servers for i in identities(server, self._here))
            yield Outcome()
        yield self._execute(self._compare_shared(states, before, wanted, found))
        lacking = {item for item in self._shared if not isinstance(item, Member)} - found.bound
        for keys in pages(before, COMPARED):
            # What changed since the kernel was read has just been programmed.
            still = [(key, before[key]) for key in keys if states.get(key) is before[key]]
            yield self._execute(self._compare_servers(still, found.servers, lacking))

    def inspect(self, state: ServiceState) -> list[Inspected]:
        here = self._here or self._look(at_once(self._kernel.read()))
        return inspect(read(self._kernel, here, state), here, state)

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
        self._kernel.remove_everything(self._ours(at_once(self._kernel.read())))

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

    def _look_around(self, found: Holdings, states: Mapping[Key, ServiceState]) -> None:
        """The node's own addresses decide what a Service needs here. When they change, what is shared counts anew."""
        here = self._look(found)
        if here == self._here:
            return
        self._here, self._shared = here, Shared()
        for state in states.values():
            lowered = lower(state, here)
            self._shared.add([*lowered.members, *lowered.addresses])
        self._shared.take()

    def _look(self, found: Holdings) -> Here:
        return Here(self._choose(found.own), frozenset(found.own), self._scheduler)

    def _compare_shared(
        self,
        states: Mapping[Key, ServiceState],
        before: Mapping[Key, ServiceState],
        wanted: set[Identity],
        found: Holdings,
    ) -> Attributed:
        """Members of sets, and everything that nobody wants. Addresses that lack come with their virtual servers.

        `wanted` are the virtual servers as `before`: those of what changed since are added.
        """
        there: set[str | Member] = {*found.members, *found.bound}
        added = [item for item in self._shared if isinstance(item, Member) and item not in there]
        operations = plan_shared(added, [item for item in there if item not in self._shared])
        changed = [state for key, state in states.items() if before.get(key) is not state]
        wanted.update(i for state in changed for server in state.servers for i in identities(server, self._here))
        leaked = [server for server in self._ours(found) if server not in wanted]
        return [(None, operation) for operation in (*operations, *map(DeleteServer, leaked))]

    def _ours(self, found: Holdings) -> list[Identity]:
        """The virtual servers that this proxy made: on an address of our dummy, or on a node port of our sets."""
        bases = (rules.NODE_PORT, rules.NODE_PORT_LOCAL, rules.EXTERNAL_IP, rules.EXTERNAL_IP_LOCAL)
        names = {rules.set_name(base, family) for base in bases for family in (4, 6)}
        listed = {(m.address, m.protocol, m.port) for m in found.members if m.set in names}
        ours = [server for server in found.servers if server.address in found.bound or server[1:] in listed]
        if not self._exclude:
            return ours
        return [server for server in ours if not any(ip_address(server.address) in one for one in self._exclude)]

    def _compare_servers(
        self, states: Iterable[tuple[Key, ServiceState]], found: Mapping[Identity, Settings], lacking: set[str]
    ) -> Attributed:
        """What makes the virtual servers of these Services right."""
        operations: Attributed = []
        for key, state in states:
            lowered = lower(state, self._here)
            for identity, server in lowered.servers.items():
                settings = found.get(identity)
                there = self._kernel.destinations(identity) if settings else ()
                planned = plan_server(server, settings, self._but_draining(server, there))
                operations += [(key, operation) for operation in planned]
            operations += [(key, AddAddress(address)) for address in lowered.addresses & lacking]
        return operations

    def _but_draining(self, server: Wanted, there: Sequence[Destination]) -> Sequence[Destination]:
        """Without those that are on their way out as they should be."""
        if not len(self._draining):
            return there
        serving = {backend[:2] for backend in server.backends}
        return [
            d for d in there
            if d.weight or (d.address, d.port) in serving or (server.identity, d.address, d.port) not in self._draining
        ]  # fmt: skip

    def _execute(self, operations: Attributed) -> Outcome:
        ordered = in_order(operations)
        plain = tuple(operation for _, operation in ordered)
        if self._dry_run:
            return Outcome(plain)
        failures = self._kernel.execute(plain)
        if len(self._draining) or any(isinstance(operation, DrainDestination) for operation in plain):
            self._note_draining(operation for index, operation in enumerate(plain) if index not in failures)
        return Outcome(plain, {ordered[index][0]: f"{ordered[index][1]}: {error}" for index, error in failures.items()})

    def _note_draining(self, done: Iterable[Operation]) -> None:
        now = time.monotonic()
        for operation in done:
            match operation:
                case DrainDestination():
                    self._draining.start(operation[:3], now)
                case AddDestination() | RestoreDestination() | DeleteDestination():
                    self._draining.stop(operation[:3])
                case DeleteServer(server):
                    self._draining.forget(server)
