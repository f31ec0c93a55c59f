"""The proxy's metrics, under upstream's names so that existing dashboards work.

Written by `proxy.observed` and `proxy.runner`, shown at `/metrics`. It calls `kube.metrics`. It leaves out what
upstream has for iptables.
"""

from __future__ import annotations

from kube.metrics import Counter, Gauge, Histogram, exponential_buckets

_FAMILY = ("ip_family",)
_SECONDS = exponential_buckets(0.001, 2, 15)


SYNC_SECONDS = Histogram(
    "kubeproxy_sync_proxy_rules_duration_seconds", "SyncProxyRules latency in seconds", _FAMILY, _SECONDS
)
FULL_SYNC_SECONDS = Histogram(
    "kubeproxy_sync_full_proxy_rules_duration_seconds",
    "SyncProxyRules latency in seconds for full resyncs",
    _FAMILY,
    _SECONDS,
)
PARTIAL_SYNC_SECONDS = Histogram(
    "kubeproxy_sync_partial_proxy_rules_duration_seconds",
    "SyncProxyRules latency in seconds for partial resyncs",
    _FAMILY,
    _SECONDS,
)
PROGRAMMING_SECONDS = Histogram(
    "kubeproxy_network_programming_duration_seconds",
    "In Cluster Network Programming Latency in seconds",
    _FAMILY,
    (0.25, 0.5, *map(float, range(1, 60)), *(float(60 + 5 * i) for i in range(12)), 120.0, 150.0, 180.0, 240.0, 300.0),
)
LAST_SYNC = Gauge(
    "kubeproxy_sync_proxy_rules_last_timestamp_seconds", "The last time proxy rules were successfully synced", _FAMILY
)
LAST_QUEUED = Gauge(
    "kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds",
    "The last time a sync of proxy rules was queued",
    _FAMILY,
)
ENDPOINT_CHANGES = Counter(
    "kubeproxy_sync_proxy_rules_endpoint_changes_total", "Cumulative proxy rules Endpoint changes"
)
ENDPOINT_CHANGES_PENDING = Gauge(
    "kubeproxy_sync_proxy_rules_endpoint_changes_pending", "Pending proxy rules Endpoint changes"
)
SERVICE_CHANGES = Counter("kubeproxy_sync_proxy_rules_service_changes_total", "Cumulative proxy rules Service changes")
SERVICE_CHANGES_PENDING = Gauge(
    "kubeproxy_sync_proxy_rules_service_changes_pending", "Pending proxy rules Service changes"
)
PENDING = Gauge("kubeproxy_sync_proxy_rules_pending_services", "Services that changed and are not yet programmed")
FAILURES = Counter("kubeproxy_sync_proxy_rules_failures_total", "Services that could not be programmed, each try")
OPERATIONS = Counter("kubeproxy_sync_proxy_rules_operations_total", "Operations sent to the kernel")
NFTABLES_FAILURES = Counter(
    "kubeproxy_sync_proxy_rules_nftables_sync_failures_total", "Cumulative proxy nftables sync failures", _FAMILY
)
NFTABLES_CLEANUP_FAILURES = Counter(
    "kubeproxy_sync_proxy_rules_nftables_cleanup_failures_total", "Cumulative proxy nftables cleanup failures", _FAMILY
)
NO_LOCAL_ENDPOINTS = Gauge(
    "kubeproxy_sync_proxy_rules_no_local_endpoints_total",
    "Number of services with a Local traffic policy and no endpoints",
    ("ip_family", "traffic_policy"),
)
CONNTRACK_DELETED = Counter(
    "kubeproxy_conntrack_reconciler_deleted_entries_total", "Cumulative conntrack flows deleted", _FAMILY
)
CONNTRACK_SECONDS = Histogram(
    "kubeproxy_conntrack_reconciler_sync_duration_seconds",
    "ReconcileConntrackFlowsLatency latency in seconds",
    _FAMILY,
    _SECONDS,
)
HEALTHZ = Counter("kubeproxy_proxy_healthz_total", "Cumulative proxy healthz HTTP status", ("code",))
LIVEZ = Counter("kubeproxy_proxy_livez_total", "Cumulative proxy livez HTTP status", ("code",))


def family_label(family: int) -> str:
    """`IPv4` or `IPv6`."""
    return f"IPv{family}"
