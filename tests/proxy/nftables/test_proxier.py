"""The nftables proxier on a table in memory: transactions as nft reads them, failures, comparison."""

from __future__ import annotations

import itertools

import pytest

from proxy.dataplane import Change
from proxy.model.desired import NOTHING
from proxy.model.objects import service_info, slice_info
from proxy.model.traffic import Traffic
from proxy.nftables import proxier as module
from proxy.nftables.kernel import NftError
from proxy.nftables.listing import parse
from proxy.nftables.proxier import MOST_PUT_OFF, NftablesProxier
from proxy.nftables.skeleton import Settings
from tests.proxy.objects import endpoint, endpoint_slice, program, resync, service, state
from tests.proxy.trace.nft_table import NftTable

KEY = ("default", "myapp")
PODS = [endpoint("10.244.1.2"), endpoint("10.244.2.2", "node2")]


@pytest.fixture
def nft() -> NftTable:
    return NftTable()


@pytest.fixture
def proxier(nft: NftTable, monkeypatch: pytest.MonkeyPatch) -> NftablesProxier:
    monkeypatch.setattr(module, "ensure_forwarding", lambda families: [])
    return NftablesProxier(nft, [Settings(4, Traffic("10.244.0.0/16"))])


def test_a_service_is_elements(proxier: NftablesProxier, nft: NftTable):
    program(proxier, service(), endpoint_slice("myapp", PODS))
    assert nft.transactions[-1] == [
        "add map ip kube-proxy tcp-endpoints "
        "{ typeof ip daddr . tcp dport . numgen random mod 2 : ip daddr . tcp dport; }",
        "add chain ip kube-proxy tcp-balance-2",
        "add rule ip kube-proxy tcp-balance-2 dnat ip to ip daddr . tcp dport . numgen random mod 2 map @tcp-endpoints",
        *sorted([
            "add element ip kube-proxy cluster-ips { 10.96.0.10 }",
            "add element ip kube-proxy hairpin { 10.244.1.2 . 10.244.1.2 }",
        ], key=lambda line: nft.transactions[-1].index(line)),
        "add element ip kube-proxy tcp-endpoints "
        "{ 10.96.0.10 . 80 . 0 : 10.244.1.2 . 8080, 10.96.0.10 . 80 . 1 : 10.244.2.2 . 8080 }",
        'add element ip kube-proxy services { 10.96.0.10 . tcp . 80 comment "default/myapp" : goto tcp-balance-2 }',
    ]  # fmt: skip


def test_a_changed_endpoint_is_one_element(proxier: NftablesProxier, nft: NftTable):
    old, new = (state(service(), endpoint_slice("myapp", [endpoint(a, "node2")])) for a in ("10.244.2.2", "10.244.2.3"))
    resync(proxier, {KEY: old})
    assert proxier.sync([Change(KEY, old, new)]).operations == (
        "delete element ip kube-proxy tcp-endpoints { 10.96.0.10 . 80 . 0 }",
        "add element ip kube-proxy tcp-endpoints { 10.96.0.10 . 80 . 0 : 10.244.2.3 . 8080 }",
    )


def test_the_last_service_takes_its_chains_and_maps_along(proxier: NftablesProxier, nft: NftTable):
    resync(proxier, {})
    empty = nft.dump("ip")
    full = state(
        service(
            type="NodePort", sessionAffinity="ClientIP", ports=[{"protocol": "TCP", "port": 80, "nodePort": 30080}]
        ),
        endpoint_slice("myapp", PODS),
    )
    proxier.sync([Change(KEY, NOTHING, full)])
    assert "sticky" in nft.dump("ip")
    proxier.sync([Change(KEY, full, NOTHING)])
    assert nft.dump("ip") == empty


