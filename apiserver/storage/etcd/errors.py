"""etcd's errors, wrapped once: what gRPC and etcd say becomes a StorageError.

Called by every module beside it where a call to etcd fails. It calls nothing. Texts are those of etcd's
`api/v3rpc/rpctypes/error.go`; they have not changed from 3.4 to 3.6. It leaves retrying to `endpoints`.
"""

from __future__ import annotations

from aetcd.rpc import AioRpcError, StatusCode

from apiserver.storage.interface import (
    ExpiredRevision,
    FutureRevision,
    StorageError,
    TimedOut,
    TooLarge,
    Unavailable,
)

_TOO_LARGE = ("request is too large", "too many operations in txn request", "message larger than max")
_NEVER_SENT = ("failed to connect", "no leader", "too many requests", "Connection refused", "DNS resolution failed")
_MEMBER_AT_FAULT = (StatusCode.UNAVAILABLE, StatusCode.DEADLINE_EXCEEDED, StatusCode.CANCELLED, StatusCode.UNKNOWN)


def wrap(error: AioRpcError, asked: int = 0) -> StorageError:
    """The StorageError that says the same. `asked` is the revision that the request named, if any."""
    text = error.details() or error.code().name
    if any(words in text for words in _TOO_LARGE):
        return TooLarge(text)
    if "required revision has been compacted" in text:
        return ExpiredRevision(asked, 0)
    if "required revision is a future revision" in text:
        return FutureRevision(asked, 0)
    if error.code() == StatusCode.DEADLINE_EXCEEDED or "timed out" in text:
        return TimedOut(text)
    return Unavailable(text)


def never_sent(error: AioRpcError) -> bool:
    """Whether the request was certainly not carried out, so that even a write may be sent again."""
    text = error.details() or ""
    return error.code() == StatusCode.UNAVAILABLE and any(words in text for words in _NEVER_SENT)


def member_at_fault(error: AioRpcError) -> bool:
    """Whether another member of the cluster might do better."""
    return error.code() in _MEMBER_AT_FAULT
