"""Checks and operations as one etcd transaction, and its answer read back. Pure.

Called by `store`. It calls etcd's messages only. When a check fails, the transaction's other branch reads the keys
that were checked, so that the caller learns what stands there without asking again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aetcd.rpc import (
    Compare,
    DeleteRangeRequest,
    KeyValue,
    PutRequest,
    RangeRequest,
    RequestOp,
    TxnRequest,
    TxnResponse,
)

from apiserver.storage.etcd.keys import Keys
from apiserver.storage.interface import Absent, Check, CheckFailed, Op, Put, Stored


def build(keys: Keys, checks: Sequence[Check], ops: Iterable[Op], leases: dict[int, int]) -> TxnRequest:
    """`leases`: ttl -> the id of the lease that the puts of that ttl are attached to."""
    return TxnRequest(
        compare=[_compare(keys, check) for check in checks],
        success=[_request(keys, op, leases) for op in ops],
        failure=[RequestOp(request_range=RangeRequest(key=keys.to_etcd(check.key))) for check in checks],
    )


def _compare(keys: Keys, check: Check) -> Compare:
    """A key that does not exist has mod_revision 0."""
    revision = 0 if isinstance(check, Absent) else check.revision
    return Compare(result=Compare.EQUAL, target=Compare.MOD, key=keys.to_etcd(check.key), mod_revision=revision)


def _request(keys: Keys, op: Op, leases: dict[int, int]) -> RequestOp:
    if isinstance(op, Put):
        lease = leases[op.ttl] if op.ttl else 0
        return RequestOp(request_put=PutRequest(key=keys.to_etcd(op.key), value=op.data, lease=lease))
    return RequestOp(request_delete_range=DeleteRangeRequest(key=keys.to_etcd(op.key)))


def failure(keys: Keys, checks: Sequence[Check], response: TxnResponse) -> CheckFailed:
    """Which check did not hold, from the reads of the failed branch."""
    for check, answer in zip(checks, response.responses, strict=True):
        found = answer.response_range.kvs
        if (found[0].mod_revision if found else 0) != (0 if isinstance(check, Absent) else check.revision):
            return CheckFailed(check.key, stored(keys, found[0]) if found else None)
    raise AssertionError("etcd refused a transaction of which every check holds")


def stored(keys: Keys, pair: KeyValue) -> Stored:
    return Stored(keys.from_etcd(pair.key), pair.value, pair.mod_revision)
