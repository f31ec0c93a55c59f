"""The IPVS proxier on a kernel in memory: operations in ipvsadm's notation, their order, failures, comparison."""

from __future__ import annotations

import pytest

from proxy.dataplane import Change
from proxy.ipvs.draining import Draining
from proxy.ipvs.operations import AddDestination, AddServer, Member, Settings
from proxy.ipvs.proxier import COMPARED, IpvsProxier
from proxy.model.desired import NOTHING, Identity
from proxy.model.objects import slice_info
from tests.proxy.objects import endpoint, endpoint_slice, program, resync, service, state
from tests.proxy.trace.ipvs_kernel import IpvsKernel

KEY = ("default", "myapp")
PODS = [endpoint("10.244.1.2"), endpoint("10.244.2.2", "node2")]


@pytest.fixture
def kernel() -> IpvsKernel:
    return IpvsKernel()


@pytest.fixture
def proxier(kernel: IpvsKernel) -> IpvsProxier:
    proxier = make(kernel)
    resync(proxier, {})
    return proxier


def make(kernel: IpvsKernel) -> IpvsProxier:
    """What a process that starts makes."""
    return IpvsProxier(kernel, lambda own: [a for a in own if a.startswith("192.")])


def operations(proxier: IpvsProxier, old, new) -> list[str]:
    return [str(operation) for operation in proxier.sync([Change(KEY, old, new)]).operations]


def test_what_makes_a_server_safe_comes_first_and_its_address_last(proxier: IpvsProxier):
    found = operations(proxier, NOTHING, state(service(), endpoint_slice("myapp", PODS)))
    assert sorted(found[:3]) == [
        "ipset add KUBE-CLUSTER-IP 10.96.0.10,tcp:80",
        "ipset add KUBE-IPVS-IPS 10.96.0.10",
        "ipset add KUBE-LOOP-BACK 10.244.1.2,tcp:8080,10.244.1.2",
    ]
    assert found[3:] == [
        "ipvsadm -A -t 10.96.0.10:80 -s rr",
        "ipvsadm -a -t 10.96.0.10:80 -r 10.244.1.2:8080 -m -w 1",
        "ipvsadm -a -t 10.96.0.10:80 -r 10.244.2.2:8080 -m -w 1",
        "ip address add 10.96.0.10 dev kube-ipvs0",
    ]


def test_on_the_way_out_the_address_goes_first(proxier: IpvsProxier, kernel: IpvsKernel):
    there = state(service(), endpoint_slice("myapp", PODS[1:]))
    operations(proxier, NOTHING, there)
    found = operations(proxier, there, NOTHING)
    assert found[:2] == ["ip address delete 10.96.0.10 dev kube-ipvs0", "ipvsadm -D -t 10.96.0.10:80"]
    assert sorted(found[2:]) == ["ipset del KUBE-CLUSTER-IP 10.96.0.10,tcp:80", "ipset del KUBE-IPVS-IPS 10.96.0.10"]
    assert kernel.dump() == ""


def test_a_changed_endpoint_is_one_operation_each_way(proxier: IpvsProxier):
    old, new = (state(service(), endpoint_slice("myapp", [endpoint(a, "node2")])) for a in ("10.244.2.2", "10.244.2.3"))
    operations(proxier, NOTHING, old)
    assert operations(proxier, old, new) == [
        "ipvsadm -a -t 10.96.0.10:80 -r 10.244.2.3:8080 -m -w 1",
        "ipvsadm -e -t 10.96.0.10:80 -r 10.244.2.2:8080 -m -w 0",
    ]


def test_udp_endpoints_do_not_drain(proxier: IpvsProxier):
    ports = [{"protocol": "UDP", "port": 53}]
    old, new = (
        state(service(ports=ports), endpoint_slice("myapp", [endpoint(a, "node2")], protocol="UDP"))
        for a in ("10.244.2.2", "10.244.2.3")
    )
    operations(proxier, NOTHING, old)
    assert "ipvsadm -d -u 10.96.0.10:53 -r 10.244.2.2:8080" in operations(proxier, old, new)


def test_affinity_and_scheduler(proxier: IpvsProxier):
    svc = service(sessionAffinity="ClientIP", sessionAffinityConfig={"clientIP": {"timeoutSeconds": 60}})
    svc.metadata.annotations = {"kube-lite.io/ipvs-scheduler": "lc"}
    assert "ipvsadm -A -t 10.96.0.10:80 -s lc -p 60" in operations(proxier, NOTHING, state(svc))


