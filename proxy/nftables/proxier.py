"""The nftables dataplane: changes become the lines of one transaction.

Called by `proxy.runner`. It calls `lower`, `plan`, `listing` and `kernel`. It leaves out timing: it is told when.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from proxy.dataplane import Change, Outcome
from proxy.inspected import Inspected
from proxy.model.desired import ServiceState
from proxy.model.objects import Key
from proxy.model.shared import Shared
from proxy.nftables.inspect import inspect
from proxy.nftables.kernel import Nft, NftError
from proxy.nftables.listing import Listing, parse, parse_in_steps
from proxy.nftables.lower import Element, Shareable, SharedChain, SharedMap, lower
from proxy.nftables.plan import EMPTY, Contents, add_to, create_table, merge, own, plan, unlike_elements
from proxy.nftables.skeleton import TABLE, Chain, Settings, chains, sets
from proxy.node_settings import Sysctl, ensure, ensure_forwarding
from proxy.steps import Steps, at_once, outcomes, pages

LOWERED = 200
"""Services in one step of a comparison: about ten milliseconds."""
MOST_PUT_OFF = 3
"""So many comparisons may give way to changes, one after the other; the next one makes changes wait."""


class NftablesProxier:
    """See `proxy.dataplane.Dataplane`."""

    mode = "nftables"

    def __init__(
        self, nft: Nft, families: Sequence[Settings], dry_run: bool = False, kernel_settings: Sequence[Sysctl] = ()
    ):
        self._nft, self._dry_run, self._kernel_settings = nft, dry_run, kernel_settings
        self._tables = [_Table(nft, settings) for settings in families]
        self._generation: int | None = None
        self._syncs = self._put_off = 0

    def sync(self, changes: Iterable[Change]) -> Outcome:
        changes = list(changes)
        self._syncs += 1
        lines = [line for table in self._tables for line in table.plan(changes)]
        if self._dry_run:
            return Outcome(tuple(lines))
        before = self._nft.generation()
        try:
            self._nft.run(lines)
        except NftError as error:
            return self._one_by_one(changes, str(error))
        # Unless somebody else wrote in between, the next resync has nothing to look at.
        if self._generation == before:
            self._generation = before + bool(lines)
        return Outcome(tuple(lines))

    def compare(self, states: Mapping[Key, ServiceState]) -> Iterator[Outcome]:
        if not self._dry_run:
            problems = ensure_forwarding(table.settings.family for table in self._tables)
            yield Outcome(problems=(*problems, *ensure(self._kernel_settings)))
        if self._nft.generation() == self._generation:
            return
        for last, patient in ((False, True), (False, True), (True, self._put_off < MOST_PUT_OFF)):
            before, syncs = self._nft.generation(), self._syncs
            planning = self._plan_compare(states)
            try:
                lines = (yield from outcomes(planning)) if patient else at_once(planning)
            except NftError as error:
                yield Outcome((), {None: str(error)})
                return
            # Changes may go in between, but then what was read is worth nothing. Who else writes may do so all the
            # time, and most likely to tables of their own: they are not waited for.
            if self._syncs == syncs and (last or self._nft.generation() == before):
                self._put_off = 0
                yield self._repair(lines, before)
                return
        self._put_off += 1

    def _plan_compare(self, states: Mapping[Key, ServiceState]) -> Steps[list[str]]:
        lines: list[str] = []
        for table in self._tables:
            lines += yield from table.plan_compare(states)
        return lines

    def _repair(self, lines: list[str], generation: int) -> Outcome:
        """`generation`: the one that these lines were planned for."""
        for table in self._tables:
            table.adopt()
        if self._dry_run:
            return Outcome(tuple(lines))
        try:
            self._nft.run(lines)
        except NftError as error:
            return Outcome((), {None: str(error)})
        self._generation = generation + bool(lines)
        return Outcome(tuple(lines))

    def inspect(self, state: ServiceState) -> list[Inspected]:
        return [one for table in self._tables for one in inspect(self._nft, table.settings, state)]

    def housekeeping(self, now: float) -> float | None:
        return None  # a connection keeps its endpoint by conntrack, whatever the maps say

    def cleanup(self) -> None:
        for table in self._tables:
            name = f"{table.settings.ip} {TABLE}"
            self._nft.run([f"add table {name}", f"delete table {name}"])

    def close(self) -> None:
        self._nft.close()

    def _one_by_one(self, changes: list[Change], reason: str) -> Outcome:
        """The transaction was refused: each Service alone, so that one bad one does not hold up the others."""
        self._generation = None
        for table in self._tables:
            table.forget(changes)
        if len(changes) == 1:
            return Outcome((), {changes[0].key: reason})
        done: list[str] = []
        failures: dict[Key | None, str] = {}
        for change in changes:
            outcome = self.sync([change])
            done += outcome.operations
            failures.update(outcome.failures)
        return Outcome(tuple(done), failures)


class _Table:
    """The table of one family."""

    def __init__(self, nft: Nft, settings: Settings):
        self._nft, self.settings = nft, settings
        self._shared: Shared[Shareable] = Shared()
        self._counted = self._shared
        self._printed: tuple[Any, Listing] = None, Listing({}, {}, {})

    def plan(self, changes: Iterable[Change]) -> list[str]:
        olds, news = [], []
        for change in changes:
            old, new = lower(change.old, self.settings), lower(change.new, self.settings)
            self._shared.add(new.shared - old.shared)
            self._shared.remove(old.shared - new.shared)
            olds.append(own(old))
            news.append(own(new))
        added, removed = self._shared.take()
        return plan(merge(_contents(removed), *olds), merge(_contents(added), *news), self.settings.ip)

    def forget(self, changes: Iterable[Change]) -> None:
        """What `plan` counted for these changes did not happen."""
        for change in changes:
            old, new = lower(change.old, self.settings), lower(change.new, self.settings)
            self._shared.remove(new.shared - old.shared)
            self._shared.add(old.shared - new.shared)
        self._shared.take()

    def plan_compare(self, states: Mapping[Key, ServiceState]) -> Steps[list[str]]:
        """The lines that make the table what it shall be; where its maps or base chains are not ours, a new table."""
        text = yield from self._nft.listing(self.settings.ip)
        there = yield from parse_in_steps(text)
        wanted = yield from self._wanted(states)
        yield
        printed = self._print(wanted)
        yield
        if not _is_ours(there, printed, chains(self.settings)):
            return create_table(self.settings) + plan(_skeleton(self.settings), wanted, self.settings.ip)
        there = as_contents(there, printed, wanted)
        unlike = (yield from unlike_elements(there, wanted)), (yield from unlike_elements(wanted, there))
        return plan(
            *(one._replace(elements=e) for one, e in zip((there, wanted), unlike, strict=True)), self.settings.ip
        )

    def adopt(self) -> None:
        """What the last comparison counted is what is shared."""
        self._shared = self._counted

    def _print(self, wanted: Contents) -> Listing:
        """The wanted chains and sets in nft's own words. They seldom change, so those of the last time are kept."""
        if (wanted.chains, wanted.sets) != self._printed[0]:
            named = wanted._replace(elements={})
            lines = [f"add table {self.settings.ip} {TABLE}", *plan(EMPTY, named, self.settings.ip)]
            self._printed = (wanted.chains, wanted.sets), parse(self._nft.printed(lines, self.settings.ip))
        return self._printed[1]

    def _wanted(self, states: Mapping[Key, ServiceState]) -> Steps[Contents]:
        self._counted = Shared()
        wanted = merge(_skeleton(self.settings))
        for page in pages(list(states.values()), LOWERED):
            lowered = [lower(state, self.settings) for state in page]
            for one in lowered:
                self._counted.add(one.shared)
            add_to(wanted, *map(own, lowered))
            yield
        self._counted.take()
        add_to(wanted, _contents(self._counted))
        return wanted


