"""The virtual servers of a Service, as lines."""

from __future__ import annotations

from kube.api.discovery_v1 import EndpointSlice
from proxy.model.claims import Claims
from proxy.model.desired import NOTHING, HealthCheck, ServiceState
from proxy.model.objects import service_info, slice_info
from proxy.model.shared import Shared
from tests.proxy.objects import endpoint, endpoint_slice, service, state

POD = endpoint("10.244.1.2")


def lines(wanted: ServiceState) -> list[str]:
    return [str(server) for server in wanted.servers]


def test_every_kind_of_address():
    svc = service(
        type="LoadBalancer", ports=[{"name": "http", "protocol": "TCP", "port": 80, "nodePort": 30080}],
        externalIPs=["198.51.100.1"], load_balancer_ips=["203.0.113.1"],
    )  # fmt: skip
    piece = endpoint_slice("myapp", [POD], ports=[{"name": "http", "port": 8080, "protocol": "TCP"}])
    assert lines(state(svc, piece)) == [
        "TCP 10.96.0.10:80 (ClusterIP, default/myapp:http) -> 10.244.1.2:8080",
        "TCP 198.51.100.1:80 (ExternalIP, default/myapp:http) -> 10.244.1.2:8080",
        "TCP 203.0.113.1:80 (LoadBalancer, default/myapp:http) -> 10.244.1.2:8080",
        "TCP *:30080 (NodePort, default/myapp:http) -> 10.244.1.2:8080",
    ]


def test_dual_stack_has_a_server_a_family():
    svc = service(clusterIPs=["10.96.0.10", "fd00:10:96::a"])
    six = endpoint_slice("myapp", [endpoint("fd00:10:244::0002")], name="six", addressType="IPv6")
    assert lines(state(svc, endpoint_slice("myapp", [POD]), six)) == [
        "TCP 10.96.0.10:80 (ClusterIP, default/myapp) -> 10.244.1.2:8080",
        "TCP [fd00:10:96::a]:80 (ClusterIP, default/myapp) -> fd00:10:244::2:8080",
    ]


def test_an_endpoint_in_two_slices_counts_once_and_as_ready():
    moving = [endpoint("10.244.1.2", ready=False)]
    found = state(service(), endpoint_slice("myapp", moving), endpoint_slice("myapp", [POD], name="new"))
    assert lines(found) == ["TCP 10.96.0.10:80 (ClusterIP, default/myapp) -> 10.244.1.2:8080"]


def test_a_slice_of_another_port_or_protocol_does_not_count():
    other = endpoint_slice("myapp", [POD], protocol="UDP")
    assert lines(state(service(), other)) == ["TCP 10.96.0.10:80 (ClusterIP, default/myapp) -> nobody"]


def test_a_balancer_that_rewrites_addresses_itself_needs_nothing_here():
    svc = service(type="LoadBalancer", load_balancer_ips=["203.0.113.1"])
    svc.status.loadBalancer.ingress[0].ipMode = "Proxy"
    assert [server.reach for server in state(svc).servers] == ["ClusterIP"]


def test_services_that_are_not_proxied():
    foreign = service()
    foreign.metadata.labels = {"service.kubernetes.io/service-proxy-name": "other"}
    for svc in (foreign, service(clusterIP="None"), service(type="ExternalName", clusterIP="")):
        assert state(svc, endpoint_slice("myapp", [POD])) == NOTHING


def test_the_health_check_counts_ready_endpoints_of_this_node():
    svc = service(type="LoadBalancer", externalTrafficPolicy="Local", healthCheckNodePort=32000)
    pods = [POD, endpoint("10.244.1.3", ready=False), endpoint("10.244.2.2", "node2")]
    assert state(svc, endpoint_slice("myapp", pods)).health == HealthCheck(32000, 1)


def test_slim_objects_are_their_own_transform():
    svc, piece = service_info(service()), slice_info(endpoint_slice("myapp", [POD]))
    assert service_info(svc) is svc
    assert slice_info(piece) is piece


def test_an_absent_condition_means_ready():
    piece = slice_info(EndpointSlice.from_dict({"addressType": "IPv4", "endpoints": [{"addresses": ["10.0.0.1"]}]}))
    assert piece.endpoints[0][1:4] == (True, True, False)


def test_claims_go_to_the_first_and_then_to_who_waits():
    claims, wanted = Claims(), state(service(externalIPs=["198.51.100.1"]))
    other = state(service("other", clusterIP="10.96.0.11", externalIPs=["198.51.100.1"]))
    first, _ = claims.settle(("default", "myapp"), NOTHING, wanted)
    assert first == wanted
    second, _ = claims.settle(("default", "other"), NOTHING, other)
    assert [s.reach for s in second.servers] == ["ClusterIP"]
    _, freed = claims.settle(("default", "myapp"), first, NOTHING)
    assert freed == {("default", "other")}
    assert claims.settle(("default", "other"), second, other)[0] == other


def test_shared_tells_what_came_and_went_once():
    shared: Shared[str] = Shared()
    shared.add(["a", "a", "b"])
    assert shared.take() == (["a", "b"], [])
    shared.remove(["a", "b"])
    shared.add(["c"])
    shared.remove(["c"])
    assert shared.take() == ([], ["b"])
    assert "a" in shared
