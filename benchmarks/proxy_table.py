"""The table that the proxy's benchmarks program: Services with ten endpoints each, as decoded API objects.

Called by `proxy_ipvs.py` and `proxy_nftables.py`. It calls the proxy's model. It leaves out measuring.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice

from kube.api.core_v1 import Service
from kube.api.discovery_v1 import EndpointSlice
from proxy.dataplane import Change, Dataplane, joined
from proxy.memory import collect_seldom
from proxy.model.objects import NodeInfo, service_info, slice_info
from proxy.model.tracker import ChangeTracker
from proxy.planner import Planner

CIDR = "10.0.0.0/9"
NODE = NodeInfo("node1", "zone-a", ("192.168.77.11",))


def service(number: int) -> Service:
    address = f"10.{192 + number // 62500}.{number // 250 % 250}.{number % 250}"
    spec = {
        "type": "ClusterIP",
        "clusterIP": address,
        "clusterIPs": [address],
        "ports": [{"protocol": "TCP", "port": 80}],
    }
    meta = {"name": f"svc-{number}", "namespace": "default", "uid": f"u{number}", "resourceVersion": "1"}
    return Service.from_dict({"metadata": meta, "spec": spec})


def endpoint_slice(number: int, endpoints: int = 10, first: int = 0) -> EndpointSlice:
    addresses = [f"10.{first + e}.{number // 250 % 250}.{1 + number % 250}" for e in range(endpoints)]
    found = [
        {
            "addresses": [a],
            "conditions": {"ready": True, "serving": True, "terminating": False},
            "nodeName": f"node{2 + e}",
        }
        for e, a in enumerate(addresses)
    ]
    meta = {
        "name": f"svc-{number}-abc", "namespace": "default", "resourceVersion": "1",
        "labels": {"kubernetes.io/service-name": f"svc-{number}"},
    }  # fmt: skip
    ports = [{"name": "", "port": 8080, "protocol": "TCP"}]
    return EndpointSlice.from_dict({"metadata": meta, "addressType": "IPv4", "endpoints": found, "ports": ports})


class Agent:
    """The proxy's path from objects to the kernel, without the informers."""

    def __init__(self, dataplane: Dataplane):
        collect_seldom()
        self.dataplane = dataplane
        self.tracker = ChangeTracker()
        self.planner = Planner(self.tracker, NODE)

    def set(self, *objects: Service | EndpointSlice) -> None:
        for obj in objects:
            if isinstance(obj, Service):
                self.tracker.set_service(service_info(obj))
            else:
                self.tracker.set_slice(slice_info(obj))

    def plan(self) -> list[Change]:
        return self.planner.plan(self.tracker.take())

    def sync(self) -> int:
        """Returns how many operations it took."""
        outcome = self.dataplane.sync(self.plan())
        assert not outcome.failures, list(outcome.failures.items())[:3]
        return len(outcome.operations)

    def full_sync(self) -> int:
        self.plan()
        outcome = joined(self.dataplane.compare(self.planner.states))
        assert not outcome.failures, list(outcome.failures.items())[:3]
        return len(outcome.operations)


def objects(count: int) -> Iterator[Service | EndpointSlice]:
    for number in range(count):
        yield service(number)
        yield endpoint_slice(number)


def pages(count: int, size: int = 1000) -> Iterator[list[Service | EndpointSlice]]:
    """The same, as an informer gets them: a page at a time, so that only slim objects add up."""
    everything = objects(count)
    while page := list(islice(everything, size)):
        yield page


@contextmanager
def timed(into: list[float]) -> Iterator[None]:
    began = time.perf_counter()
    yield
    into.append(time.perf_counter() - began)


def median(action: Callable[[int], object], times: int) -> tuple[float, float]:
    """The median of the wall clock and of this process's CPU time, in milliseconds."""
    wall, cpu = [], []
    for number in range(times):
        w, c = time.perf_counter(), time.process_time()
        action(number)
        wall.append(time.perf_counter() - w)
        cpu.append(time.process_time() - c)
    return sorted(wall)[times // 2] * 1000, sorted(cpu)[times // 2] * 1000


def resident_megabytes() -> float:
    with open("/proc/self/status") as status:
        lines = dict(line.split(":", 1) for line in status)
    return int(lines["VmRSS"].split()[0]) / 1024
