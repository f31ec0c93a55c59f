"""The tasks that run after the start: first what must exist, then what must be kept true.

Run as one task by the app. It calls the modules beside it. Each step is tried again until it succeeds, because etcd may
still be coming up; `done` says when all have been done once. Source: kube-apiserver's post-start hooks.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from apiserver.bootstrap.kubernetes_service import KubernetesService
from apiserver.bootstrap.objects import ensure
from apiserver.bootstrap.rbac import ensure_policy
from apiserver.registry.generic.store import Store
from apiserver.registry.networking.servicecidrs.bootstrap import ensure_default
from apiserver.storage.interface import StorageError
from kube.api.core_v1 import Namespace
from kube.apimachinery.errors import StatusError
from kube.apimachinery.times import format_time
from kube.clock import Clock, RealClock

log = logging.getLogger("apiserver.bootstrap")
NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
NAMES = (
    "start-system-namespaces-controller", "rbac/bootstrap-roles", "start-kubernetes-service-cidr-controller",
    "bootstrap-controller",
)  # fmt: skip
"""What the health checks call the steps, in the order in which they are done."""
_EVERY, _PAUSE = 10.0, 0.2


@dataclass
class Hooks:
    """`stores` by plural."""

    stores: Mapping[str, Store[Any]]
    kubernetes: KubernetesService
    service_cluster_ip_range: Sequence[str]
    clock: Clock = field(default_factory=RealClock)
    done: asyncio.Event = field(default_factory=asyncio.Event)
    finished: set[str] = field(default_factory=set)
    """The names of those that have been done."""

    async def run(self) -> None:
        """For ever."""
        steps = (self.namespaces, self.policy, self.service_cidr, self.kubernetes.reconcile)
        for name, step in zip(NAMES, steps, strict=True):
            await self._until_done(step)
            self.finished.add(name)
        self.done.set()
        while True:
            await self.clock.sleep(_EVERY)
            await self._until_done(self.namespaces)
            await self._until_done(self.kubernetes.reconcile)

    async def _until_done(self, step: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await step()
                return
            except (StatusError, StorageError) as error:
                log.warning("%s: %s", step.__name__, error)
                await self.clock.sleep(_PAUSE)

    async def namespaces(self) -> None:
        """The namespaces that every cluster has."""
        for name in NAMESPACES:
            wanted = Namespace.from_dict({"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": name}})
            await ensure(self.stores["namespaces"], "", wanted, _leave)

    async def policy(self) -> None:
        """The default RBAC policy."""
        await ensure_policy(self.stores["clusterroles"], self.stores["clusterrolebindings"])

    async def service_cidr(self) -> None:
        """The ServiceCIDR of the server's own range."""
        now = format_time(self.clock.now())
        await ensure_default(self.stores["servicecidrs"].storage, self.service_cluster_ip_range, now)


def _leave(stored: Any, wanted: Any) -> bool:
    """What exists is left as it is."""
    return False
