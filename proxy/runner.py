"""The process: informers note what changed, and one loop brings it into the kernel.

Called by `__main__`. It calls the informers, the planner, a dataplane (in a worker thread), conntrack and the health
servers. It leaves out deciding what a Service needs, and how the kernel is told.

1. The first change after a quiet time is programmed at once; those that come during a sync, or within
   `min_sync_period` of it, are programmed together.
2. Nothing is programmed before Services, EndpointSlices and the Node have been listed.
3. A Service that could not be programmed is tried again after a while, longer each time; the others do not wait.
4. Every `iptables_sync_period` the kernel is compared with what is wanted, in steps; changes go in between.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from kube.api.core_v1 import Node, Service
from kube.api.discovery_v1 import EndpointSlice
from kube.clock import Clock, RealClock
from kube.http_server import Answer, Handler, HttpServer
from kube.informer import Informer
from kube.metrics import CONTENT_TYPE, REGISTRY
from kube.stages import Round, Stages
from proxy import metrics
from proxy.config import Config
from proxy.conntrack import kernel as conntrack
from proxy.conntrack.plan import stale_flows
from proxy.dataplane import Change, Dataplane, Outcome
from proxy.debug import Debug
from proxy.healthcheck.proxy_health import ProxyHealth
from proxy.healthcheck.service_health import ServiceHealth
from proxy.listing import PagedClient
from proxy.model.objects import LABEL_HEADLESS, LABEL_PROXY_NAME, Key, NodeInfo, node_info, service_info, slice_info
from proxy.model.tracker import ChangeTracker
from proxy.observed import Observed
from proxy.planner import Planner

log = logging.getLogger("proxy")

T = TypeVar("T")

FIRST_RETRY, LONGEST_RETRY = 0.1, 30.0


class Proxy:
    """One node's proxy."""

    def __init__(self, config: Config, client: Any, dataplane: Dataplane, clock: Clock | None = None):
        self.config, self.dataplane, self.clock = config, dataplane, clock or RealClock()
        self.tracker = ChangeTracker()
        self.planner = Planner(self.tracker, NodeInfo(config.node_name))
        self.health = ProxyHealth(self.clock, 2 * config.iptables_sync_period)
        self.service_health = ServiceHealth(lambda: self.health.healthy)
        self.stages = Stages(self.clock)
        self.observed = Observed(self.clock, config.families)
        self.failures: Mapping[Key | None, str] = {}
        self.busy = asyncio.Lock()
        """Held while the kernel is being changed or looked at: its sockets take one question at a time."""
        self._wake = asyncio.Event()
        self._resync_wanted, self._compared = True, False
        self._tries: dict[Key | None, int] = {}
        self._housekeeping_at: float | None = None
        self._make_informers(PagedClient(client))

    async def run(self) -> None:
        """Works until cancelled; with `once`, until the kernel is as the API says."""
        async with asyncio.TaskGroup() as group:
            informers = [group.create_task(informer.run()) for informer in self._informers]
            servers = await self._serve()
            try:
                for informer in self._informers:
                    await informer.synced.wait()
                await self._work()
            finally:
                for server in servers:
                    await server.stop()
                await self.service_health.stop()
                for task in informers:
                    task.cancel()

    # ---- what informers tell ----

    def _make_informers(self, client: Any) -> None:
        others = f"!{LABEL_PROXY_NAME}"
        services = Informer(client, Service, label_selector=others, transform=service_info, clock=self.clock)
        services.add_handler(self._on_service, lambda _old, new: self._on_service(new), self._on_service_gone)
        slices = Informer(
            client, EndpointSlice, label_selector=f"!{LABEL_HEADLESS},{others}", transform=slice_info, clock=self.clock
        )
        slices.add_handler(self._on_slice, lambda old, new: self._on_slice(new, old), self._on_slice_gone)
        node = Informer(client, Node, field_selector=f"metadata.name={self.config.node_name}", clock=self.clock)
        node.on_any(self._on_node)
        self._informers = [node, services, slices]

    def _on_service(self, service: Any) -> None:
        self.tracker.set_service(service)
        self._noticed(service.metadata[:2], "Service", service)
        self.observed.service_changed()
        self._changed()

    def _on_service_gone(self, service: Any) -> None:
        self.tracker.delete_service(service)
        self._noticed(service.metadata[:2], "Service", service)
        self.observed.service_changed()
        self._changed()

    def _on_slice(self, piece: Any, before: Any = None) -> None:
        self.tracker.set_slice(piece, before)
        self._noticed(piece.service_key, "EndpointSlice", piece)
        self.observed.endpoints_changed()
        self._changed()

    def _on_slice_gone(self, piece: Any) -> None:
        self.tracker.delete_slice(piece)
        self._noticed(piece.service_key, "EndpointSlice", piece)
        self.observed.endpoints_changed()
        self._changed()

    def _on_node(self, node: Node) -> None:
        info = node_info(node)
        self.health.node_eligible = info.eligible
        known = self.planner.node
        self.planner.node = info
        if (known.zone, known.name) != (info.zone, info.name):
            self.tracker.change_all()
            self._changed()

    def _noticed(self, key: Key, kind: str, obj: Any) -> None:
        # The first list is no change, and with 10,000 Services it would be a costly one to remember.
        if self.health.healthy:
            self.stages.seen(key, kind, obj.metadata.name, obj.metadata.resourceVersion)

    def _changed(self) -> None:
        self.health.queued()
        self.observed.queued()
        self._wake.set()

    # ---- the loop ----

    async def _work(self) -> None:
        next_resync = self.clock.monotonic()
        while True:
            if self._resync_wanted or self.clock.monotonic() >= next_resync:
                next_resync = self.clock.monotonic() + self.config.iptables_sync_period
                await self._compare()
                if self.config.once:
                    return
            elif self.tracker.pending:
                await self._sync()
            await self._housekeep()
            await self.clock.sleep(self.config.min_sync_period)
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
        self._show(outcome.operations)
        self._log("synced", changes, outcome, len(outcome.operations), began)

    async def _compare(self) -> None:
        """Compares the kernel with everything that is wanted, step by step; changes are not held up by it."""
        if self._compared and self.tracker.pending:
            await self._sync()
        began = self.clock.monotonic()
        self._resync_wanted = False
        changed = self._take()
        rounds = self.stages.begin_all(changed)
        changes = self.planner.plan(changed)
        outcome, operations = await self._compare_steps()
        self._compared = True
        self._remember(rounds, changes, outcome)
        await self._after(changes, outcome)
        self.observed.synced(self.clock.monotonic() - began, full=True)
        self.observed.latency(changed, outcome.failures)
        self._log("compared with the kernel", changes, outcome, operations, began)

    async def _compare_steps(self) -> tuple[Outcome, int]:
        """What failed, and how many operations it took; they are not kept, for a first comparison has one for
        everything there is."""
        steps, count = self.dataplane.compare(self.planner.states), 0
        failures: dict[Key | None, str] = {}
        problems: list[str] = []
        while (step := await self._step(steps)) is not None:
            count += len(step.operations)
            self._show(step.operations)
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
        await self._delete_stale_flows(changes)
        await self.service_health.update(changes)
        self.observed.programmed(changes, outcome.failures, self.tracker.pending)
        if not outcome.failures and not self.tracker.pending:
            self.health.updated()
        self._housekeeping_at = self.clock.monotonic()

    def _retry_failures(self, changes: list[Change], outcome: Outcome) -> None:
        by_key = {change.key: change for change in changes}
        for key in by_key.keys() - outcome.failures.keys():
            self._tries.pop(key, None)
        for key, reason in outcome.failures.items():
            tries = self._tries[key] = self._tries.get(key, 0) + 1
            delay = min(FIRST_RETRY * 2.0 ** (tries - 1), LONGEST_RETRY)
            log.error("%s: %s; next try in %.1f s", "/".join(key) if key else "all Services", reason, delay)
            if key in by_key:
                self.planner.revert(by_key[key])
            # What failed twice may have failed because the kernel is not as we think.
            again = self._want_resync if key is None or key not in by_key or tries > 1 else self._want
            self.clock.call_later(delay, lambda key=key, again=again: again(key))
        if not outcome.failures:
            self._tries.pop(None, None)

    def _want(self, key: Key) -> None:
        self.tracker.change([key])
        self._wake.set()

    def _want_resync(self, key: Key | None) -> None:
        self.tracker.change([key] if key else [])
        self._resync_wanted = True
        self._wake.set()

    async def _delete_stale_flows(self, changes: list[Change]) -> None:
        flows = stale_flows(changes)
        if not flows:
            return
        for family in sorted({flow.server.family for flow in flows}):
            began, deleted = self.clock.monotonic(), 0
            try:
                deleted = await asyncio.to_thread(conntrack.delete, [f for f in flows if f.server.family == family])
            except OSError as error:
                log.error("deleting conntrack entries: %s", error)
            self.observed.flows_deleted(family, deleted, self.clock.monotonic() - began)

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

    # ---- what is told ----

    def _show(self, operations: Sequence[Any]) -> None:
        metrics.OPERATIONS.inc(by=len(operations))
        if self.config.dry_run:
            for operation in operations:
                print(operation, flush=True)
        elif log.isEnabledFor(logging.DEBUG):
            for operation in operations:
                log.debug("%s", operation)

    def _log(self, what: str, changes: list[Change], outcome: Outcome, operations: int, began: float) -> None:
        took = (self.clock.monotonic() - began) * 1000
        log.log(
            logging.INFO if operations or outcome.failures else logging.DEBUG,
            "%s: %d changed, %d operations, %d failed, %.1f ms",
            what, len(changes), operations, len(outcome.failures), took,
        )  # fmt: skip

    async def _serve(self) -> list[HttpServer]:
        health: Mapping[str, Handler] = {"/healthz": self._healthz, "/livez": self._livez}
        more = {"/metrics": _metrics, "/proxyMode": lambda: Answer(self.dataplane.mode)}
        servers = []
        for address, handlers, below in (
            (self.config.healthz_bind_address, health, {}),
            (self.config.metrics_bind_address, {**health, **more}, Debug(self).below),
        ):
            host, _, port = address.rpartition(":")
            if self.config.once or not int(port):
                continue
            server = HttpServer(handlers, below)
            try:
                await server.start(host.strip("[]"), int(port))
                servers.append(server)
            except OSError as error:
                log.error("cannot serve on %s: %s", address, error)
        return servers

    def _healthz(self) -> Answer:
        answer = self.health.healthz()
        metrics.HEALTHZ.inc(str(answer.status))
        return answer

    def _livez(self) -> Answer:
        answer = self.health.livez()
        metrics.LIVEZ.inc(str(answer.status))
        return answer


def _metrics() -> Answer:
    return Answer(REGISTRY.render(), content_type=CONTENT_TYPE)
