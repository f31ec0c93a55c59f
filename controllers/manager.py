"""The manager: makes the controllers, shares informers among them, and runs them while it leads.

Called by `controllers.__main__`; tests call `run_controllers`. It calls every controller's folder. It leaves out
flags and signals.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import os
import socket
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from controllers import health
from controllers.config import Config
from controllers.controller import Context, Controller
from controllers.registry import CONTROLLERS
from kube.api import scheme
from kube.api.core_v1 import ObjectReference
from kube.apimachinery.errors import NotFound, StatusError
from kube.apimachinery.meta_v1 import Object
from kube.apimachinery.scheme import Resource
from kube.client import Client, Unreachable, prepare
from kube.clock import Clock, RealClock
from kube.events import NORMAL
from kube.http_server import Answer
from kube.informer import Informers
from kube.leader_election import LeaderElector, Timing

log = logging.getLogger("controllers")


def enabled(spec: str, names: Iterable[str]) -> list[str]:
    """The names that `--controllers` chooses. Raises ValueError for one that does not exist.

    `foo` and `-foo` count before `*`, the first of them before later ones; the suffix `-controller` may be left out.
    """
    names = list(names)
    asked = [part.strip() for part in spec.split(",") if part.strip()]
    wish: dict[str, bool] = {}
    for part in asked:
        if part == "*":
            continue
        plain = part.removeprefix("-")
        name = plain if plain in names else f"{plain}-controller"
        if name not in names:
            raise ValueError(f'"{plain}" is not in the list of known controllers')
        wish.setdefault(name, plain == part)
    return [name for name in names if wish.get(name, "*" in asked)]


def slim(obj: Object) -> Object:
    """What informers keep: everything but the managed fields, which are half of an object and needed by nobody here."""
    obj.metadata.managedFields = []
    return obj


class Manager:
    """Runs the enabled controllers for one term after another."""

    def __init__(self, config: Config, client: Client, clock: Clock | None = None):
        self.config, self.client, self.clock = config, client, clock or RealClock()
        self.names = enabled(config.controllers, CONTROLLERS)
        self.identity = f"{socket.gethostname()}_{uuid.uuid4()}"
        self._running: list[Controller] = []
        self._informers: Informers | None = None

    async def run(self) -> None:
        """Until cancelled: serves health, contends for the lease, works while it has it."""
        await prepare_types()
        async with contextlib.AsyncExitStack() as stack:
            if self.config.secure_port:
                served = health.serve(
                    self.config.bind_address, self.config.secure_port, self._ready, self._refresh,
                    {"/debug/services/": self._debug_service},
                )  # fmt: skip
                await stack.enter_async_context(served)
            if not self.config.leader_elect:
                await self._term()
            while self.config.leader_elect:
                await self._elector().run(self._term)

    def _elector(self) -> LeaderElector:
        """One for each term, under the same name: a lease that was lost to an absent server, and that nobody else took,
        is ours again as soon as the server answers."""
        config = self.config
        return LeaderElector(
            self.client,
            config.leader_elect_resource_name,
            self.identity,
            namespace=config.leader_elect_resource_namespace,
            timing=Timing(
                config.leader_elect_lease_duration,
                config.leader_elect_renew_deadline,
                config.leader_elect_retry_period,
            ),
            clock=self.clock,
        )

    async def _term(self) -> None:
        """One term: everything is made anew, so that nothing is remembered from a time when others worked."""
        context = self.context()
        context.resources = await discover(self.client, self.clock)
        self._running = [CONTROLLERS[name](context) for name in self.names]
        if self.config.leader_elect:
            context.recorder("kube-controller-manager").event(self._lease(), NORMAL, "LeaderElection", self._leads())
        self._informers = context.informers
        log.info("running %s", ", ".join(self.names))
        try:
            await run_controllers(context, self._running)
        finally:
            self._running, self._informers = [], None

    def _lease(self) -> ObjectReference:
        config = self.config
        return ObjectReference(
            kind="Lease",
            apiVersion="coordination.k8s.io/v1",
            name=config.leader_elect_resource_name,
            namespace=config.leader_elect_resource_namespace,
        )

    def _leads(self) -> str:
        return f"{self.identity} became leader"

    def context(self) -> Context:
        config = self.config
        root_ca = config.root_ca() or (self.client.config.ca_data or b"").decode()
        return Context(
            self.client,
            Informers(self.client, clock=self.clock, transform=slim),
            self.clock,
            cluster_cidrs=config.cluster_cidrs,
            node_cidr_mask_sizes=(config.node_cidr_mask_size, config.node_cidr_mask_size_ipv6),
            service_cidrs=config.service_cidrs,
            node_port_range=config.node_ports,
            root_ca=root_ca,
            token_signer=config.token_signer(),
            workers=config.workers,
            node_monitor_period=config.node_monitor_period,
            node_monitor_grace_period=config.node_monitor_grace_period,
        )

    def _ready(self) -> bool:
        """One that does not lead is ready: it waits."""
        return self._informers is None or all(i.synced.is_set() for i in self._informers)

    async def _debug_service(self, rest: str, _query: Mapping[str, str]) -> Answer:
        """`/debug/services/NAMESPACE/NAME`: the last rounds of work of each controller that remembers them."""
        namespace, _, name = rest.partition("/")
        rounds = {c.name: c.stages.shown((namespace, name)) for c in self._running if c.stages is not None}
        if not self._running:
            return Answer("this manager does not lead\n", 503)
        return Answer(json.dumps({"stages": rounds}), content_type="application/json")

    def _refresh(self) -> None:
        for controller in self._running:
            controller.queue.refresh_metrics()


async def prepare_types() -> None:
    """Builds the decoders of all kinds before anything waits for us: it takes seconds, and a leader that is busy for
    seconds loses its lease."""
    for resource in scheme:
        prepare(resource.type)
        await asyncio.sleep(0)
    gc.collect()
    gc.freeze()  # building leaves much garbage and much that stays for ever: neither should be walked through again


async def discover(client: Client, clock: Clock) -> tuple[Resource, ...]:
    """The resources of our scheme that the server serves. Tries until it answers: an informer of one that it does not
    serve would never have its first list, and everybody would wait for it."""
    while True:
        try:
            served = set()
            for group, version in dict.fromkeys((r.group, r.version) for r in scheme):
                served |= await _plurals(client, group, version)
            return tuple(r for r in scheme if (r.group, r.plural) in served)
        except (StatusError, Unreachable) as error:
            log.warning("discovery: %s", error)
            await clock.sleep(0.5)


async def _plurals(client: Client, group: str, version: str) -> set[tuple[str, str]]:
    path = f"/apis/{group}/{version}" if group else f"/api/{version}"
    try:
        answer = await client.request("GET", path)
    except NotFound:
        return set()
    return {(group, entry["name"]) for entry in answer.json()["resources"]}


async def run_controllers(context: Context, controllers: Iterable[Controller]) -> None:
    """Informers first; the controllers when every informer has its first list; until cancelled."""
    async with asyncio.TaskGroup() as group:
        group.create_task(context.informers.run())
        for recorder in context.recorders:
            group.create_task(recorder.run())
        await context.informers.wait_for_sync()
        for controller in controllers:
            group.create_task(controller.run())


async def main(config: Config) -> None:
    """One process: its client, its manager. Raises ConfigError and ValueError."""
    async with Client.from_kubeconfig(config.kubeconfig or None, user_agent=_user_agent()) as client:
        await Manager(config, client).run()


def _user_agent() -> str:
    return f"kube-controller-manager/kube-lite (pid {os.getpid()})"


def describe(errors: BaseExceptionGroup | BaseException) -> Any:
    """The first of the errors that ended a task group, for the last line of the log."""
    while isinstance(errors, BaseExceptionGroup):
        errors = errors.exceptions[0]
    return errors
