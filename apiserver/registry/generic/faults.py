"""The store's own errors as Status errors: one place that says what a client sees when etcd cannot.

Called by the generic store and the watch handler. It calls the error constructors.

| storage | client |
|---|---|
| ExpiredRevision | 410 Expired |
| FutureRevision | 504 Timeout, cause ResourceVersionTooLarge, retry after 1 s |
| TooLarge | 413 RequestEntityTooLarge |
| TimedOut | 504 Timeout, retry after 1 s: a write may have happened |
| Unavailable | 503 ServiceUnavailable, retry after 1 s |
"""

from __future__ import annotations

from apiserver.storage.interface import (
    ExpiredRevision,
    FutureRevision,
    StorageError,
    TimedOut,
    TooLarge,
    Unavailable,
)
from kube.apimachinery.errors import Expired, RequestEntityTooLarge, ServiceUnavailable, StatusError, Timeout
from kube.apimachinery.meta_v1 import StatusCause, StatusDetails

_TOO_LATE = "Timeout: request did not complete within requested timeout - context deadline exceeded"


def status_of(error: StorageError) -> StatusError:
    """The error for the client."""
    if isinstance(error, ExpiredRevision):
        return Expired(str(error))
    if isinstance(error, FutureRevision):
        cause = StatusCause(reason="ResourceVersionTooLarge", message="Too large resource version")
        return Timeout(f"Timeout: {error}", StatusDetails(causes=[cause]), retry_after=1)
    if isinstance(error, TooLarge):
        return RequestEntityTooLarge(f"Request entity too large: {error}")
    if isinstance(error, TimedOut):
        return Timeout(_TOO_LATE, StatusDetails(), retry_after=1)
    if isinstance(error, Unavailable):
        return ServiceUnavailable(f"etcdserver: {error}" if str(error) else "etcd does not answer", retry_after=1)
    return StatusError(f"Internal error occurred: {error}")
