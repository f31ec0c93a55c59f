"""The proxy's metrics, under upstream's names so that existing dashboards work.

Written by `proxy.runner`, shown at `/metrics`. It calls `kube.metrics`. It leaves out what upstream has for iptables.
"""

from __future__ import annotations

from kube.metrics import Counter, Gauge, Histogram, exponential_buckets

SYNC_SECONDS = Histogram(
    "kubeproxy_sync_proxy_rules_duration_seconds",
    "SyncProxyRules latency in seconds",
    ("ip_family",),
    exponential_buckets(0.001, 2, 15),
)
FULL_SYNC_SECONDS = Histogram(
    "kubeproxy_sync_full_proxy_rules_duration_seconds",
    "SyncProxyRules latency in seconds for full resyncs",
    ("ip_family",),
    exponential_buckets(0.001, 2, 15),
)
PROGRAMMING_SECONDS = Histogram(
    "kubeproxy_network_programming_duration_seconds",
    "In Cluster Network Programming Latency in seconds",
    (),
    (0.25, 0.5, *map(float, range(1, 60)), *(float(60 + 5 * i) for i in range(12)), 120.0, 150.0, 180.0, 240.0, 300.0),
)
LAST_SYNC = Gauge(
    "kubeproxy_sync_proxy_rules_last_timestamp_seconds", "The last time proxy rules were successfully synced"
)
LAST_QUEUED = Gauge(
    "kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds", "The last time a sync of proxy rules was queued"
)
ENDPOINT_CHANGES = Counter(
    "kubeproxy_sync_proxy_rules_endpoint_changes_total", "Cumulative proxy rules Endpoint changes"
)
SERVICE_CHANGES = Counter("kubeproxy_sync_proxy_rules_service_changes_total", "Cumulative proxy rules Service changes")
PENDING = Gauge("kubeproxy_sync_proxy_rules_pending_services", "Services that changed and are not yet programmed")
FAILURES = Counter("kubeproxy_sync_proxy_rules_failures_total", "Services that could not be programmed, each try")
OPERATIONS = Counter("kubeproxy_sync_proxy_rules_operations_total", "Operations sent to the kernel")
NO_LOCAL_ENDPOINTS = Gauge(
    "kubeproxy_sync_proxy_rules_no_local_endpoints_total",
    "Number of services with a Local traffic policy and no endpoints",
    ("traffic_policy",),
)
CONNTRACK_DELETED = Counter(
    "kubeproxy_conntrack_reconciler_deleted_entries_total", "Cumulative conntrack flows deleted"
)
HEALTHZ = Counter("kubeproxy_proxy_healthz_total", "Cumulative proxy healthz HTTP status", ("code",))
LIVEZ = Counter("kubeproxy_proxy_livez_total", "Cumulative proxy livez HTTP status", ("code",))
