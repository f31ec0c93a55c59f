"""How long from "pod ready" to "EndpointSlice written", among 1,000 Services?

It makes Services with one pod each (on a node that it registers), turns pods ready and unready one at a time, and takes
the time from before the status is written to when a watcher sees the endpoint. By hand, against a cluster that runs:
`python -m benchmarks.endpoint_latency --kubeconfig FILE [--services 1000] [--samples 500] [--pids N ...]` also says how
much processor time each of these processes took for a change, which other load on the machine does not alter.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks import Row, Settings, labs
from kube.api.coordination_v1 import Lease, LeaseSpec
from kube.api.core_v1 import Namespace, Node, Pod, Service, ServiceAccount
from kube.api.discovery_v1 import EndpointSlice
from kube.apimachinery import times
from kube.apimachinery.meta_v1 import ObjectMeta
from kube.client import Client
from kube.clock import RealClock
from kube.informer import Informer

NAMESPACE, NODE = "benchmark-endpoints", "benchmark-node"
SERVICES, SAMPLES, RATE = 1_000, 500, 50.0
TARGET = 50.0
"""Milliseconds, of 99 in 100."""


def run(settings: Settings) -> Iterator[Row]:
    services, samples = settings.scaled(SERVICES), settings.scaled(SAMPLES)
    with labs.control_plane() as kubeconfig:
        latencies = asyncio.run(_latencies(kubeconfig, services, samples))
    cuts = statistics.quantiles(latencies, n=100)
    for share, target in ((50, None), (99, TARGET)):
        yield Row(f"pod ready -> EndpointSlice seen, {services:,} Services, p{share}", "ms", (cuts[share - 1] * 1000,),
                  more_is_better=False, target=target, note=f"{samples} changes")  # fmt: skip


async def _latencies(kubeconfig: Path, services: int, samples: int) -> list[float]:
    async with prepared(kubeconfig, services) as client:
        return await measure(client, services, samples, RATE)


@asynccontextmanager
async def prepared(kubeconfig: Path | None, services: int) -> AsyncIterator[Client]:
    """A client of a cluster that has these Services, on a node that stays ready meanwhile."""
    async with Client.from_kubeconfig(kubeconfig, user_agent="benchmark") as client:
        heart = asyncio.create_task(heartbeat(client))
        try:
            await prepare(client, services)
            yield client
        finally:
            heart.cancel()


def condition(ready: bool) -> dict:
    stamp = times.format_time(RealClock().now())
    return {"type": "Ready", "status": "True" if ready else "False", "lastTransitionTime": stamp}


async def set_ready(client: Client, name: str, ready: bool, **more: object) -> None:
    body = {"status": {"conditions": [condition(ready)], **more}}
    await client.patch(Pod, name, NAMESPACE, body, "strategic", subresource="status")


async def prepare(client: Client, count: int) -> None:
    await client.create(Namespace(metadata=ObjectMeta(name=NAMESPACE)))
    while not await client.list(ServiceAccount, NAMESPACE):  # noqa: ASYNC110  no pod before there is one
        await asyncio.sleep(0.05)
    await client.create(Node(metadata=ObjectMeta(name=NODE)))
    node_ready = {"type": "Ready", "status": "True"}
    await client.patch(Node, NODE, "", {"status": {"conditions": [node_ready]}}, "strategic", subresource="status")

    async def one(n: int) -> None:
        name = f"s{n}"
        service = {"metadata": {"name": name, "namespace": NAMESPACE}}
        service["spec"] = {"selector": {"app": name}, "ports": [{"port": 80}]}
        await client.create(Service.from_dict(service))
        pod = {"metadata": {"name": name, "namespace": NAMESPACE, "labels": {"app": name}}}
        pod["spec"] = {"nodeName": NODE, "containers": [{"name": "c", "image": "x"}]}
        await client.create(Pod.from_dict(pod))
        ip = f"10.{n // 65536}.{n // 256 % 256}.{n % 256}"
        await set_ready(client, name, False, phase="Running", podIP=ip, podIPs=[{"ip": ip}])

    for start in range(0, count, 20):
        await asyncio.gather(*(one(n) for n in range(start, min(count, start + 20))))


class Watcher:
    """Tells when a Service's endpoint has the readiness that is waited for."""

    def __init__(self, client: Client):
        self.slices = Informer(client, EndpointSlice, NAMESPACE)
        self.state: dict[str, bool] = {}
        self.waiting: dict[tuple[str, bool], asyncio.Future] = {}
        self.slices.add_handler(self._seen, lambda _old, new: self._seen(new))

    def _seen(self, one: EndpointSlice) -> None:
        name = one.metadata.labels["kubernetes.io/service-name"]
        for endpoint in one.endpoints:
            self.state[name] = bool(endpoint.conditions.ready)
            future = self.waiting.pop((name, self.state[name]), None)
            if future is not None and not future.done():
                future.set_result(time.perf_counter())

    def until(self, name: str, ready: bool) -> asyncio.Future:
        future = asyncio.get_running_loop().create_future()
        self.waiting[name, ready] = future
        return future


async def heartbeat(client: Client) -> None:
    """What keeps the node ready: a kubelet's lease."""
    lease = Lease(metadata=ObjectMeta(name=NODE, namespace="kube-node-lease"), spec=LeaseSpec(holderIdentity=NODE))
    lease = await client.create(lease)
    while True:
        lease.spec.renewTime = times.format_micro_time(RealClock().now())
        lease = await client.update(lease)
        await asyncio.sleep(5)


async def measure(client: Client, services: int, samples: int, rate: float) -> list[float]:
    watcher = Watcher(client)
    task = asyncio.create_task(watcher.slices.run())
    await watcher.slices.synced.wait()
    while len(watcher.state) < services:  # noqa: ASYNC110  a benchmark may poll
        await asyncio.sleep(0.1)
    latencies = []
    for _ in range(samples):
        name = f"s{random.randrange(services)}"
        ready = not watcher.state[name]
        seen, began = watcher.until(name, ready), time.perf_counter()
        await set_ready(client, name, ready)
        latencies.append(await asyncio.wait_for(seen, 30) - began)
        await asyncio.sleep(random.expovariate(rate))
    task.cancel()
    return latencies


def show(latencies: list[float]) -> str:
    cuts = statistics.quantiles(latencies, n=100)
    return (
        "pod ready -> EndpointSlice seen: "
        + ", ".join(f"p{p} {cuts[p - 1] * 1000:.1f} ms" for p in (50, 90, 99))
        + f", max {max(latencies) * 1000:.1f} ms ({len(latencies)} changes)"
    )


def processor_seconds(pid: int) -> float:
    """User and system time of a process since its start."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def main(arguments: argparse.Namespace) -> None:
    async with prepared(arguments.kubeconfig, arguments.services) as client:
        before = {pid: processor_seconds(pid) for pid in arguments.pids}
        print(show(await measure(client, arguments.services, arguments.samples, arguments.rate)))
        for pid, seconds in before.items():
            each = (processor_seconds(pid) - seconds) / arguments.samples
            print(f"process {pid}: {each * 1000:.2f} ms of processor time a change")
        await client.delete(Namespace, NAMESPACE)
        await client.delete(Node, NODE)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kubeconfig")
    parser.add_argument("--services", type=int, default=SERVICES)
    parser.add_argument("--samples", type=int, default=SAMPLES)
    parser.add_argument("--rate", type=float, default=RATE, help="changes a second")
    parser.add_argument("--pids", type=int, nargs="*", default=[], help="processes whose processor time is shown")
    asyncio.run(main(parser.parse_args()))
