"""The books of Service addresses, the ranges they come from, and load balancers."""

from __future__ import annotations

import pytest

from controllers.ip_allocation import books
from controllers.ip_allocation.controller import IPAllocationController
from controllers.service_cidr.controller import FINALIZER, ServiceCIDRController, needed_by
from controllers.service_lb.controller import FINALIZER as LB_FINALIZER
from controllers.service_lb.controller import ServiceLBController, is_target, wants_balancer
from kube.api.core_v1 import Event, LoadBalancerIngress, LoadBalancerStatus, Node, Service, Taint
from kube.api.networking_v1 import IPAddress, ServiceCIDR
from kube.apimachinery.errors import NotFound
from tests.controllers.conftest import World


def service(name: str, ip: str = "", *, node_port: int = 0, created: str = "00:00:00", **spec) -> Service:
    ports = [{"port": 80, "nodePort": node_port}] if node_port else [{"port": 80}]
    return Service.from_dict(
        {
            "metadata": {
                "name": name, "namespace": "default", "uid": name, "creationTimestamp": f"2026-01-01T{created}Z"
            },
            "spec": {"clusterIP": ip, "clusterIPs": [ip] if ip else [], "ports": ports, "type": "ClusterIP", **spec},
        }
    )  # fmt: skip


def cidr(name: str, *ranges: str, deleting: bool = False) -> ServiceCIDR:
    made = ServiceCIDR.from_dict({"metadata": {"name": name}, "spec": {"cidrs": list(ranges)}})
    if deleting:
        made.metadata.deletionTimestamp = "2026-01-01T00:00:00Z"
    return made


def booked(world: World) -> dict[str, str]:
    return {a.metadata.name: a.spec.parentRef.name for a in world.server.all(IPAddress)}


@pytest.mark.parametrize(
    ("given", "addresses", "needs"),
    [
        (service("a", "10.0.0.1"), ["10.0.0.1"], False),
        (service("a"), [], True),
        (service("a", "None"), [], False),
        (service("a", type="ExternalName"), [], False),
        (service("a", "FD00:0:0::1"), ["fd00::1"], False),
    ],
)
def test_what_a_service_holds(given: Service, addresses: list[str], needs: bool) -> None:
    assert books.addresses_of(given) == addresses
    assert books.needs_address(given) is needs


async def test_true_books_are_left_alone(world: World) -> None:
    one = service("a", "10.0.0.1")
    world.server.seed(one, books.booking("10.0.0.1", one), cidr("k", "10.0.0.0/24"))
    world.start(IPAllocationController)
    await world.settle(400)
    assert world.server.calls == []


async def test_what_is_used_is_booked_and_what_is_not_is_released(world: World) -> None:
    gone = service("gone", "10.0.0.9")
    stranger = books.booking("10.0.0.8", gone)
    stranger.metadata.labels[books.MANAGED_BY] = "somebody-else"
    world.server.seed(service("a", "10.0.0.1"), books.booking("10.0.0.9", gone), stranger)
    world.server.seed(service("b", "10.0.0.2"), books.booking("10.0.0.2", gone))
    world.start(IPAllocationController)
    await world.settle(2)
    assert booked(world) == {"10.0.0.1": "a", "10.0.0.2": "b", "10.0.0.8": "gone"}
    leaked = [e.message for e in world.server.all(Event) if e.reason == "IPAddressNotAllocated"]
    assert leaked == ["IPAddress: 10.0.0.9 for Service default/gone appears to have leaked: cleaning up"]


async def test_what_names_no_service_or_the_wrong_one_goes_and_says_why(world: World) -> None:
    one = service("a", "10.0.0.1")
    nameless, pod, wrong = (books.booking(f"10.0.0.{n}", one) for n in (7, 8, 9))
    nameless.spec.parentRef = None
    pod.spec.parentRef.resource = "pods"
    taken = books.booking("10.0.0.2", one)
    taken.spec.parentRef = None
    world.server.seed(one, books.booking("10.0.0.1", one), service("b", "10.0.0.2"), nameless, pod, wrong, taken)
    world.start(IPAllocationController)
    await world.settle(2)
    assert booked(world) == {"10.0.0.1": "a", "10.0.0.2": "b"}, "what a Service uses is booked for it"
    assert {(e.reason, e.message) for e in world.server.all(Event)} == {
        ("IPAddressNotAllocated",
         "IPAddress 10.0.0.7 appears to have been modified, not referencing a Service nothing: cleaning up"),
        ("IPAddressNotAllocated",
         "IPAddress 10.0.0.8 appears to have been modified, not referencing a Service /pods default/a: cleaning up"),
        ("IPAddressWrongReference",
         "IPAddress: 10.0.0.9 for Service default/a has a wrong reference; cleaning up"),
    }  # fmt: skip


