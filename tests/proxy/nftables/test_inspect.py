"""What the table holds for one Service, against what it should hold: seen whole, and after somebody has changed it."""

from __future__ import annotations

import pytest

from proxy.inspected import Inspected
from proxy.model.desired import ServiceState
from proxy.model.traffic import Traffic
from proxy.nftables import proxier as module
from proxy.nftables.proxier import NftablesProxier
from proxy.nftables.skeleton import Settings
from tests.proxy.objects import endpoint, endpoint_slice, program, service, state
from tests.proxy.trace.nft_table import NftTable

PODS = [endpoint("10.244.1.2"), endpoint("10.244.2.2", "node2")]
STATE = state(service(), endpoint_slice("myapp", PODS))


@pytest.fixture
def nft() -> NftTable:
    return NftTable()


@pytest.fixture
def proxier(nft: NftTable, monkeypatch: pytest.MonkeyPatch) -> NftablesProxier:
    monkeypatch.setattr(module, "ensure_forwarding", lambda families: [])
    made = NftablesProxier(nft, [Settings(4, Traffic("10.244.0.0/16"))])
    program(made, service(), endpoint_slice("myapp", PODS))
    return made


def only(found: list[Inspected]) -> Inspected:
    (one,) = found
    return one


def test_a_whole_table_has_no_problems_and_shows_the_way(proxier: NftablesProxier):
    found = only(proxier.inspect(STATE))
    assert found.problems == ()
    assert "services { 10.96.0.10 . tcp . 80 : goto tcp-balance-2 }" in found.rules
    assert "tcp-endpoints { 10.96.0.10 . 80 . 1 : 10.244.2.2 . 8080 }" in found.rules
    assert any(rule.startswith("chain tcp-balance-2 { dnat ip to") for rule in found.rules)


def test_a_flushed_table_is_said_once(proxier: NftablesProxier, nft: NftTable):
    nft.run(["delete table ip kube-proxy"])
    found = only(proxier.inspect(STATE))
    assert found.problems == ("no table ip kube-proxy",)
    assert found.rules == ()


def test_a_missing_and_a_changed_element(proxier: NftablesProxier, nft: NftTable):
    nft.run([
        "delete element ip kube-proxy services { 10.96.0.10 . tcp . 80 }",
        "delete element ip kube-proxy tcp-endpoints { 10.96.0.10 . 80 . 0 }",
        "add element ip kube-proxy tcp-endpoints { 10.96.0.10 . 80 . 0 : 10.9.9.9 . 8080 }",
    ])  # fmt: skip
    assert set(only(proxier.inspect(STATE)).problems) == {
        "services { 10.96.0.10 . tcp . 80 : goto tcp-balance-2 } is missing",
        "tcp-endpoints { 10.96.0.10 . 80 . 0 : 10.244.1.2 . 8080 } is wanted, but it leads to 10.9.9.9 . 8080",
    }


def test_a_flushed_chain(proxier: NftablesProxier, nft: NftTable):
    nft.run(["flush chain ip kube-proxy services"])
    assert only(proxier.inspect(STATE)).problems == ("chain services has 0 of its 3 rules",)


def test_nothing_is_asked_for_a_service_that_wants_nothing(proxier: NftablesProxier):
    assert proxier.inspect(ServiceState()) == []
