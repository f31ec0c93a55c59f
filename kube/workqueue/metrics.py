"""The `workqueue_*` metrics, under upstream's names: depth, adds, waiting and working time, retries.

Called by `kube.workqueue.queue`. It calls `kube.metrics`. The two "still running" gauges are brought up to date when
the queue is asked (`WorkQueue.refresh_metrics`), since nothing happens in the queue while a worker hangs.
Source: k8s.io/component-base/metrics/prometheus/workqueue.
"""

from __future__ import annotations

from kube.metrics import Counter, Gauge, Histogram, exponential_buckets

_BUCKETS = exponential_buckets(10e-9, 10, 12)
_LABELS = ("name",)

DEPTH = Gauge("workqueue_depth", "Current depth of workqueue", _LABELS)
ADDS = Counter("workqueue_adds_total", "Total number of adds handled by workqueue", _LABELS)
RETRIES = Counter("workqueue_retries_total", "Total number of retries handled by workqueue", _LABELS)
QUEUE_DURATION = Histogram(
    "workqueue_queue_duration_seconds",
    "How long in seconds an item stays in workqueue before being requested.",
    _LABELS,
    _BUCKETS,
)
WORK_DURATION = Histogram(
    "workqueue_work_duration_seconds",
    "How long in seconds processing an item from workqueue takes.",
    _LABELS,
    _BUCKETS,
)
UNFINISHED = Gauge(
    "workqueue_unfinished_work_seconds",
    "How many seconds of work has done that is in progress and hasn't been observed by work_duration. "
    "Large values indicate stuck threads.",
    _LABELS,
)
LONGEST = Gauge(
    "workqueue_longest_running_processor_seconds",
    "How many seconds has the longest running processor for workqueue been running.",
    _LABELS,
)