async def test_an_address_that_went_with_its_service_has_not_leaked(world: World) -> None:
    """The watch of Services may tell of it before that of addresses."""
    world.server.seed(books.booking("10.0.0.9", service("gone", "10.0.0.9")))
    world.server.fail("delete", IPAddress, NotFound("gone with its Service"), times=100)
    world.start(IPAllocationController)
    await world.settle(2)
    assert any(call.startswith("delete") for call in world.server.calls)
    assert world.server.all(Event) == []


async def test_an_address_is_released_with_its_service(world: World) -> None:
    one = service("a", "10.0.0.1")
    world.server.seed(one, books.booking("10.0.0.1", one))
    world.start(IPAllocationController)
    await world.settle()
    world.server.force_delete(Service, "a", "default")
    await world.settle(2)
    assert booked(world) == {}


async def test_a_service_without_an_address_is_brought_to_the_server(world: World) -> None:
    world.server.seed(service("a"))
    world.start(IPAllocationController)
    await world.settle()
    assert set(world.server.calls) == {"update Service default/a"}


async def test_doubled_addresses_are_reported_and_doubled_ports_repaired(world: World) -> None:
    old, new = (
        service("old", "10.0.0.1", node_port=30001),
        service("new", "10.0.0.1", node_port=30001, created="01:00:00"),
    )
    world.server.seed(old, new, books.booking("10.0.0.1", old))
    world.start(IPAllocationController)
    await world.settle(2)
    assert booked(world) == {"10.0.0.1": "old"}
    said = {(e.involvedObject.name, e.reason) for e in world.server.all(Event)}
    assert said == {("new", "ClusterIPAlreadyAllocated"), ("new", "PortAlreadyAllocated")}
    ports = {s.metadata.name: s.spec.ports[0].nodePort for s in world.server.all(Service)}
    assert ports["old"] == 30001
    assert ports["new"] in range(30000, 32768) and ports["new"] != 30001


def test_ports_of_one_number_keep_sharing_a_node_port() -> None:
    double = service("a", "10.0.0.1", node_port=30001)
    double.spec.ports.append(double.spec.ports[0].model_copy(update={"protocol": "UDP", "name": "udp"}))
    moved = books.with_other_ports(double, {("TCP", 30001), ("UDP", 30001)}, iter((30002, 30003)))
    assert [port.nodePort for port in moved.spec.ports] == [30002, 30002]
    assert [port.nodePort for port in double.spec.ports] == [30001, 30001]


async def test_a_lagging_cache_releases_nothing(world: World) -> None:
    """The IPAddress is seen before the Service of the same transaction."""
    one = service("a", "10.0.0.1")
    world.start(IPAllocationController)
    await world.settle()
    world.server.seed(books.booking("10.0.0.1", one), one)
    await world.settle(2)
    assert booked(world) == {"10.0.0.1": "a"}


# ---- ranges ----


def test_who_needs_a_range() -> None:
    mine, wide = cidr("mine", "10.0.0.0/24"), cidr("wide", "10.0.0.0/16")
    addresses = ["10.0.0.5", "10.0.1.5"]
    assert needed_by(mine, [mine], addresses) == ["10.0.0.5"]
    assert needed_by(mine, [mine, wide], addresses) == []
    assert needed_by(mine, [mine, cidr("wide", "10.0.0.0/16", deleting=True)], addresses) == ["10.0.0.5"]


async def test_a_range_is_ready_and_goes_when_nobody_needs_it(world: World) -> None:
    one = service("a", "10.0.0.1")
    world.server.seed(books.booking("10.0.0.1", one))
    world.start(ServiceCIDRController)
    await world.client.create(cidr("small", "10.0.0.0/24"))
    await world.settle()
    found = world.server.get(ServiceCIDR, "small")
    assert found.metadata.finalizers == [FINALIZER]
    assert [(c.type, c.status) for c in found.status.conditions] == [("Ready", "True")]
    await world.client.delete(ServiceCIDR, "small")
    await world.settle(60)
    [condition] = world.server.get(ServiceCIDR, "small").status.conditions
    assert (condition.status, condition.reason) == ("False", "Terminating")
    await world.client.create(cidr("large", "10.0.0.0/16"))
    await world.settle(15)
    assert [c.metadata.name for c in world.server.all(ServiceCIDR)] == ["large"]


# ---- load balancers ----


