"""What a client sees when the storage cannot."""

from __future__ import annotations

import pytest

from apiserver.registry.generic.faults import status_of
from apiserver.storage.interface import ExpiredRevision, FutureRevision, StorageError, TimedOut, TooLarge, Unavailable


@pytest.mark.parametrize(
    ("error", "code", "reason", "retry_after"),
    [
        (ExpiredRevision(1, 2), 410, "Expired", 0),
        (FutureRevision(9, 2), 504, "Timeout", 1),
        (TooLarge("x"), 413, "RequestEntityTooLarge", 0),
        (TimedOut("request timed out"), 504, "Timeout", 1),
        (Unavailable("no leader"), 503, "ServiceUnavailable", 1),
    ],
)
def test_status_of(error: StorageError, code: int, reason: str, retry_after: int) -> None:
    status = status_of(error).status
    assert (status.code, status.reason) == (code, reason)
    assert (status.details.retryAfterSeconds if status.details else 0) == retry_after
