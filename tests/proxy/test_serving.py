"""What the proxy answers over HTTP, asked over HTTP."""

from __future__ import annotations

import asyncio
import json

import pytest

from kube.api.core_v1 import Node, Taint
from kube.client.fake import FakeServer
from proxy import metrics  # noqa: F401  (registers them)
from tests.proxy.objects import endpoint, endpoint_slice, service
from tests.proxy.test_runner import _first, _node, running

SERVED = {"healthz_bind_address": "127.0.0.1:0", "metrics_bind_address": "127.0.0.1:0"}

UPSTREAM = [
    "kubeproxy_conntrack_reconciler_deleted_entries_total",
    "kubeproxy_conntrack_reconciler_sync_duration_seconds",
    "kubeproxy_network_programming_duration_seconds",
    "kubeproxy_proxy_healthz_total",
    "kubeproxy_proxy_livez_total",
    "kubeproxy_sync_full_proxy_rules_duration_seconds",
    "kubeproxy_sync_partial_proxy_rules_duration_seconds",
    "kubeproxy_sync_proxy_rules_duration_seconds",
    "kubeproxy_sync_proxy_rules_endpoint_changes_pending",
    "kubeproxy_sync_proxy_rules_endpoint_changes_total",
    "kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds",
    "kubeproxy_sync_proxy_rules_last_timestamp_seconds",
    "kubeproxy_sync_proxy_rules_nftables_cleanup_failures_total",
    "kubeproxy_sync_proxy_rules_nftables_sync_failures_total",
    "kubeproxy_sync_proxy_rules_no_local_endpoints_total",
    "kubeproxy_sync_proxy_rules_service_changes_pending",
    "kubeproxy_sync_proxy_rules_service_changes_total",
]
"""kube-proxy's, but for those of its iptables mode."""


async def get(at: tuple[str, int], path: str) -> tuple[int, str]:
    reader, writer = await asyncio.open_connection(*at)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: node1\r\n\r\n".encode())
    head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    return int(head.split()[1]), body


@pytest.fixture
def server() -> FakeServer:
    server = FakeServer()
    server.seed(_node(), service(), endpoint_slice("myapp", [endpoint("10.244.1.2")]))
    return server


async def test_proxy_mode_health_and_metrics(server: FakeServer):
    async with running(server, **SERVED) as (proxy, dataplane, _):
        await _first(dataplane)
        while not proxy.health.healthy:
            await proxy.clock.sleep(0.01)
        public, private = proxy.serving.addresses["healthz"], proxy.serving.addresses["metrics"]
        assert await get(private, "/proxyMode") == (200, "fake")
        shown = json.loads((await get(private, "/configz"))[1])["kubeproxy.config.k8s.io"]
        assert (shown["kind"], shown["hostnameOverride"]) == ("KubeProxyConfiguration", "node1")
        assert (shown["ipvs"]["syncPeriod"], shown["nodePortAddresses"]) == ("30s", [])
        assert [(await get(public, path))[0] for path in ("/healthz", "/livez")] == [200, 200]
        assert [(await get(public, path))[0] for path in ("/metrics", "/proxyMode", "/debug/flows")] == [404] * 3
        page = (await get(private, "/metrics"))[1]
    assert {name for name in UPSTREAM if f"# TYPE {name} " not in page} == set()


async def test_a_node_that_is_about_to_go_is_not_healthy_but_alive(server: FakeServer):
    async with running(server, **SERVED) as (proxy, dataplane, client):
        await _first(dataplane)
        while not proxy.health.healthy:
            await proxy.clock.sleep(0.01)
        node = await client.get(Node, "node1")
        node.spec.taints = [Taint(key="ToBeDeletedByClusterAutoscaler", effect="NoSchedule")]
        await client.update(node)
        while (await get(proxy.serving.addresses["healthz"], "/healthz"))[0] != 503:
            await proxy.clock.sleep(0.01)
        assert (await get(proxy.serving.addresses["healthz"], "/livez"))[0] == 200


async def test_an_address_that_is_turned_off(server: FakeServer):
    async with running(server) as (proxy, dataplane, _):
        await _first(dataplane)
        assert proxy.serving.addresses == {}
