"""The words in which cases are written: addresses, pods, Services, and what a client may expect."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.proxy.objects import endpoint, service

VIP, EXTERNAL, BALANCER, NODE_IP = "10.96.0.10", "203.0.113.10", "203.0.113.20", "192.168.77.11"
POD1, POD2, POD3 = endpoint("10.244.1.2"), endpoint("10.244.1.3"), endpoint("10.244.2.2", "node2")
BRIDGE, LAN = "10.244.1.1", "192.168.77.11"
OUTSIDE = "192.168.77.200"

FRONTS = ((VIP, 80), (NODE_IP, 30080), (EXTERNAL, 80), (BALANCER, 80))
EXTERNAL_FRONTS = FRONTS[1:]


class Expectation(NamedTuple):
    """A client asks; these answers are possible, and all of them come. `by_ipvs`: where IPVS differs."""

    client: str
    address: str
    port: int
    answers: set[str]
    by_ipvs: set[str] | None = None

    def of(self, mode: str) -> set[str]:
        return self.by_ipvs if mode == "ipvs" and self.by_ipvs is not None else self.answers


class Case(NamedTuple):
    name: str
    objects: tuple[Any, ...]
    expectations: tuple[Expectation, ...]


def asks(client: str, address: str, port: int, *answers: str) -> Expectation:
    return Expectation(client, address, port, set(answers))


def full(**spec: Any) -> Any:
    """A Service with an address of every kind."""
    return service(
        type="LoadBalancer", ports=[{"protocol": "TCP", "port": 80, "nodePort": 30080}],
        externalIPs=[EXTERNAL], load_balancer_ips=[BALANCER], **spec,
    )  # fmt: skip


def terminating(pod: dict[str, Any], serving: bool = True) -> dict[str, Any]:
    return pod | {"conditions": {"ready": False, "serving": serving, "terminating": True}}


def not_ready(pod: dict[str, Any]) -> dict[str, Any]:
    return pod | {"conditions": {"ready": False}}
