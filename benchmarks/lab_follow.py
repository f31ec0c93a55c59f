"""How soon do endpoints and a node's table follow when a Deployment is scaled, a pod or the Service is deleted?

In a lab of three namespaces, from when the API server has answered the request to when the node's table agrees; the
table is read with `nft`, which takes 10 to 20 ms each time. Scaling up includes the start of real pods.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator

from benchmarks import Row, Settings, labs
from benchmarks.labs import MANIFESTS, Lab
from kube.api.core_v1 import Pod, Service
from kube.client import Client
from lab.machines import Machine

TARGET = 1.0
"""Seconds."""
PATIENCE = 60.0
Step = tuple[str, float]


def run(settings: Settings) -> Iterator[Row]:
    found: dict[str, list[float]] = defaultdict(list)
    with labs.running("netns", "--proxy-mode=nftables") as lab:
        for _ in range(settings.repeat):
            for name, seconds in asyncio.run(_steps(lab)):
                found[name].append(seconds)
            lab.kubectl("apply", *(word for file in MANIFESTS for word in ("-f", file)))
    for name, samples in found.items():
        yield Row(name, "s", tuple(samples), more_is_better=False, target=TARGET)


async def _steps(lab: Lab) -> list[Step]:
    async with Client.from_kubeconfig(lab.layout.admin_kubeconfig, user_agent="benchmark") as client:
        return [step async for step in _follow(client, lab.machine("node1"))]


async def _follow(client: Client, node: Machine) -> AsyncIterator[Step]:
    address = (await client.get(Service, "myapp", "default")).spec.clusterIP
    await _until(lambda: _entries(node, address) == 3)
    await _scale(client, 5)
    yield "scaled to 5: five endpoints in the table", await _until(lambda: _entries(node, address) == 5)
    await _scale(client, 1)
    yield "scaled to 1: one endpoint in the table", await _until(lambda: _entries(node, address) == 1)
    pods = await client.list(Pod, "default", label_selector="app=web-nginx")
    last = next(pod for pod in pods if not pod.metadata.deletionTimestamp)
    await client.delete(Pod, last.metadata.name, "default")
    yield "pod deleted: not in the table", await _until(lambda: last.status.podIP not in _table(node))
    yield "pod deleted: another one in the table", await _until(lambda: _entries(node, address) == 1)
    await client.delete(Service, "myapp", "default")
    yield "Service deleted: not in the table", await _until(lambda: address not in _table(node))


async def _scale(client: Client, replicas: int) -> None:
    await client.request(
        "PATCH", "/apis/apps/v1/namespaces/default/deployments/my-nginx",
        body=b'{"spec":{"replicas":%d}}' % replicas, content_type="application/merge-patch+json",
    )  # fmt: skip


async def _until(holds: Callable[[], bool]) -> float:
    """Seconds until it holds."""
    began = time.perf_counter()
    while not holds():
        if time.perf_counter() - began > PATIENCE:
            raise TimeoutError(f"the table did not follow within {PATIENCE:g} s")
        await asyncio.sleep(0.01)
    return time.perf_counter() - began


def _table(node: Machine) -> str:
    return node.run(["nft", "list", "table", "ip", "kube-proxy"]).stdout


def _entries(node: Machine, address: str) -> int:
    """How many endpoints the table has for the address: `10.96.1.2 . 80 . 0 : 10.244.0.2 . 80`."""
    return sum(line.count(f"{address} . 80 . ") for line in _table(node).splitlines() if "tcp ." not in line)