def _is_ours(there: Listing, printed: Listing, base: Mapping[str, Chain]) -> bool:
    """Whether all base chains are there and on their hooks, and the sets are of the right types."""
    if any(name not in there.chains for name in base):
        return False
    hooks = all(there.chains[name][:1] == printed.chains[name][:1] for name, chain in base.items() if chain.hook)
    return hooks and all(spec == printed.sets.get(name, spec) for name, spec in there.sets.items())


def as_contents(there: Listing, printed: Listing, wanted: Contents) -> Contents:
    """The table in the form of `wanted`: what is printed alike is alike."""
    alike = {name for name in wanted.chains if there.chains.get(name) == printed.chains.get(name)}
    return Contents(
        there.elements,
        {name: wanted.chains[name] if name in alike else _UNKNOWN for name in there.chains},
        {name: wanted.sets.get(name, (kind, "")) for name, (kind, _) in there.sets.items()},
    )


_UNKNOWN = Chain("", ("unknown",))


def _skeleton(settings: Settings) -> Contents:
    return Contents({}, chains(settings), sets(settings))


def _contents(items: Iterable[Shareable]) -> Contents:
    contents = Contents({}, {}, {})
    for item in items:
        match item:
            case Element():
                contents.elements[item.set, item.key] = item
            case SharedChain(name, chain):
                contents.chains[name] = chain
            case SharedMap(name, type_):
                contents.sets[name] = ("map", type_)
    return contents
