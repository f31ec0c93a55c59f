"""etcd's errors, wrapped once: what gRPC and etcd say becomes a StorageError.

Called by every module beside it where a call to etcd fails. It calls nothing. Texts are those of etcd's
`api/v3rpc/rpctypes/error.go`; they have not changed from 3.4 to 3.6. It leaves retrying to `endpoints`.
"""

from __future__ import annotations

from apiserver.storage.etcd.transport import Code, RpcError
from apiserver.storage.interface import (
    ExpiredRevision,
    FutureRevision,
    StorageError,
    TimedOut,
    TooLarge,
    Unavailable,
)

_TOO_LARGE = ("request is too large", "too many operations in txn request", "larger than max")
_NEVER_DONE = ("no leader", "too many requests")
_MEMBER_AT_FAULT = (Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED, Code.CANCELLED, Code.UNKNOWN)


def wrap(error: RpcError, asked: int = 0) -> StorageError:
    """The StorageError that says the same. `asked` is the revision that the request named, if any."""
    text = error.details or f"gRPC status {error.code}"
    if any(words in text for words in _TOO_LARGE):
        return TooLarge(text)
    if "required revision has been compacted" in text:
        return ExpiredRevision(asked, 0)
    if "required revision is a future revision" in text:
        return FutureRevision(asked, 0)
    if error.code == Code.DEADLINE_EXCEEDED or "timed out" in text:
        return TimedOut(text)
    return Unavailable(text)


def never_done(error: RpcError) -> bool:
    """Whether the request was certainly not carried out, so that even a write may be sent again."""
    return error.never_sent or (error.code == Code.UNAVAILABLE and any(words in error.details for words in _NEVER_DONE))


def member_at_fault(error: RpcError) -> bool:
    """Whether another member of the cluster might do better."""
    return error.code in _MEMBER_AT_FAULT
