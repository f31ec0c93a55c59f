"""What IPVS holds for one Service, against what it should hold: seen whole, and after somebody has changed it."""

from __future__ import annotations

import pytest

from proxy.inspected import Inspected
from proxy.ipvs.operations import AddDestination, DeleteAddress, DeleteDestination, DeleteServer
from proxy.ipvs.proxier import IpvsProxier
from proxy.model.desired import Identity
from tests.proxy.objects import endpoint, endpoint_slice, program, resync, service, state
from tests.proxy.trace.ipvs_kernel import IpvsKernel

PODS = [endpoint("10.244.1.2"), endpoint("10.244.2.2", "node2")]
STATE = state(service(), endpoint_slice("myapp", PODS))
SERVER = Identity(4, "10.96.0.10", "TCP", 80)


@pytest.fixture
def kernel() -> IpvsKernel:
    return IpvsKernel()


@pytest.fixture
def proxier(kernel: IpvsKernel) -> IpvsProxier:
    made = IpvsProxier(kernel, list)
    resync(made, {})
    program(made, service(), endpoint_slice("myapp", PODS))
    return made


def only(found: list[Inspected]) -> Inspected:
    (one,) = found
    return one


def test_a_whole_table_has_no_problems_and_shows_the_way(proxier: IpvsProxier):
    found = only(proxier.inspect(STATE))
    assert found.problems == ()
    assert found.rules[0] == "TCP 10.96.0.10:80 rr"
    assert found.rules[1].startswith("  -> 10.244.1.2:8080 Masq weight 1")


def test_a_server_that_is_gone(proxier: IpvsProxier, kernel: IpvsKernel):
    kernel.execute([DeleteServer(SERVER), DeleteAddress("10.96.0.10")])
    assert set(only(proxier.inspect(STATE)).problems) == {
        "no virtual server TCP 10.96.0.10:80", "kube-ipvs0 does not hold 10.96.0.10"
    }  # fmt: skip


def test_other_destinations(proxier: IpvsProxier, kernel: IpvsKernel):
    kernel.execute([DeleteDestination(SERVER, "10.244.1.2", 8080), AddDestination(SERVER, "10.9.9.9", 8080)])
    assert only(proxier.inspect(STATE)).problems == (
        "TCP 10.96.0.10:80 does not lead to 10.244.1.2:8080",
        "TCP 10.96.0.10:80 leads to 10.9.9.9:8080, which is no endpoint of it",
    )