class Cloud:
    def __init__(self) -> None:
        self.built: dict[str, list[str]] = {}
        self.calls: list[str] = []
        self.broken = False

    async def ensure(self, service: Service, nodes: list[Node]) -> LoadBalancerStatus:
        self.calls.append("ensure")
        if self.broken:
            raise RuntimeError("no quota")
        self.built[service.metadata.name] = sorted(n.metadata.name for n in nodes)
        return LoadBalancerStatus(ingress=[LoadBalancerIngress(ip="192.0.2.1")])

    async def update_nodes(self, service: Service, nodes: list[Node]) -> None:
        self.calls.append("update")
        self.built[service.metadata.name] = sorted(n.metadata.name for n in nodes)

    async def ensure_deleted(self, service: Service) -> None:
        self.calls.append("delete")
        self.built.pop(service.metadata.name, None)


def node(name: str, ready: str = "True", **labels: str) -> Node:
    return Node.from_dict(
        {"metadata": {"name": name, "labels": labels}, "status": {"conditions": [{"type": "Ready", "status": ready}]}}
    )


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"type": "LoadBalancer"}, True),
        ({"type": "LoadBalancer", "loadBalancerClass": "example.org/mine"}, False),
        ({"type": "NodePort"}, False),
        ({"type": "ClusterIP"}, False),
    ],
)
def test_who_wants_a_balancer(spec: dict, expected: bool) -> None:
    assert wants_balancer(service("web", **spec)) is expected


def leaving(how: str) -> Node:
    made = node("n")
    if how == "tainted":
        made.spec.taints = [Taint(key="ToBeDeletedByClusterAutoscaler", effect="NoSchedule")]
    else:
        made.metadata.deletionTimestamp = "2026-01-01T00:00:00Z"
    return made


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (node("n"), True),
        (node("n", "False"), True),  # the balancer's own health check decides
        (node("n", "Unknown"), True),
        (node("n", **{"node.kubernetes.io/exclude-from-external-load-balancers": ""}), False),
        (leaving("tainted"), False),
        (leaving("deleted"), False),
    ],
)
def test_which_nodes_a_balancer_knows(given: Node, expected: bool) -> None:
    assert is_target(given) is expected


async def test_the_life_of_a_load_balancer(world: World) -> None:
    cloud = Cloud()
    world.server.seed(node("n1"), node("n2", "False"))
    excluded = node("n3")
    excluded.metadata.labels = {"node.kubernetes.io/exclude-from-external-load-balancers": ""}
    world.server.seed(excluded)
    world.start(ServiceLBController, cloud=cloud)
    await world.client.create(service("web", "10.0.0.1", type="LoadBalancer"))
    await world.client.create(service("mine", "10.0.0.2", type="LoadBalancer", loadBalancerClass="example.org/mine"))
    await world.settle(1)
    found = world.server.get(Service, "web", "default")
    assert found.metadata.finalizers == [LB_FINALIZER]
    assert [i.ip for i in found.status.loadBalancer.ingress] == ["192.0.2.1"]
    assert cloud.built == {"web": ["n1", "n2"]}

    world.server.seed(node("n4"))
    await world.settle(1)
    assert cloud.built == {"web": ["n1", "n2", "n4"]}
    assert cloud.calls == ["ensure", "update"]
    ailing = world.server.get(Node, "n1")
    ailing.status.conditions[0].status = "Unknown"
    world.server.update(ailing, "status")
    await world.settle(1)
    assert cloud.calls == ["ensure", "update"], "readiness is no reason to build anew"

    found = world.server.get(Service, "web", "default")
    found.spec.type = "ClusterIP"
    await world.client.update(found)
    await world.settle(1)
    found = world.server.get(Service, "web", "default")
    assert (found.metadata.finalizers, found.status.loadBalancer.ingress, cloud.built) == ([], [], {})


async def test_a_deleted_service_waits_for_its_balancer(world: World) -> None:
    cloud = Cloud()
    world.server.seed(node("n1"))
    world.start(ServiceLBController, cloud=cloud)
    cloud.broken = True
    await world.client.create(service("web", "10.0.0.1", type="LoadBalancer"))
    await world.settle(1)
    said = {e.message for e in world.server.all(Event) if e.reason == "SyncLoadBalancerFailed"}
    assert said == {"Error syncing load balancer: failed to ensure load balancer: no quota"}
    cloud.broken = False
    await world.settle(10)
    assert cloud.built == {"web": ["n1"]}
    await world.client.delete(Service, "web", "default")
    await world.settle(1)
    assert world.server.all(Service) == []
    assert cloud.built == {}
