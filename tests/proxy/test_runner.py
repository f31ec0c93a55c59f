"""The loop between informers and a dataplane: its numbered guarantees, retries, metrics, health."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kube.api.core_v1 import Node, Service
from kube.api.discovery_v1 import EndpointSlice
from kube.client.fake import FakeClient, FakeServer
from kube.http_server import metrics as metrics_text
from proxy.config import Config
from proxy.ipvs.proxier import IpvsProxier
from proxy.model.desired import Identity
from proxy.runner import Proxy
from tests.proxy.fake_dataplane import FakeDataplane
from tests.proxy.objects import endpoint, endpoint_slice, service
from tests.proxy.trace.ipvs_kernel import IpvsKernel

KEY = ("default", "myapp")
QUIET = {"healthz_bind_address": ":0", "metrics_bind_address": ":0"}


def _node(**labels: str) -> Node:
    return Node.from_dict({"metadata": {"name": "node1", "labels": labels}})


@asynccontextmanager
async def running(server: FakeServer, **config) -> AsyncIterator[tuple[Proxy, FakeDataplane, FakeClient]]:
    client, dataplane = FakeClient(server), FakeDataplane()
    proxy = Proxy(Config(hostname_override="node1", **(QUIET | config)), client, dataplane)
    task = asyncio.create_task(proxy.run())
    try:
        yield proxy, dataplane, client
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _first(dataplane: FakeDataplane) -> None:
    await dataplane.reached(lambda d: d.resyncs)


async def test_2_nothing_is_programmed_before_everything_is_listed():
    server = FakeServer()
    server.seed(_node(), service(), endpoint_slice("myapp", [endpoint("10.244.1.2")]))
    async with running(server) as (_, dataplane, _):
        await _first(dataplane)
        assert dataplane.syncs == []
        assert dataplane.dump() == "TCP 10.96.0.10:80 (ClusterIP, default/myapp) -> 10.244.1.2:8080"


async def test_1_a_change_is_programmed_at_once_and_a_burst_together():
    server = FakeServer()
    async with running(server, iptables_min_sync_period=1.0) as (_, dataplane, client):
        await _first(dataplane)
        await asyncio.sleep(1.05)  # the pause after the first full sync
        began = asyncio.get_running_loop().time()
        await client.create(service())
        await dataplane.reached(lambda d: d.syncs)
        assert asyncio.get_running_loop().time() - began < 0.8
        for number in range(20):
            await client.create(service(f"s{number}", clusterIP=f"10.96.1.{number}"))
        await dataplane.reached(lambda d: len(d.states) == 21)
        assert len(dataplane.syncs) == 2


async def test_3_a_failed_service_is_tried_again_and_does_not_hold_up_the_others():
    server = FakeServer()
    async with running(server) as (proxy, dataplane, client):
        await _first(dataplane)
        dataplane.failing[KEY] = 1
        await client.create(service())
        await client.create(service("other", clusterIP="10.96.0.11"))
        await dataplane.reached(lambda d: ("default", "other") in d.states)
        await dataplane.reached(lambda d: KEY in d.states)
        assert proxy.planner.states == dataplane.states


async def test_a_service_that_fails_twice_is_compared_with_the_kernel():
    server = FakeServer()
    async with running(server) as (_, dataplane, client):
        await _first(dataplane)
        dataplane.failing[KEY] = 2
        await client.create(service())
        await dataplane.reached(lambda d: d.resyncs == 2)
        assert KEY in dataplane.states


async def test_4_what_changes_while_a_comparison_begins_is_synced_between_its_steps():
    """What Services share is counted by their changes: a comparison is none."""
    server, kernel = FakeServer(), IpvsKernel()
    client, dataplane = FakeClient(server), IpvsProxier(kernel, lambda own: [])
    proxy = Proxy(Config(hostname_override="node1", **QUIET), client, dataplane)
    sync, heard, loop = dataplane.sync, threading.Event(), asyncio.get_running_loop()
    late, tries = service("late", clusterIP="10.96.0.11"), itertools.count(1)

    def sync_while_another_comes(changes):
        if next(tries) == 3:  # after two failures: the sync with which a comparison begins
            kernel.refusing.clear()
            asyncio.run_coroutine_threadsafe(client.create(late), loop).result()
            assert heard.wait(10)
        return sync(changes)

    tell = proxy.heard
    dataplane.sync = sync_while_another_comes
    proxy.heard = lambda kind, key, obj: tell(kind, key, obj) or (heard.set() if key[1] == "late" else None)
    kernel.refusing.add(Identity(4, "10.96.0.10", "TCP", 80))
    task = asyncio.create_task(proxy.run())
    while not proxy.health.healthy:  # noqa: ASYNC110
        await asyncio.sleep(0)
    await client.create(service())
    while "ipvsadm -A -t 10.96.0.11:80" not in kernel.dump():  # noqa: ASYNC110
        await asyncio.sleep(0)
    async with proxy.busy:
        dumped = kernel.dump()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    for address in ("10.96.0.10", "10.96.0.11"):
        assert f"ip address add {address} dev kube-ipvs0" in dumped
        assert f"ipset add KUBE-CLUSTER-IP {address},tcp:80" in dumped


async def test_a_kernel_that_fails_as_a_whole_is_tried_again():
    server = FakeServer()
    server.seed(service())
    client, dataplane = FakeClient(server), FakeDataplane()
    works = dataplane.compare

    def fails(states):
        dataplane.compare = works
        dataplane.resyncs += 1
        raise RuntimeError("ipset: no such program")
        yield

    dataplane.compare = fails
    task = asyncio.create_task(Proxy(Config(hostname_override="node1", **QUIET), client, dataplane).run())
    await dataplane.reached(lambda d: KEY in d.states)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_4_the_kernel_is_compared_periodically():
    async with running(FakeServer(), iptables_sync_period=0.1) as (_, dataplane, _):
        await dataplane.reached(lambda d: d.resyncs >= 3)


async def test_changes_of_slices_services_and_the_node_arrive():
    server = FakeServer()
    server.seed(_node())
    async with running(server) as (_, dataplane, client):
        await _first(dataplane)
        await client.create(service())
        zones = [
            endpoint("10.244.1.2", hints={"forZones": [{"name": "a"}]}),
            endpoint("10.244.2.2", "node2", hints={"forZones": [{"name": "b"}]}),
        ]
        created = await client.create(endpoint_slice("myapp", zones))
        await dataplane.reached(lambda d: d.dump().endswith("-> 10.244.1.2:8080 10.244.2.2:8080"))
        node = await client.get(Node, "node1")
        node.metadata.labels = {"topology.kubernetes.io/zone": "b"}
        await client.update(node)
        await dataplane.reached(lambda d: d.dump().endswith("-> 10.244.2.2:8080"))
        await client.delete(EndpointSlice, created.metadata.name, "default")
        await dataplane.reached(lambda d: d.dump().endswith("-> nobody"))
        await client.delete(Service, "myapp", "default")
        await dataplane.reached(lambda d: not d.states.get(KEY, ((),))[0])


async def test_services_of_another_proxy_and_headless_ones_are_left_alone():
    server = FakeServer()
    foreign = service("foreign", clusterIP="10.96.0.12")
    foreign.metadata.labels = {"service.kubernetes.io/service-proxy-name": "other"}
    server.seed(foreign, service("headless", clusterIP="None"), service("name", type="ExternalName", clusterIP=""))
    async with running(server) as (_, dataplane, _):
        await _first(dataplane)
        assert dataplane.dump() == ""


async def test_health_and_metrics():
    server = FakeServer()
    server.seed(
        _node(),
        service(type="LoadBalancer", externalTrafficPolicy="Local", healthCheckNodePort=32001),
        endpoint_slice("myapp", [endpoint("10.244.1.2"), endpoint("10.244.2.2", "node2")]),
    )
    async with running(server, metrics_bind_address="127.0.0.1:0") as (proxy, dataplane, _):
        assert proxy.serving.livez().status == 503
        await _first(dataplane)
        while proxy.serving.healthz().status != 200:  # noqa: ASYNC110
            await asyncio.sleep(0)
        answer = proxy.service_health._answer(KEY)
        assert answer.status == 200
        assert json.loads(answer.body) == {
            "service": {"namespace": "default", "name": "myapp"}, "localEndpoints": 1, "serviceProxyHealthy": True,
        }  # fmt: skip
        assert answer.headers["X-Load-Balancing-Endpoint-Weight"] == "1"
        proxy.health.node_eligible = False
        assert (proxy.serving.healthz().status, proxy.serving.livez().status) == (503, 200)


async def test_metrics_stand_under_upstreams_names_with_both_families():
    server = FakeServer()
    elsewhere = endpoint_slice("myapp", [endpoint("10.244.2.2", "node2")])
    server.seed(_node(), service(internalTrafficPolicy="Local"), elsewhere)
    both = {"cluster_cidr": "10.244.0.0/16,fd00:10:244::/48", "metrics_bind_address": "127.0.0.1:0"}
    async with running(server, **both) as (proxy, dataplane, _):
        await _first(dataplane)
        while proxy.serving.healthz().status != 200:  # noqa: ASYNC110
            await asyncio.sleep(0)
        text = metrics_text().body
    for line in (
        'kubeproxy_sync_full_proxy_rules_duration_seconds_count{ip_family="IPv6"}',
        'kubeproxy_sync_proxy_rules_no_local_endpoints_total{ip_family="IPv4",traffic_policy="internal"} 1',
        'kubeproxy_sync_proxy_rules_no_local_endpoints_total{ip_family="IPv4",traffic_policy="external"} 0',
        'kubeproxy_sync_proxy_rules_last_timestamp_seconds{ip_family="IPv6"}',
        "kubeproxy_sync_proxy_rules_service_changes_pending 0",
        'kubeproxy_proxy_healthz_total{code="200"}',
    ):
        assert line in text


async def test_once_brings_the_kernel_up_and_ends():
    server = FakeServer()
    server.seed(service())
    dataplane = FakeDataplane()
    await Proxy(Config(hostname_override="node1", once=True), FakeClient(server), dataplane).run()
    assert KEY in dataplane.states
