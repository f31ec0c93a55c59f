"""Requests to etcd as metrics, under upstream's names.

Called by `store` around each request. It calls `kube.metrics`. Keys are told by the resource they belong to: the app
says which (`names`). Source: k8s.io/apiserver/pkg/storage/etcd3/metrics.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter

from apiserver.storage.interface import Absent, Check, Op, Put
from apiserver.storage.keys import root_of
from kube.metrics import Counter, Histogram

_LABELS = ("operation", "group", "resource")
_BUCKETS = (
    0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
)  # fmt: skip
duration_seconds = Histogram(
    "etcd_request_duration_seconds",
    "Etcd request latency in seconds for each operation and object type.",
    _LABELS,
    buckets=_BUCKETS,
)
requests_total = Counter(
    "etcd_requests_total", "Etcd request counts for each operation and object type.", _LABELS
)  # fmt: skip
errors_total = Counter(
    "etcd_request_errors_total", "Etcd failed request counts for each operation and object type.", _LABELS
)  # fmt: skip

names: dict[str, tuple[str, str]] = {}
"""`/registry/minions/` -> ("", "nodes"). What is not here is told by its place alone."""


@contextmanager
def observed(operation: str, key: str) -> Iterator[None]:
    """Counts what is done inside."""
    root = root_of(key)
    labels = (operation, *names.get(root, ("", root)))
    started = perf_counter()
    requests_total.inc(*labels)
    try:
        yield
    except Exception:
        errors_total.inc(*labels)
        raise
    finally:
        duration_seconds.observe(perf_counter() - started, *labels)


def operation_of(checks: Sequence[Check], ops: Sequence[Op]) -> tuple[str, str]:
    """What a transaction does, and to which key: as its first operation says."""
    if not ops:
        return "get", checks[0].key if checks else ""
    first = ops[0]
    if not isinstance(first, Put):
        return "delete", first.key
    created = any(isinstance(check, Absent) and check.key == first.key for check in checks)
    return ("create" if created else "update"), first.key
