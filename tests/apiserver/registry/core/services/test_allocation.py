"""Allocation on a real etcd: what each type gets, what is refused and in which words, what is freed and when."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from apiserver.registry.core.services.claims import ADDRESSES, NODE_PORTS
from apiserver.registry.core.services.strategy import ServiceStrategy
from apiserver.registry.generic.options import Write
from apiserver.registry.generic.store import Store
from apiserver.storage.interface import Delete, Put
from kube.api import scheme
from kube.api.core_v1 import Service
from kube.apimachinery.errors import InternalError, Invalid
from kube.apimachinery.meta_v1 import ObjectMeta
from kube.metrics import REGISTRY
from tests.apiserver.registry.core.services.desk import Desk, audit, open_desk, service

_number = itertools.count()
Open = Callable[..., Awaitable[Desk]]


@pytest.fixture
async def open_one(etcd: str) -> AsyncIterator[Open]:
    desks: list[Desk] = []
    prefix = f"/alloc{next(_number)}"

    async def open_next(*ranges: str, **options: str) -> Desk:
        desks.append(await open_desk(etcd, prefix, *ranges, **options))
        return desks[-1]

    yield open_next
    for desk in desks:
        await desk.cacher.aclose()


@pytest.fixture
async def desk(open_one: Open) -> Desk:
    return await open_one()


async def refused(work: Awaitable[Any], kind: type[Exception] = Invalid) -> str:
    with pytest.raises(kind) as caught:
        await work
    return caught.value.message


# ---- addresses ----


async def test_an_address_comes_with_its_object(desk: Desk) -> None:
    made = await desk.create(service("a"))
    address = made.spec.clusterIP
    assert address.startswith("10.96.") and made.spec.clusterIPs == [address]
    assert (made.spec.ipFamilies, made.spec.ipFamilyPolicy) == (["IPv4"], "SingleStack")
    stored = await desk.cacher.get(ADDRESSES + address)
    object_ = json.loads(stored.wire)
    assert stored.wire.startswith(b'{"kind":"IPAddress","apiVersion":"networking.k8s.io/v1","metadata":{"resourceV')
    assert object_["metadata"]["labels"] == {
        "ipaddress.kubernetes.io/ip-family": "IPv4",
        "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io",
    }
    assert object_["metadata"]["managedFields"][0]["manager"] == "kube-apiserver"
    assert object_["spec"] == {"parentRef": {"resource": "services", "namespace": "default", "name": "a"}}
    assert await audit(desk.cacher) == 1


async def test_a_dynamic_address_leaves_the_lower_band_alone(open_one: Open) -> None:
    desk = await open_one("10.0.0.0/24")
    taken = {(await desk.create(service(f"s{n}"))).spec.clusterIP for n in range(200)}
    assert min(int(address.rpartition(".")[2]) for address in taken) > 16
    assert len(taken) == 200


async def test_a_full_range_uses_the_lower_band_and_then_refuses(open_one: Open) -> None:
    desk = await open_one("10.0.0.0/27")
    taken = {(await desk.create(service(f"s{n}"))).spec.clusterIP for n in range(30)}
    assert len(taken) == 30
    message = await refused(desk.create(service("late")), InternalError)
    assert message == "Internal error occurred: failed to allocate a serviceIP: range is full"
    await desk.delete("s7")
    assert (await desk.create(service("late"))).spec.clusterIP in taken


async def test_an_address_that_is_taken(desk: Desk) -> None:
    await desk.create(service("owner", clusterIP="10.96.0.27"))
    assert await refused(desk.create(service("late", clusterIP="10.96.0.27"))) == (
        'Service "late" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.27"]: '
        "failed to allocate IP 10.96.0.27: provided IP is already allocated"
    )


async def test_an_address_belongs_to_a_name(desk: Desk) -> None:
    message = await refused(desk.create(service("", clusterIP="10.96.0.28")))
    assert message.endswith('IPAddress.networking.k8s.io "10.96.0.28" is invalid: spec.parentRef.name: Required value')


async def test_what_cannot_be_had_is_said_before_what_is_wrong(desk: Desk) -> None:
    strategy = ServiceStrategy(desk.allocator)
    store: Store[Service] = Store(scheme.by_type(Service), strategy, desk.cacher)

    async def create(**spec: Any) -> str:
        made = service("", **spec)
        made.metadata = ObjectMeta(name="both")
        strategy.default(made)
        return await refused(store.create("default", made, Write()))

    bad = {"type": "NodePort", "ports": [{"port": 0, "targetPort": 80, "nodePort": 80}]}
    assert "spec.ports[0].nodePort" in await create(**bad)
    bad["ports"][0]["nodePort"] = 30123  # type: ignore[index]
    assert "spec.ports[0].port" in await create(**bad)
    assert await audit(desk.cacher) == 0

    good = service("", type="NodePort")
    good.metadata = ObjectMeta(name="both")
    strategy.default(good)
    await store.create("default", good, Write())
    await store.get("default", "both")  # the cache has it now

    async def update(**change: Any) -> str:
        async def make(current: Service | None) -> Service:
            assert current is not None
            changed = Service.from_dict({**current.to_dict(), "spec": {**current.to_dict()["spec"], **change}})
            strategy.default(changed)
            return changed

        return await refused(store.update("default", "both", make, Write()))

    assert "spec.ports[0].nodePort" in await update(ports=[{"port": 0, "targetPort": 80, "nodePort": 80}])
    fixed = await update(clusterIP="1.2.3.4", clusterIPs=["1.2.3.4"])
    assert fixed.endswith('spec.clusterIPs[0]: Invalid value: ["1.2.3.4"]: may not change once set')
    assert await audit(desk.cacher) == 1


async def test_an_address_taken_through_another_server_just_now(open_one: Open) -> None:
    one, other = await open_one(), await open_one()
    for number in range(20):
        await one.create(service(f"one{number}", clusterIP=f"10.96.1.{number}"))
        assert "already allocated" in await refused(
            other.create(service(f"other{number}", clusterIP=f"10.96.1.{number}"))
        )
        await one.delete(f"one{number}")
        await other.create(service(f"other{number}", clusterIP=f"10.96.1.{number}"))
    assert await audit(one.cacher) == 20


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("192.0.2.1", "the provided network does not match the current range"),
        (
            "10.96.255.255",
            "the provided IP (10.96.255.255) is not in the valid range. The range of valid IPs is 10.96.0.0/16",
        ),
    ],
)
async def test_an_address_outside(desk: Desk, address: str, why: str) -> None:
    message = await refused(desk.create(service("a", clusterIP=address)))
    assert message.endswith(f'Invalid value: ["{address}"]: failed to allocate IP {address}: {why}')


async def test_an_address_object_made_by_hand_blocks_and_is_left_alone(desk: Desk) -> None:
    parent = {"resource": "services", "namespace": "default", "name": "ghost"}
    ghost = json.dumps({"kind": "IPAddress", "metadata": {"name": "x"}, "spec": {"parentRef": parent}}).encode()
    await desk.cacher.commit([], [Put(f"{ADDRESSES}10.96.0.40", ghost)])
    assert "already allocated" in await refused(desk.create(service("a", clusterIP="10.96.0.40")))
    await desk.cacher.commit([], [Delete(f"{ADDRESSES}10.96.0.40")])
    await desk.create(service("a", clusterIP="10.96.0.40"))
    await desk.cacher.commit([], [Put(f"{ADDRESSES}10.96.0.40", ghost)])
    await desk.cacher.list(ADDRESSES)
    await desk.delete("a")
    assert await desk.cacher.get(f"{ADDRESSES}10.96.0.40") is not None


async def test_another_service_cidr_gives_addresses_while_it_is_ready(open_one: Open) -> None:
    desk = await open_one("10.0.0.0/28")
    extra = b'{"kind":"ServiceCIDR","metadata":{"name":"x"%s},"spec":{"cidrs":["172.30.78.0/28"]},"status":{}}'
    await desk.cacher.commit([], [Put("/registry/servicecidrs/x", extra % b"")])
    await desk.cacher.list("/registry/servicecidrs/")
    assert (await desk.create(service("a", clusterIP="172.30.78.5"))).spec.clusterIP == "172.30.78.5"
    taken = {(await desk.create(service(f"s{n}"))).spec.clusterIP for n in range(27)}
    assert {address.rpartition(".")[0] for address in taken} == {"10.0.0", "172.30.78"}
    deleted = extra % b',"deletionTimestamp":"2026-01-01T00:00:00Z"'
    await desk.cacher.commit([], [Put("/registry/servicecidrs/x", deleted)])
    await desk.cacher.list("/registry/servicecidrs/")
    await desk.delete("a")
    assert "does not match" in await refused(desk.create(service("a", clusterIP="172.30.78.5")))


async def test_dual_stack_and_back(open_one: Open) -> None:
    desk = await open_one("10.96.0.0/16", "fd00:96::/112")
    made = await desk.create(service("a", ipFamilyPolicy="PreferDualStack"))
    assert made.spec.ipFamilies == ["IPv4", "IPv6"] and made.spec.clusterIPs[1].startswith("fd00:96::")
    single = await desk.update("a", ipFamilyPolicy="SingleStack")
    assert single.spec.clusterIPs == made.spec.clusterIPs[:1]
    assert await audit(desk.cacher) == 1
    double = await desk.update("a", ipFamilyPolicy="RequireDualStack")
    assert double.spec.clusterIPs[0] == made.spec.clusterIP and len(double.spec.clusterIPs) == 2
    six = await desk.create(service("six", ipFamilies=["IPv6"]))
    assert six.spec.clusterIP.startswith("fd00:96::")
    assert await audit(desk.cacher) == 2


# ---- node ports ----


async def test_node_ports_of_two_protocols_share_a_number(desk: Desk) -> None:
    ports = [{"name": "t", "port": 53}, {"name": "u", "port": 53, "protocol": "UDP"}, {"name": "w", "port": 80}]
    made = await desk.create(service("dns", type="NodePort", ports=ports))
    one, two, three = (port.nodePort for port in made.spec.ports)
    assert one == two != three and 30086 <= one <= 32767
    asked = [{"name": "t", "port": 53}, {"name": "u", "port": 53, "protocol": "UDP", "nodePort": 30005}]
    made = await desk.create(service("dns2", type="NodePort", ports=asked))
    assert [port.nodePort for port in made.spec.ports] == [30005, 30005]
    assert await audit(desk.cacher) == 2


async def test_a_node_port_that_is_taken_or_outside(desk: Desk) -> None:
    def asking(name: str, *numbers: int) -> Any:
        ports = [{"name": f"p{n}", "port": 80 + at, "nodePort": n} for at, n in enumerate(numbers)]
        return desk.create(service(name, type="NodePort", ports=ports))

    await asking("a", 30016)
    head = 'Service "b" is invalid: spec.ports[1].nodePort: Invalid value: '
    assert await refused(asking("b", 30017, 30016)) == f"{head}30016: provided port is already allocated"
    assert await refused(asking("b", 30017, 80)) == (
        f"{head}80: provided port is not in the valid range. The range of valid ports is 30000-32767"
    )
    await asking("b", 30017)
    await desk.delete("a")
    await asking("c", 30016)
    assert await audit(desk.cacher) == 2


async def test_node_ports_move_within_a_service(desk: Desk) -> None:
    ports = [{"name": "x", "port": 80, "nodePort": 30019}, {"name": "y", "port": 81, "nodePort": 30020}]
    await desk.create(service("a", type="NodePort", ports=ports))
    ports[0]["nodePort"], ports[1]["nodePort"] = 30020, 30019
    swapped = await desk.update("a", ports=[{"protocol": "TCP", **port} for port in ports])
    assert [port.nodePort for port in swapped.spec.ports] == [30020, 30019]
    kept = await desk.update("a", ports=[{"name": "y", "port": 81, "protocol": "TCP"}])
    assert [port.nodePort for port in kept.spec.ports] == [30019]
    assert await audit(desk.cacher) == 1


async def test_the_node_port_range_gets_full(open_one: Open) -> None:
    desk = await open_one(ports="30000-30009")
    for number in range(10):
        await desk.create(service(f"s{number}", type="NodePort"))
    message = await refused(desk.create(service("late", type="NodePort")), InternalError)
    assert message == "Internal error occurred: failed to allocate a nodePort: range is full"
    await desk.update("s3", type="ClusterIP")
    await desk.create(service("late", type="NodePort"))
    assert await audit(desk.cacher) == 11


async def test_health_check_ports(desk: Desk) -> None:
    local = {"type": "LoadBalancer", "externalTrafficPolicy": "Local"}
    made = await desk.create(service("a", **local))
    assert made.spec.healthCheckNodePort not in (0, made.spec.ports[0].nodePort)
    await desk.create(service("b", **local, healthCheckNodePort=30009))
    for port, why in (
        (30009, "provided port is already allocated"),
        (70000, "provided port is not in the valid range. The range of valid ports is 30000-32767"),
    ):
        message = await refused(desk.create(service("c", **local, healthCheckNodePort=port)))
        assert message == f'Service "c" is invalid: spec.healthCheckNodePort: Invalid value: {port}: {why}'
    await desk.update("b", externalTrafficPolicy="Cluster", healthCheckNodePort=0)
    await desk.create(service("c", **local, healthCheckNodePort=30009))
    assert await audit(desk.cacher) == 3


# ---- types ----


async def test_a_balancer_without_node_ports(desk: Desk) -> None:
    made = await desk.create(service("a", type="LoadBalancer", allocateLoadBalancerNodePorts=False))
    assert made.spec.clusterIP and made.spec.ports[0].nodePort == 0
    assert (await desk.cacher.list(NODE_PORTS)).items == ()


async def test_headless_and_external_name_claim_nothing(desk: Desk) -> None:
    headless = await desk.create(service("h", clusterIP="None"))
    assert headless.spec.clusterIPs == ["None"]
    await desk.create(
        service("e", type="ExternalName", externalName="a.example", ports=[{"port": 1, "nodePort": 30001}])
    )
    assert (await desk.cacher.list(ADDRESSES)).items == (await desk.cacher.list(NODE_PORTS)).items == ()


async def test_changes_of_type_take_and_give_back_at_once(desk: Desk) -> None:
    await desk.create(service("a", clusterIP="10.96.0.34"))
    made = await desk.update("a", type="NodePort")
    port, address = made.spec.ports[0].nodePort, made.spec.clusterIP
    assert port and address == "10.96.0.34"
    balancer = await desk.update("a", type="LoadBalancer")
    assert balancer.spec.ports[0].nodePort == port
    await desk.update("a", type="ExternalName", externalName="db.example.com")
    asking = {"type": "NodePort", "clusterIP": address, "ports": [{"port": 80, "nodePort": port}]}
    await desk.create(service("b", **asking))
    back = await desk.update("a", type="ClusterIP", externalName="")
    assert back.spec.clusterIP not in ("", address)
    assert await audit(desk.cacher) == 2


async def test_a_dry_run_claims_nothing(desk: Desk) -> None:
    asking = {"type": "NodePort", "clusterIP": "10.96.0.218", "ports": [{"port": 80, "nodePort": 30005}]}
    dry = await desk.create(service("a", **asking), dry_run=True)
    assert dry.spec.clusterIPs == ["10.96.0.218"]
    await desk.create(service("b", **asking))
    message = await refused(desk.create(service("c", type="NodePort", ports=asking["ports"]), dry_run=True))
    assert "provided port is already allocated" in message
    await desk.create(service("c", clusterIP="10.96.0.218"), dry_run=True)  # as Kubernetes: addresses are not asked
    await desk.update("b", dry_run=True, type="ClusterIP")
    assert await audit(desk.cacher) == 1


# ---- metrics of use ----


async def test_how_full_the_ranges_are_is_shown(open_one: Open) -> None:
    desk = await open_one("10.99.9.0/28", ports="30000-30009")
    desk.allocator.show_in_metrics()
    await desk.create(service("a", clusterIP="10.99.9.5", clusterIPs=["10.99.9.5"]))
    await desk.create(service("b", type="NodePort"))
    await refused(desk.create(service("c", clusterIP="10.99.9.5", clusterIPs=["10.99.9.5"])))
    shown = REGISTRY.render()
    for line in (
        'kube_apiserver_clusterip_allocator_allocated_ips{cidr="10.99.9.0/28"} 2',
        'kube_apiserver_clusterip_allocator_available_ips{cidr="10.99.9.0/28"} 12',
        'kube_apiserver_clusterip_allocator_allocation_total{cidr="10.99.9.0/28",scope="static"} 1',
        'kube_apiserver_clusterip_allocator_allocation_total{cidr="10.99.9.0/28",scope="dynamic"} 1',
        'kube_apiserver_clusterip_allocator_allocation_errors_total{cidr="10.99.9.0/28",scope="static"} 1',
        "kube_apiserver_nodeport_allocator_allocated_ports 1",
        "kube_apiserver_nodeport_allocator_available_ports 9",
    ):
        assert line in shown.splitlines()
