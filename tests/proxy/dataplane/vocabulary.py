"""The words in which cases are written: addresses, pods, Services, and what a client may expect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.proxy.dataplane.world import six
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


def over(case: Case, protocol: str) -> Case:
    """The same case of another protocol. SCTP does not listen to the ICMP error that refuses it."""
    objects = [_changed(obj, lambda port: port | {"protocol": protocol}) for obj in case.objects]
    case = case._replace(objects=tuple(objects))
    if protocol != "SCTP":
        return case
    return case._replace(expectations=tuple(map(_unheard, case.expectations)))


def _unheard(one: Expectation) -> Expectation:
    def heard(answers: set[str]) -> set[str]:
        return {"dropped" if answer == "refused" else answer for answer in answers}

    return one._replace(answers=heard(one.answers), by_ipvs=None if one.by_ipvs is None else heard(one.by_ipvs))


def over_ipv6(case: Case) -> Case:
    """The same case, with the IPv6 address of everybody."""
    expectations = (
        one._replace(
            address=six(one.address), answers=set(map(_six_answer, one.answers)),
            by_ipvs=None if one.by_ipvs is None else set(map(_six_answer, one.by_ipvs)),
        )
        for one in case.expectations
    )  # fmt: skip
    return case._replace(objects=tuple(map(_six_object, case.objects)), expectations=tuple(expectations))


def _changed(obj: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """A Service or a slice with other ports."""
    found = obj.to_dict()
    where = found.get("spec", found)
    where["ports"] = [change(port) for port in where["ports"]]
    return type(obj).from_dict(found)


def _six_object(obj: Any) -> Any:
    found = obj.to_dict()
    if "spec" in found:
        spec = found["spec"]
        addresses = {"clusterIP": six(spec["clusterIP"]), "clusterIPs": list(map(six, spec["clusterIPs"]))}
        found["spec"] = spec | addresses | {"externalIPs": list(map(six, spec["externalIPs"]))}
        for ingress in found["status"]["loadBalancer"]["ingress"]:
            ingress["ip"] = six(ingress["ip"])
    else:
        found["addressType"] = "IPv6"
        for one in found["endpoints"]:
            one["addresses"] = list(map(six, one["addresses"]))
    return type(obj).from_dict(found)


def _six_answer(answer: str) -> str:
    """`pod1 10.244.1.3`, but `refused` as it is."""
    pod, _, source = answer.partition(" ")
    return f"{pod} {six(source)}" if source else answer
