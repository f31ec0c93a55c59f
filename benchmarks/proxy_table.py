"""The table that the proxy's benchmarks program: Services with ten endpoints each, as decoded API objects.

Called by `proxy_ipvs`, `proxy_nftables`. It calls the proxy's model and a dataplane, as the proxy's runner does. It
leaves out the informers and the API server.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from benchmarks import Row
from benchmarks.processes import resident_megabytes as resident_megabytes
from kube.api.core_v1 import Service
from kube.api.discovery_v1 import EndpointSlice
from proxy.dataplane import Change, Dataplane
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


class Compared(NamedTuple):
    """A comparison: its operations, and how long its steps took; a change may have to wait for one."""

    operations: int
    steps: tuple[float, ...]

    @property
    def seconds(self) -> float:
        return sum(self.steps)

    @property
    def longest_step(self) -> float:
        return max(self.steps)

    @property
    def usual_step(self) -> float:
        """No shorter than 99 of 100: where the machine is busy with others, the longest one tells of them."""
        return sorted(self.steps)[int(len(self.steps) * 0.99)]


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
        """Programs what changed; returns how many operations it took."""
        outcome = self.dataplane.sync(self.plan())
        assert not outcome.failures, list(outcome.failures.items())[:3]
        return len(outcome.operations)

    def compare(self) -> Compared:
        """Programs everything, as a proxy that starts, or compares the kernel with it."""
        self.plan()
        operations, steps, began = 0, [], time.perf_counter()
        for outcome in self.dataplane.compare(self.planner.states):
            assert not outcome.failures, list(outcome.failures.items())[:3]
            operations += len(outcome.operations)
            steps.append(time.perf_counter())
        return Compared(operations, tuple(now - then for then, now in zip([began, *steps], steps, strict=False)))

    def load(self, count: int, write: Callable[[], object]) -> float:
        """Seconds from decoded objects to the kernel: everything between, but not the making of the objects."""
        took = 0.0
        for page in _pages(count):
            took += seconds(lambda page=page: self.set(*page))
        return took + seconds(write)

    def close(self) -> None:
        self.dataplane.cleanup()
        self.dataplane.close()


def _pages(count: int, size: int = 1000) -> Iterator[list[Service | EndpointSlice]]:
    """A page at a time, as an informer gets them, so that only slim objects add up."""
    everything = (obj for number in range(count) for obj in (service(number), endpoint_slice(number)))
    while page := list(islice(everything, size)):
        yield page


def seconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def milliseconds(action: Callable[[int], object], times: int) -> tuple[float, ...]:
    """How long the action takes, each time; it is told which time it is."""
    return tuple(seconds(lambda number=number: action(number)) * 1000 for number in range(times))


def change_an_endpoint(agent: Agent, number: int) -> None:
    """One endpoint of one Service goes, or comes back."""
    agent.set(endpoint_slice(0, endpoints=9 + number % 2))
    agent.sync()


def add_a_service(agent: Agent, number: int) -> None:
    agent.set(service(60_000 + number), endpoint_slice(60_000 + number))
    agent.sync()


def step_rows(compared: Sequence[Compared], what: str) -> Iterator[Row]:
    """How long a change may have to wait for a comparison."""
    longest = tuple(each.longest_step * 1000 for each in compared)
    usual = tuple(each.usual_step * 1000 for each in compared)
    yield Row(f"how long a change may wait for it, {what}", "ms", longest, more_is_better=False, target=50.0)
    yield Row(f"the same, 99 of 100 steps, {what}", "ms", usual, more_is_better=False, target=50.0)
