"""How soon do endpoints and a node's table follow when a Deployment is scaled, a pod or the Service is deleted?

In a lab of three namespaces in nftables mode, and in one of three guests in IPVS mode, from when the API server has
answered the request to when the node's table agrees. The table is read with the kernel's own tool, which takes 10 to
20 ms each time, in a guest some 100 ms. Scaling up includes the start of real pods.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator

from benchmarks import Row, Settings, Skip, labs
from benchmarks.labs import MANIFESTS, Lab
from kube.api.core_v1 import Pod, Service
from kube.client import Client
from lab.machines import Machine

TARGET = 1.0
"""Seconds."""
PATIENCE = 60.0
Step = tuple[str, float]


Table = Callable[[str], set[str]]
"""Cluster IP -> the addresses of the endpoints to which new connections to its port 80 go."""


def run(settings: Settings) -> Iterator[Row]:
    for driver, mode in (("netns", "nftables"), ("uml", "ipvs")):
        found: dict[str, list[float]] = defaultdict(list)
        try:
            with labs.running(driver, f"--proxy-mode={mode}") as lab:
                for _ in range(settings.repeat):
                    for name, seconds in asyncio.run(_steps(lab, mode)):
                        found[f"{mode}: {name}"].append(seconds)
                    lab.kubectl("apply", *(word for file in MANIFESTS for word in ("-f", file)))
        except Skip as why:
            print(f"  {driver}: {why}", flush=True)
        for name, samples in found.items():
            yield Row(name, "s", tuple(samples), more_is_better=False, target=TARGET)


async def _steps(lab: Lab, mode: str) -> list[Step]:
    table = TABLES[mode](lab.machine("node1"))
    async with Client.from_kubeconfig(lab.layout.admin_kubeconfig, user_agent="benchmark") as client:
        return [step async for step in _follow(client, table)]


async def _follow(client: Client, table: Table) -> AsyncIterator[Step]:
    address = (await client.get(Service, "myapp", "default")).spec.clusterIP
    await _until(lambda: len(table(address)) == 3)
    await _scale(client, 5)
    yield "scaled to 5: five endpoints in the table", await _until(lambda: len(table(address)) == 5)
    await _scale(client, 1)
    yield "scaled to 1: one endpoint in the table", await _until(lambda: len(table(address)) == 1)
    pods = await client.list(Pod, "default", label_selector="app=web-nginx")
    last = next(pod for pod in pods if not pod.metadata.deletionTimestamp)
    await client.delete(Pod, last.metadata.name, "default")
    yield "pod deleted: not in the table", await _until(lambda: last.status.podIP not in table(address))
    yield "pod deleted: another one in the table", await _until(lambda: len(table(address)) == 1)
    await client.delete(Service, "myapp", "default")
    yield "Service deleted: not in the table", await _until(lambda: not table(address))


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


def _nftables(node: Machine) -> Table:
    def endpoints(address: str) -> set[str]:
        """Of the map's elements `10.96.1.2 . 80 . 0 : 10.244.0.2 . 80`."""
        listed = node.run(["nft", "list", "table", "ip", "kube-proxy"]).stdout
        return set(re.findall(rf"\b{re.escape(address)} \. 80 \. \d+ : (\S+) \. 80", listed))

    return endpoints


def _ipvs(node: Machine) -> Table:
    def endpoints(address: str) -> set[str]:
        """Of `-a -t 10.96.1.2:80 -r 10.244.0.2:80 -m -w 1`: weight 0 is an end that old connections drain to."""
        listed = node.run(["ipvsadm", "-Sn"]).stdout
        return set(re.findall(rf"^-a -t {re.escape(address)}:80 -r (\S+):80 -m -w [1-9]", listed, re.MULTILINE))

    return endpoints


TABLES = {"nftables": _nftables, "ipvs": _ipvs}
