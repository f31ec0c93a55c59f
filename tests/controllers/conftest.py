"""A controller manager in memory: the stateful fake server, virtual time, and a kubelet that is one function."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable

import pytest

from controllers.controller import Context, Controller
from kube.api.apps_v1 import Deployment
from kube.api.core_v1 import Pod, PodCondition, PodIP
from kube.apimachinery import times
from kube.client.fake import FakeClient, FakeServer
from kube.clock import FakeClock, settle
from kube.informer import Informers


class World:
    """A fake server, a virtual clock, and any number of running controllers."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.server = FakeServer(clock=self.clock)
        self.client = FakeClient(self.server)
        self._running: list[tuple[asyncio.Task, FakeClient]] = []
        self._ips = 0

    def start(self, *kinds: type[Controller], **options) -> Context:
        """Starts one manager with these controllers."""
        client = FakeClient(self.server)
        context = Context(client, Informers(client, clock=self.clock), self.clock, **options)
        made = [kind(context) for kind in kinds]
        self._running.append((asyncio.create_task(_run(context, made)), client))
        return context

    async def kill(self) -> None:
        """Ends every manager at once, in the middle of whatever it does."""
        for task, client in self._running:
            client.alive = False
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._running.clear()

    async def settle(self, seconds: float = 0.0) -> None:
        """Lets all that is set off happen, and so much time pass."""
        await self.clock.advance(seconds)
        await settle()

    # ---- the kubelet ----

    def set_pod(self, pod: Pod, *, ready: bool = True, phase: str = "Running", ip: str = "") -> None:
        """Writes a pod's status as a kubelet would."""
        pod = self.server.get(Pod, pod.metadata.name, pod.metadata.namespace)
        self._ips += 1
        address = pod.status.podIP or ip or f"10.0.{self._ips // 250}.{self._ips % 250 + 1}"
        pod.status.phase = phase
        pod.status.podIP, pod.status.podIPs = address, [PodIP(ip=address)]
        stamp = times.format_time(self.clock.now())
        pod.status.conditions = [
            PodCondition(type="Ready", status="True" if ready else "False", lastTransitionTime=stamp)
        ]
        self.server.update(pod, "status")

    def run_pods(self, which: Callable[[Pod], bool] = lambda _pod: True) -> int:
        """Pods that are not ready become so, pods that are being deleted are gone; returns how many changed."""
        changed = 0
        for pod in self.server.all(Pod):
            if pod.metadata.deletionTimestamp:
                if pod.metadata.finalizers:
                    continue
                self.server.force_delete(Pod, pod.metadata.name, pod.metadata.namespace)
                changed += 1
            elif which(pod) and not any(c.type == "Ready" and c.status == "True" for c in pod.status.conditions):
                self.set_pod(pod)
                changed += 1
        return changed

    async def converge(self, limit: int = 200) -> None:
        """The kubelet and the controllers in turn, until nothing moves."""
        for _ in range(limit):
            before = self.server.revision
            await self.settle(1.0)
            self.run_pods()
            await self.settle(1.0)
            if self.server.revision == before:
                return
        raise AssertionError("the world never came to rest")


async def _run(context: Context, made: Iterable[Controller]) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(context.informers.run())
        for recorder in context.recorders:
            group.create_task(recorder.run())
        await context.informers.wait_for_sync()
        for controller in made:
            group.create_task(controller.run())


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    yield made
    await made.kill()


def deployment(replicas: int = 3, image: str = "nginx:1", **spec) -> Deployment:
    """A Deployment as the server would store it."""
    return Deployment.from_dict(
        {
            "metadata": {"name": "web", "namespace": "default"},
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": {"app": "web"}},
                "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}},
                "revisionHistoryLimit": 10,
                "progressDeadlineSeconds": 600,
                "template": {
                    "metadata": {"labels": {"app": "web"}},
                    "spec": {"containers": [{"name": "c", "image": image}]},
                },
                **spec,
            },
        }
    )
