"""A real API server on a real etcd, the real manager as a process, and a kubelet that writes what kubelets write."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from kube.api.core_v1 import Node, Pod, PodCondition, PodIP
from kube.apimachinery import times
from kube.apimachinery.errors import StatusError
from kube.apimachinery.meta_v1 import ObjectMeta
from kube.client import Client
from kube.clock import RealClock
from kube.informer import Informer
from tests.support.cluster import ApiServer, start_apiserver
from tests.support.manager import ManagerProcess


@pytest.fixture
def apiserver(etcd: str, tmp_path: Path) -> Iterator[ApiServer]:
    server = start_apiserver(etcd, tmp_path / "apiserver")
    yield server
    server.stop()
    server.listener.close()


@pytest.fixture
async def client(apiserver: ApiServer) -> AsyncIterator[Client]:
    async with Client.from_kubeconfig(apiserver.kubeconfig()) as made:
        yield made


@pytest.fixture
def new_manager(apiserver: ApiServer, tmp_path: Path) -> Iterator[Callable[..., ManagerProcess]]:
    made: list[ManagerProcess] = []

    def start(*flags: str) -> ManagerProcess:
        process = ManagerProcess(apiserver.kubeconfig(), tmp_path / f"controllers-{len(made)}.log", *flags)
        made.append(process)
        process.start()
        return process

    yield start
    for process in made:
        process.end()


@pytest.fixture
def manager(new_manager: Callable[..., ManagerProcess]) -> ManagerProcess:
    return new_manager()


class Kubelets:
    """Nodes that report ready and pods that run at once and end at once."""

    def __init__(self, client: Client):
        self.client, self.clock = client, RealClock()
        self.pods = Informer(client, Pod)
        self.frozen: set[str] = set()
        self._ips = 0
        self._tasks: set[asyncio.Task] = set()
        self.pods.add_handler(self._look, lambda _old, new: self._look(new))

    async def register(self, *names: str) -> None:
        for name in names:
            node = Node(metadata=ObjectMeta(name=name, labels={"kubernetes.io/hostname": name}))
            node = await self.client.create(node)
            stamp = times.format_time(self.clock.now())
            body = {
                "status": {
                    "conditions": [{"type": "Ready", "status": "True", "lastHeartbeatTime": stamp}],
                    "allocatable": {"cpu": "8", "memory": "16Gi", "pods": "1100"},
                    "capacity": {"cpu": "8", "memory": "16Gi", "pods": "1100"},
                }
            }
            await self.client.patch(Node, name, "", body, "strategic", subresource="status")

    def _look(self, pod: Pod) -> None:
        if pod.spec.nodeName and pod.spec.nodeName not in self.frozen:
            task = asyncio.create_task(self._act(pod))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _act(self, pod: Pod) -> None:
        meta = pod.metadata
        with contextlib.suppress(StatusError):
            if meta.deletionTimestamp is not None:
                await self.client.delete(Pod, meta.name, meta.namespace, uid=meta.uid, grace_period_seconds=0)
            elif pod.status.phase in ("", "Pending"):
                await self.run_pod(pod)

    async def run_pod(self, pod: Pod, ready: bool = True) -> None:
        self._ips += 1
        ip = f"10.244.{self._ips // 250}.{self._ips % 250 + 1}"
        stamp = times.format_time(self.clock.now())
        status = pod.status.model_copy(
            update={
                "phase": "Running",
                "podIP": ip,
                "podIPs": [PodIP(ip=ip)],
                "conditions": [
                    *[c for c in pod.status.conditions if c.type not in ("Ready",)],
                    PodCondition(type="Ready", status="True" if ready else "False", lastTransitionTime=stamp),
                ],
            }
        )
        await self.client.update_status(pod.model_copy(update={"status": status}))


@pytest.fixture
async def kubelets(client: Client) -> AsyncIterator[Kubelets]:
    made = Kubelets(client)
    task = asyncio.create_task(made.pods.run())
    await made.pods.synced.wait()
    yield made
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    for one in list(made._tasks):
        one.cancel()
    await asyncio.gather(*made._tasks, return_exceptions=True)


async def until(question: Callable[[], Awaitable[object]], seconds: float = 20.0) -> object:
    """Asks until the answer is true, and returns it. Fails with the last answer when it never is."""
    ends = time.monotonic() + seconds
    while True:
        answer = await question()
        if answer:
            return answer
        assert time.monotonic() < ends, f"still {answer!r} after {seconds} s"
        await asyncio.sleep(0.02)
