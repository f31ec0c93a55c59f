"""The proxy's part of a node, driven by hand: Services and slices in, packets out."""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from kube.api.core_v1 import Service
from kube.api.discovery_v1 import EndpointSlice
from proxy.conntrack import kernel as conntrack
from proxy.conntrack.plan import stale_flows
from proxy.dataplane import Dataplane, Outcome
from proxy.ipvs.iptables import choose
from proxy.model.objects import service_info, slice_info
from proxy.model.tracker import ChangeTracker
from proxy.netlink.socket import NETLINK_NETFILTER, NetlinkSocket
from proxy.planner import Planner
from tests.proxy.dataplane.world import World
from tests.proxy.objects import NODE, resync


class Node:
    """node1 of the world, with one dataplane."""

    def __init__(self, world: World, make: Callable[..., Dataplane]):
        self.world, self._make = world, make
        self.dataplane = world["node1"].call(make)
        self.tracker = ChangeTracker()
        self.planner = Planner(self.tracker, NODE)
        self.resync()

    def set(self, *objects: Service | EndpointSlice) -> Outcome:
        """Programs Services and slices, as the runner would."""
        for obj in objects:
            if isinstance(obj, Service):
                self.tracker.set_service(service_info(obj))
            else:
                self.tracker.set_slice(slice_info(obj))
        return self._sync()

    def delete(self, obj: Service) -> Outcome:
        self.tracker.delete_service(service_info(obj))
        return self._sync()

    def _sync(self) -> Outcome:
        changes = self.planner.plan(self.tracker.take())
        outcome = self.call(self.dataplane.sync, changes)
        assert not outcome.failures, outcome.failures
        self.call(conntrack.delete, stale_flows(changes))
        self.call(self.dataplane.housekeeping, time.monotonic())
        return outcome

    def resync(self) -> Outcome:
        self.planner.plan(self.tracker.take())
        outcome = self.call(resync, self.dataplane, self.planner.states)
        assert not outcome.failures, outcome.failures
        assert not outcome.problems, outcome.problems
        return outcome

    def restart(self, **options: Any) -> Outcome:
        """A new proxy process finds what the last one left."""
        self.call(self.dataplane.close)
        self.dataplane = self.call(lambda: self._make(**options))
        return self.resync()

    def reset(self) -> None:
        """Removes every Service, and what connections left."""
        for service in list(self.tracker.services.values()):
            self.tracker.delete_service(service)
        self._sync()
        self.tracker = ChangeTracker()
        self.planner = Planner(self.tracker, NODE)
        self.call(_flush_conntrack)

    def close(self) -> None:
        self.call(self.dataplane.cleanup)
        self.call(self.dataplane.close)

    @property
    def iptables(self) -> str:
        """The iptables that this kernel serves."""
        return choose(4) or "iptables"

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        return self.world["node1"].call(function, *args)

    def shell(self, script: str) -> str:
        return self.world["node1"].shell(script)

    def answers(self, client: str, address: str, port: int, protocol: str = "TCP", times: int = 12) -> Counter[str]:
        """Who answered how often, and with which source address: `pod1 10.244.1.3`."""
        return Counter(self.world.ask(client, address, port, protocol) for _ in range(times))


def _flush_conntrack() -> None:
    with NetlinkSocket(NETLINK_NETFILTER) as netfilter:
        for family in (socket.AF_INET, socket.AF_INET6):
            netfilter.request(((1 << 8) | 2, 0, bytes([family, 0, 0, 0])))
