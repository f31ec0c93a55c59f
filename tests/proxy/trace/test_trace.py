"""The cases of the packet tests, by following a virtual packet through the planned state of both dataplanes."""

from __future__ import annotations

import pytest

from proxy.dataplane import Dataplane
from proxy.ipvs.proxier import IpvsProxier
from proxy.model.traffic import Traffic
from proxy.nftables import proxier as nftables
from proxy.nftables.skeleton import Settings
from tests.proxy.dataplane.cases import ALL, Case
from tests.proxy.objects import program
from tests.proxy.trace.ipvs_kernel import IpvsKernel
from tests.proxy.trace.nft_table import NftTable
from tests.proxy.trace.packet import CLIENTS, Packet


@pytest.fixture(autouse=True)
def _no_sysctls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nftables, "ensure_forwarding", lambda families: [])


def ipvs() -> tuple[Dataplane, IpvsKernel]:
    kernel = IpvsKernel()
    return IpvsProxier(kernel, lambda own: [a for a in own if a.startswith("192.")]), kernel


def nft() -> tuple[Dataplane, NftTable]:
    table = NftTable()
    settings = Settings(4, Traffic("10.244.0.0/16"), ("192.168.77.0/24",))
    return nftables.NftablesProxier(table, [settings]), table


@pytest.mark.parametrize("make", [ipvs, nft])
@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_trace(case: Case, make):
    dataplane, kernel = make()
    program(dataplane, *case.objects)
    for expectation in case.expectations:
        client, address, port = expectation[:3]
        packet = Packet(CLIENTS[client], address, port, from_node=client == "node1")
        assert kernel.trace(packet) == expectation.of(dataplane.mode), (client, address, port)
