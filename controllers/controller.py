"""What every controller is: informers that add keys to a queue, and workers that call `sync(key)`.

Called by `controllers.manager`, which makes one of each; subclassed in every folder beside this file. It calls the
work queue. It leaves out what a key means and what to do about it.

A controller is level-triggered: `sync` looks at the whole state of one key and brings it one step nearer to what is
wanted. It does not know which event woke it, so a lost or doubled event changes nothing, and neither does a restart.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from kube.api import scheme
from kube.apimachinery.errors import Conflict, NotFound, StatusError
from kube.apimachinery.meta_v1 import Object
from kube.apimachinery.scheme import Resource
from kube.client import Unreachable
from kube.clock import Clock, RealClock
from kube.events import Recorder
from kube.informer import Informer, Informers, Key, key_of
from kube.jwt import Signer
from kube.metrics import Counter
from kube.stages import Stages
from kube.workqueue import ShutDown, WorkQueue

SYNC_ERRORS = Counter("controller_sync_errors_total", "Number of syncs that failed and are retried.", ("name",))

LOOK_AGAIN_SECONDS, GIVE_UP_SECONDS = 0.02, 10.0
"""How often a stale cache is asked, and after how long its word is taken: the write's event may have been missed."""


@dataclass
class Context:
    """What a controller is given. One for all controllers of a process; the informers are shared."""

    client: Any
    informers: Informers
    clock: Clock = field(default_factory=RealClock)
    random: random.Random = field(default_factory=random.Random)
    cluster_cidrs: tuple[str, ...] = ()
    node_cidr_mask_sizes: tuple[int, int] = (24, 64)
    service_cidrs: tuple[str, ...] = ()
    node_port_range: tuple[int, int] = (30000, 32767)
    root_ca: str = ""
    token_signer: Signer | None = None
    """What signs the tokens of Secrets; without it none are made."""
    node_monitor_period: float = 5.0
    node_monitor_grace_period: float = 40.0
    workers: Mapping[str, int] = field(default_factory=dict)
    """Controller -> how many keys it works on at a time, where it is not the controller's own number."""
    cloud: Any = None
    """A `controllers.service_lb.cloud.LoadBalancers`, or None."""
    resources: tuple[Resource, ...] | None = None
    """What the server serves, as discovery says; None: every kind that we know."""
    recorders: list[Recorder] = field(default_factory=list)

    def served(self) -> tuple[Resource, ...]:
        """The resources that can be asked for, in discovery's order."""
        return tuple(scheme) if self.resources is None else self.resources

    def recorder(self, component: str) -> Recorder:
        """A recorder whose events are written as long as the manager runs."""
        made = Recorder(self.client, component, clock=self.clock)
        self.recorders.append(made)
        return made


class Controller:
    """One control loop.

    1. No key is in two workers at once (the queue's promise).
    2. A `sync` that raises is tried again, later and later; no exception ends a worker.
    3. No `sync` runs before every informer of the process has its first list.
    4. Between two keys everybody else has a turn, however long the queue is.
    """

    name: ClassVar[str]
    """As in kube-controller-manager's `--controllers`."""
    queue_name: ClassVar[str] = ""
    """What the `workqueue_*` metrics call its queue: upstream's word, where it has such a queue; else its own name."""
    workers: ClassVar[int] = 5

    stages: Stages | None = None
    """When changes were seen and what was written for them, where a controller remembers it."""

    def __init__(self, context: Context):
        self.context = context
        self.client, self.clock = context.client, context.clock
        self.queue: WorkQueue[Any] = WorkQueue(self.queue_name or self.name, clock=context.clock)
        self.log = logging.getLogger(f"controllers.{self.name}")
        self._wrote: dict[Any, tuple[int, float]] = {}

    async def sync(self, key: Any) -> str | None:
        """Brings one key nearer to what is wanted. Returns a short sentence on what was done, if anything."""
        raise NotImplementedError

    async def run(self) -> None:
        """Works until cancelled. The informers have synced."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self.context.workers.get(self.name, self.workers)):
                group.create_task(self._work())
            for task in self.background():
                group.create_task(task)

    def background(self) -> Iterable[Any]:
        """Coroutines to run beside the workers: periodic work."""
        return ()

    # ---- for subclasses ----

    def informer(self, type_: type[Object], **indexers: Any) -> Informer:
        return self.context.informers(type_, indexers=indexers or None)

    def enqueue(self, obj: Object) -> None:
        self.queue.add(key_of(obj))

    def wrote(self, key: Any, obj: Object) -> None:
        """Remembers the revision that our own write of the key's object made."""
        self._wrote[key] = int(obj.metadata.resourceVersion), self.clock.monotonic()

    def is_stale(self, key: Any, obj: Object) -> bool:
        """Whether the cached object is older than our own last write of it; then the key is looked at again soon.

        A `sync` on such an object would at best end in a conflict, at worst undo what was just done.
        """
        revision, at = self._wrote.get(key, (0, 0.0))
        if int(obj.metadata.resourceVersion) >= revision:
            self._wrote.pop(key, None)
            return False
        if self.clock.monotonic() - at > GIVE_UP_SECONDS:
            return False
        self.queue.add_after(key, LOOK_AGAIN_SECONDS)
        return True

    async def every(self, seconds: float, action: Any) -> None:
        """Awaits `action()` now and every so often; an exception is logged and does not end it."""
        while True:
            try:
                await action()
            except (StatusError, Unreachable) as error:
                self.log.warning("%s: %s", self.name, error)
            except Exception:
                self.log.exception("%s failed", self.name)
            await self.clock.sleep(seconds)

    # ---- the worker ----

    async def _work(self) -> None:
        while True:
            try:
                key = await self.queue.get()
            except ShutDown:
                return
            try:
                await self._sync_once(key)
            finally:
                self.queue.done(key)
            # A thousand keys of which none needs the server would keep the loop, and every other controller, waiting.
            await asyncio.sleep(0)

    async def _sync_once(self, key: Any) -> None:
        try:
            said = await self.sync(key)
        except (Conflict, NotFound) as error:
            # Our view was old. The event that makes it new is on its way; trying again is the ordinary course.
            self.log.info("%s: %s", _text(key), error)
        except (StatusError, Unreachable) as error:
            self.log.warning("%s: %s", _text(key), error)
        except Exception:
            self.log.exception("%s: sync failed", _text(key))
        else:
            self.queue.forget(key)
            if said:
                self.log.info("%s: %s", _text(key), said)
            return
        SYNC_ERRORS.inc(self.name)
        self.queue.add_rate_limited(key)


def namespace_terminating(error: BaseException) -> bool:
    """Nothing can be created in the namespace any more: no reason to try again, and nothing to complain about."""
    details = getattr(error, "details", None)
    return details is not None and any(cause.reason == "NamespaceTerminating" for cause in details.causes)


def _text(key: Key | Any) -> str:
    return "/".join(part for part in key if part) if isinstance(key, tuple) else str(key)
