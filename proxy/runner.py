"""The loop that brings what changed into the kernel.

Called by `__main__`. It calls the feed, the planner, a dataplane (in a worker thread), conntrack and the servers. It
leaves out deciding what a Service needs, how the kernel is told, and how long a failure waits.

1. The first change after a quiet time is programmed at once; those that come during a sync, or within the mode's
   min-sync-period of it, are programmed together.
2. Nothing is programmed before Services, EndpointSlices and the Node have been listed.
3. A Service that could not be programmed is tried again after a while, longer each time; the others do not wait.
4. Every sync-period the kernel is compared with what is wanted, in steps; changes go in between.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from kube.clock import Clock, RealClock
from kube.stages import Round, Stages
from proxy.config import Config
from proxy.conntrack.reconciler import Reconciler
from proxy.dataplane import Change, Dataplane, Outcome
from proxy.feed import Feed
from proxy.healthcheck.proxy_health import ProxyHealth
from proxy.healthcheck.service_health import ServiceHealth, everywhere
from proxy.journal import show, sum_up
from proxy.memory import keep_what_is_there
from proxy.model.objects import Key, NodeInfo
from proxy.model.tracker import ChangeTracker
from proxy.observed import Observed
from proxy.planner import Planner
from proxy.retries import Retries
from proxy.serving import Serving

log = logging.getLogger("proxy")

T = TypeVar("T")


class Proxy:
    """One node's proxy."""

    def __init__(
        self,
        config: Config,
        client: Any,
        dataplane: Dataplane,
        clock: Clock | None = None,
        health_check_hosts: Callable[[], Sequence[str] | None] = everywhere,
    ):
        """`health_check_hosts`: the addresses that health check node ports are open on; None: all."""
        self.config, self.dataplane, self.clock = config, dataplane, clock or RealClock()
        self.tracker = ChangeTracker()
        self.planner = Planner(self.tracker, NodeInfo(config.node_name))
        self._period, self._pause = config.sync_period(dataplane.mode), config.min_sync_period(dataplane.mode)
        self.health = ProxyHealth(self.clock, 2 * self._period, config.families)
        self.service_health = ServiceHealth(lambda: self.health.healthy, health_check_hosts)
        self.stages = Stages(self.clock)
        self.observed = Observed(self.clock, config.families, dataplane.mode)
        self.failures: Mapping[Key | None, str] = {}
        self.busy = asyncio.Lock()
        """Held while the kernel is being changed or looked at: its sockets take one question at a time."""
        self.serving = Serving(self)
        self._feed = Feed(client, config.node_name, self.tracker, self, self.clock)
        self._wake = asyncio.Event()
        self._resync_wanted, self._compared = True, False
        self._retries, self._flows = Retries(), Reconciler(self.clock, self.observed)
        self._housekeeping_at: float | None = None

    async def run(self) -> None:
        """Works until cancelled; with `once`, until the kernel is as the API says."""
        async with asyncio.TaskGroup() as group:
            informers = [group.create_task(informer.run()) for informer in self._feed.informers]
            if not self.config.once:
                await self.serving.start()
            try:
                await self._feed.synced()
                await self._work()
            finally:
                await self.serving.stop()
                await self.service_health.stop()
                for task in informers:
                    task.cancel()

    # ---- what the feed tells ----

    def heard(self, kind: str, key: Key, obj: Any) -> None:
        # The first list is no change, and with 10,000 Services it would be a costly one to remember.
        if self._compared:
            self.stages.seen(key, kind, obj.metadata.name, obj.metadata.resourceVersion)
        self.observed.changed(kind)
        self._changed()

    def heard_of_node(self, node: NodeInfo) -> None:
        self.health.node_eligible = node.eligible
        known, self.planner.node = self.planner.node, node
        if (known.zone, known.name) != (node.zone, node.name):
            self.tracker.change_all()
            self._changed()

    def _changed(self) -> None:
        self.health.queued()
        self.observed.queued()
        self._wake.set()

    # ---- the loop ----

    async def _work(self) -> None:
        next_resync = self.clock.monotonic()
        while True:
            if self._resync_wanted or self.clock.monotonic() >= next_resync:
                next_resync = self.clock.monotonic() + self._period
                await self._compare()
                if self.config.once:
                    return
            elif self.tracker.pending:
                await self._sync()
            await self._housekeep()
            await self.clock.sleep(self._pause)
            await self._wait(next_resync)

    async def _wait(self, next_resync: float) -> None:
        """Until something changes, or the next resync or housekeeping is due."""
        if self.tracker.pending or self._resync_wanted:
            return
        self._wake.clear()
        until = min(filter(None, (next_resync, self._housekeeping_at)))
        timer = self.clock.call_later(until - self.clock.monotonic(), self._wake.set)
        await self._wake.wait()
        timer.cancel()

    async def _sync(self) -> None:
        began = self.clock.monotonic()
        async with self.busy:
            changed = self._take()
            rounds = self.stages.begin_all(changed)
            changes = self.planner.plan(changed)
            # What changed may not matter here: a label, another's status.
            outcome = await self._kernel(self.dataplane.sync, changes) if changes else Outcome()
        self._remember(rounds, changes, outcome)
        await self._after(changes, outcome)
        self.observed.synced(self.clock.monotonic() - began, full=False)
        self.observed.latency(changed, outcome.failures)
        show(outcome.operations, self.config.dry_run)
        sum_up("synced", len(changes), outcome, len(outcome.operations), self.clock.monotonic() - began)

    async def _compare(self) -> None:
        """Compares the kernel with everything that is wanted, step by step; changes are not held up by it."""
        if self._compared and self.tracker.pending:
            await self._sync()
        began = self.clock.monotonic()
        self._resync_wanted = False
        # Only the first comparison is also the first sync. Later ones leave what has come meanwhile to a sync of its
        # own, between two of their steps: a dataplane counts what Services share by the changes that it is told.
        changed = {} if self._compared else self._take()
        rounds = self.stages.begin_all(changed)
        changes = self.planner.plan(changed)
        outcome, operations = await self._compare_steps()
        if not self._compared:
            self._compared = True
            keep_what_is_there()
        self._remember(rounds, changes, outcome)
        await self._after(changes, outcome)
        self.observed.synced(self.clock.monotonic() - began, full=True)
        self.observed.latency(changed, outcome.failures)
        sum_up("compared with the kernel", len(changes), outcome, operations, self.clock.monotonic() - began)

    async def _compare_steps(self) -> tuple[Outcome, int]:
        """What failed, and how many operations it took; they are not kept, for a first comparison has one for
        everything there is."""
        steps, count = self.dataplane.compare(self.planner.states), 0
        failures: dict[Key | None, str] = {}
        problems: list[str] = []
        while (step := await self._step(steps)) is not None:
            count += len(step.operations)
            show(step.operations, self.config.dry_run)
            failures.update(step.failures)
            problems += step.problems
            if self._compared and self.tracker.pending:
                await self._sync()
        return Outcome((), failures, tuple(problems)), count

    async def _step(self, steps: Iterator[Outcome]) -> Outcome | None:
        async with self.busy:
            return await self._kernel(lambda _: next(steps, None), None)

    def _take(self) -> dict[Key, str]:
        self.observed.taken()
        return self.tracker.take()

    async def _kernel(self, work: Callable[[Any], T], argument: Any) -> T | Outcome:
        """Work on the kernel, in a worker thread. What fails as a whole is a failure of everything: compared again."""
        try:
            return await asyncio.to_thread(work, argument)
        except (OSError, RuntimeError) as error:
            return Outcome((), {None: str(error)})

    def _remember(self, rounds: Mapping[Key, Round], changes: list[Change], outcome: Outcome) -> None:
        """When each Service's change was in the kernel, and what failed at last: for `proxy.debug`."""
        changed = {change.key for change in changes} - outcome.failures.keys()
        for key, one in rounds.items():
            if key in changed:
                self.stages.wrote(one, "kernel", self.dataplane.mode)
            self.stages.end(key, one)
        still = {key: why for key, why in self.failures.items() if key is not None and key not in changed}
        self.failures = {**still, **outcome.failures} if self.failures or outcome.failures else {}

    async def _after(self, changes: list[Change], outcome: Outcome) -> None:
        if self.config.dry_run:
            return
        for problem in outcome.problems:
            log.warning("%s", problem)
        self._retry_failures(changes, outcome)
        await self._flows.reconcile(changes)
        await self.service_health.update(changes)
        self.observed.programmed(changes, outcome.failures, self.tracker.pending)
        if not outcome.failures and not self.tracker.pending:
            self.health.updated()
        self._housekeeping_at = self.clock.monotonic()

    def _retry_failures(self, changes: list[Change], outcome: Outcome) -> None:
        by_key = {change.key: change for change in changes}
        self._retries.succeeded(by_key.keys() - outcome.failures.keys())
        if not outcome.failures:
            self._retries.succeeded([None])
        for key, reason in outcome.failures.items():
            delay, compare = self._retries.failed(key, key in by_key)
            log.error("%s: %s; next try in %.1f s", "/".join(key) if key else "all Services", reason, delay)
            if key in by_key:
                self.planner.revert(by_key[key])
            again = self._want_resync if compare else self._want
            self.clock.call_later(delay, lambda key=key, again=again: again(key))

    def _want(self, key: Key) -> None:
        self.tracker.change([key])
        self._wake.set()

    def _want_resync(self, key: Key | None) -> None:
        self.tracker.change([key] if key else [])
        self._resync_wanted = True
        self._wake.set()

    async def _housekeep(self) -> None:
        now = self.clock.monotonic()
        if self.config.dry_run or self._housekeeping_at is None or now < self._housekeeping_at:
            return
        try:
            async with self.busy:
                again = await asyncio.to_thread(self.dataplane.housekeeping, now)
        except OSError as error:
            log.error("housekeeping: %s", error)
            again = 1.0
        self._housekeeping_at = None if again is None else now + again