def test_a_failed_service_is_named_and_the_others_are_done(proxier: IpvsProxier, kernel: IpvsKernel):
    bad, good = state(service()), state(service("good", clusterIP="10.96.0.11"))
    kernel.refusing = {bad.servers[0].identity}
    changes = [Change(KEY, NOTHING, bad), Change(("default", "good"), NOTHING, good)]
    outcome = proxier.sync(changes)
    assert list(outcome.failures) == [KEY]
    assert "ipvsadm -A -t 10.96.0.11:80 -s rr" in kernel.dump()
    kernel.refusing = set()
    assert not proxier.sync(changes[:1]).failures
    assert "ipvsadm -A -t 10.96.0.10:80 -s rr" in kernel.dump()


def test_a_resync_finds_every_difference(proxier: IpvsProxier, kernel: IpvsKernel):
    planner = program(proxier, service(), endpoint_slice("myapp", PODS))
    wanted, server = kernel.dump(), Identity(4, "10.96.0.10", "TCP", 80)
    kernel.virtual_servers[server] = Settings("wrr", 60)
    kernel.weights[server] = {("10.244.1.2", 8080): 0, ("10.9.9.9", 1): 0}
    kernel.addresses = {"10.96.0.99"}
    kernel.sets = {Member("KUBE-CLUSTER-IP", "10.96.0.99", "TCP", 80)}
    stray = Identity(4, "10.96.0.99", "TCP", 80)
    kernel.virtual_servers[stray], kernel.weights[stray] = Settings("rr", 0), {}
    resync(proxier, planner.states)
    proxier.housekeeping(0.0)
    assert kernel.dump() == wanted
    assert resync(proxier, planner.states).operations == ()


def test_a_virtual_server_of_others_is_left_alone(proxier: IpvsProxier, kernel: IpvsKernel):
    foreign = Identity(4, "192.168.77.11", "TCP", 8443)
    kernel.execute([AddServer(foreign, Settings("wlc", 0)), AddDestination(foreign, "192.0.2.1", 80)])
    svc = service(type="NodePort", ports=[{"protocol": "TCP", "port": 80, "nodePort": 30080}])
    program(proxier, svc)
    resync(make(kernel), {})
    assert kernel.dump().splitlines() == [
        "ipvsadm -A -t 192.168.77.11:8443 -s wlc",
        "ipvsadm -a -t 192.168.77.11:8443 -r 192.0.2.1:80 -m -w 1",
    ]


def test_a_dry_run_plans_and_touches_nothing(kernel: IpvsKernel):
    proxier = IpvsProxier(kernel, lambda own: [], dry_run=True)
    outcome = resync(proxier, {KEY: state(service())})
    assert "ipvsadm -A -t 10.96.0.10:80 -s rr" in map(str, outcome.operations)
    assert kernel.dump() == ""


def test_draining_ends_with_the_last_connection_or_at_the_limit(kernel: IpvsKernel):
    draining, server = Draining(limit_seconds=10), Identity(4, "10.96.0.10", "TCP", 80)
    kernel.execute([AddServer(server, Settings("rr", 0)), AddDestination(server, "10.244.1.2", 8080)])
    draining.start((server, "10.244.1.2", 8080), now=100.0)
    kernel.connections[server, "10.244.1.2", 8080] = 1
    assert draining.due(server, kernel.destinations(server), 105.0) == []
    assert len(draining.due(server, kernel.destinations(server), 110.0)) == 1
    kernel.connections.clear()
    assert len(draining.due(server, kernel.destinations(server), 105.0)) == 1


@pytest.mark.parametrize("done", range(1, 7))
def test_a_change_between_two_steps_of_a_comparison_is_not_undone(proxier: IpvsProxier, kernel: IpvsKernel, done: int):
    planner = program(proxier, service(), endpoint_slice("myapp", PODS))
    server = planner.states[KEY].servers[0].identity
    steps = proxier.compare(planner.states)
    for _ in range(done):
        next(steps)
    planner.tracker.set_slice(slice_info(endpoint_slice("myapp", PODS[:1])))
    kernel.connections[server, "10.244.2.2", 8080] = 1
    proxier.sync(planner.plan(planner.tracker.take()))
    assert [operation for step in steps for operation in step.operations] == []
    assert kernel.weights[server] == {("10.244.1.2", 8080): 1, ("10.244.2.2", 8080): 0}


def test_no_step_of_a_comparison_asks_for_more_than_a_handful(
    proxier: IpvsProxier, kernel: IpvsKernel, monkeypatch: pytest.MonkeyPatch
):
    """A change waits for one step: none may cost what there is."""
    states = {
        ("default", f"s{i}"): state(service(f"s{i}", clusterIP=f"10.96.{i // 250}.{i % 250}")) for i in range(500)
    }
    resync(proxier, states)
    asked, most = [], []
    ask = kernel.destinations
    monkeypatch.setattr(kernel, "destinations", lambda server: asked.append(server) or ask(server))
    for _ in proxier.compare(states):
        most.append(len(asked))
        asked.clear()
    assert sum(most) == 500
    assert max(most) == COMPARED
