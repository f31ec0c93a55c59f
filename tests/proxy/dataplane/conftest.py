"""One network and one proxier for all packet tests of a mode; each test programs what it needs and takes it away.

The modes are those that this kernel serves. Where it has no IPVS, `test_in_guest.py` runs these same tests in a guest.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from kube.api.core_v1 import Node as ApiNode
from kube.client.fake import FakeServer
from proxy.config import choose_addresses
from proxy.dataplane import Dataplane
from proxy.ipvs import kernel as ipvs
from proxy.model.traffic import Traffic
from proxy.nftables import kernel as nftables
from tests.proxy.dataplane.node import Node
from tests.proxy.dataplane.vocabulary import POD2, POD3
from tests.proxy.dataplane.world import World
from tests.proxy.objects import endpoint_slice, service

TRAFFIC = {4: Traffic("10.244.0.0/16"), 6: Traffic("fd00:10:244::/48")}
NODE_PORTS = {4: ("192.168.77.0/24",), 6: ("fd00:77::/64",)}


def modes() -> list[str]:
    if os.geteuid() != 0:
        return []
    return [m for m, there in (("ipvs", ipvs.available), ("nftables", nftables.available)) if there()]


def make_ipvs(**options) -> Dataplane:
    from proxy.ipvs.kernel import Kernel
    from proxy.ipvs.proxier import IpvsProxier

    prefixes = [prefix for family in NODE_PORTS.values() for prefix in family]
    return IpvsProxier(Kernel(TRAFFIC), lambda own: choose_addresses(own, prefixes), **options)


def make_nftables() -> Dataplane:
    from proxy.nftables.kernel import Nft
    from proxy.nftables.proxier import NftablesProxier
    from proxy.nftables.skeleton import Settings

    return NftablesProxier(Nft(), [Settings(f, TRAFFIC[f], NODE_PORTS[f]) for f in (4, 6)])


MAKE = {"ipvs": make_ipvs, "nftables": make_nftables}


@pytest.fixture(scope="session", params=modes() or [pytest.param("none", marks=pytest.mark.skip(reason="needs root"))])
def mode(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    with World() as world:
        yield world


@pytest.fixture(scope="session")
def proxied(world: World, mode: str) -> Iterator[Node]:
    node = Node(world, MAKE[mode])
    yield node
    node.close()


@pytest.fixture
def node(proxied: Node) -> Iterator[Node]:
    """node1 without any Service; what a test programs is removed after it."""
    yield proxied
    proxied.reset()


@pytest.fixture
def server() -> FakeServer:
    server = FakeServer()
    ports = [{"protocol": "TCP", "port": 80, "nodePort": 30080}]
    server.seed(ApiNode.from_dict({"metadata": {"name": "node1"}}), service(type="NodePort", ports=ports))
    server.seed(endpoint_slice("myapp", [POD2, POD3]))
    return server


@pytest.fixture
def bare(node: Node) -> Iterator[Node]:
    """A node that no proxy has touched."""
    node.call(node.dataplane.cleanup)
    yield node
    node.restart()