def test_a_refused_service_is_named_and_the_others_are_done(proxier: NftablesProxier, nft: NftTable):
    resync(proxier, {})
    refuse_once = nft.run

    def run(lines):
        if any("10.96.0.10" in line for line in lines):
            raise NftError("told to fail")
        refuse_once(lines)

    nft.run = run
    bad, good = state(service()), state(service("good", clusterIP="10.96.0.11"))
    changes = [Change(KEY, NOTHING, bad), Change(("default", "good"), NOTHING, good)]
    assert list(proxier.sync(changes).failures) == [KEY]
    assert "10.96.0.11" in nft.sets["cluster-ips"]
    del nft.run
    assert not proxier.sync(changes[:1]).failures
    assert "10.96.0.10" in nft.sets["cluster-ips"]


def test_a_resync_reads_the_table_only_when_somebody_wrote(proxier: NftablesProxier, nft: NftTable):
    planner = program(proxier, service(), endpoint_slice("myapp", PODS))
    listed = []
    nft.list_table = lambda ip: listed.append(ip) or NftTable.list_table(nft, ip)
    assert resync(proxier, planner.states).operations == ()
    assert listed == []
    nft.touch()
    assert resync(proxier, planner.states).operations == ()
    assert listed == ["ip"]


def test_a_change_while_the_table_is_listed_is_not_undone(proxier: NftablesProxier, nft: NftTable):
    planner = program(proxier, service(), endpoint_slice("myapp", PODS))
    nft.touch()
    steps = proxier.compare(planner.states)
    next(steps), next(steps)
    planner.tracker.set_slice(slice_info(endpoint_slice("myapp", PODS[:1])))
    proxier.sync(planner.plan(planner.tracker.take()))
    wanted = nft.dump("ip")
    assert [line for step in steps for line in step.operations] == []
    assert nft.dump("ip") == wanted


@pytest.mark.parametrize(
    "harm",
    [
        lambda nft: nft._delete_table("", ""),
        lambda nft: nft.chains["services"].clear(),
        lambda nft: nft.sets["services"].clear(),
        lambda nft: nft.sets["services"].update({"10.9.9.9 . tcp . 1": "drop"}),
        lambda nft: nft.sets["tcp-endpoints"].update({"10.96.0.10 . 80 . 0": "10.9.9.9 . 1"}),
        lambda nft: nft._add_chain("left-over", ""),
        lambda nft: nft.chains.update({"mark-for-masquerade": ["return"]}),
        lambda nft: nft.chains["nat-postrouting"].reverse(),
        lambda nft: nft.hooks.update({"filter-input": "type filter hook input priority 0"}),
        lambda nft: nft.specs.update({"services": ("map", "typeof ip daddr : verdict")}),
    ],
)
def test_a_resync_repairs_whatever_was_done(proxier: NftablesProxier, nft: NftTable, harm):
    planner = program(proxier, service(), endpoint_slice("myapp", PODS))
    wanted = parse(nft.dump("ip"))
    harm(nft)
    nft.touch()
    assert resync(proxier, planner.states).operations
    assert parse(nft.dump("ip")) == wanted
    nft.touch()
    assert resync(proxier, planner.states).operations == ()


def test_others_who_write_all_the_time_do_not_keep_a_comparison_from_its_end(proxier: NftablesProxier, nft: NftTable):
    states = {KEY: state(service(), endpoint_slice("myapp", PODS))}
    for step in proxier.compare(states):
        assert not step.failures
        nft.touch()
    assert nft.sets["services"] == {"10.96.0.10 . tcp . 80": "goto tcp-balance-2"}


def test_a_comparison_gives_way_to_changes_but_not_for_ever(proxier: NftablesProxier, nft: NftTable):
    planner = program(proxier, service(), endpoint_slice("myapp", PODS))
    others = itertools.count(1)

    def change() -> None:
        number = next(others)
        planner.tracker.set_service(service_info(service(f"s{number}", clusterIP=f"10.96.1.{number}")))
        proxier.sync(planner.plan(planner.tracker.take()))

    nft.sets["services"].clear()
    nft.touch()
    for _ in range(MOST_PUT_OFF):
        for _ in proxier.compare(planner.states):
            change()
        assert not nft.sets["services"]
    for _ in proxier.compare(planner.states):
        change()
    assert nft.sets["services"] == {"10.96.0.10 . tcp . 80": "goto tcp-balance-2"}
