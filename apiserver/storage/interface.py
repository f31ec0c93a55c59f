"""What a store must do, whatever keeps the bytes.

Called by `apiserver.registry.generic`; implemented by `apiserver.storage.etcd` (the truth) and by
`apiserver.storage.cacher` (the watch cache before it). A store knows keys, bytes and revisions, and no kind. The
contract suite in tests/apiserver/storage runs against every implementation.

Keys are laid out as Kubernetes lays them out: `/registry/services/specs/default/myapp`. A value is an object's JSON
without `resourceVersion`, starting `{"kind":…,"apiVersion":…,"metadata":{`; `with_revision` splices the revision in.

Numbered guarantees (each has a test that bears its number):

1. A transaction is all or nothing, and every key it writes gets the same revision.
2. A watch from revision R delivers every change after R exactly once, in order of revision, or ends with `Expired`.
3. A read after an acknowledged write, by anyone, sees that write or a later one.
4. A value that a read returns is never changed afterwards; its bytes may be shared.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

_META = b'"metadata":{'


def with_revision(data: bytes, revision: int) -> bytes:
    """The stored bytes as clients see them: `metadata.resourceVersion` is the first member of metadata."""
    head, found, tail = data.partition(_META)
    comma = b"" if tail[:1] == b"}" else b","
    return b'%s%s"resourceVersion":"%d"%s%s' % (head, found, revision, comma, tail)


@dataclass(frozen=True, slots=True)
class Stored:
    """A key's value at a moment. `revision` is that of its last change (etcd's mod_revision)."""

    key: str
    data: bytes
    revision: int

    @property
    def wire(self) -> bytes:
        """The object's JSON with its resourceVersion, as a response body carries it."""
        return with_revision(self.data, self.revision)


@dataclass(frozen=True, slots=True)
class Page:
    """A list: the items in key order, the revision of the snapshot they all belong to, and what is left of it."""

    items: Sequence[Stored]
    revision: int
    continue_key: str = ""  # the key after which the next page starts; empty at the end
    remaining: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    """One change of one key. A deletion carries the last value, with the revision of the deletion.

    `previous` is the value before the change, so that a selector can tell «stopped matching» from «changed».
    A bookmark carries only a revision: everything up to it has been delivered.
    """

    type: Literal["PUT", "DELETE", "BOOKMARK"]
    key: str
    revision: int
    data: bytes = b""
    previous: bytes | None = None


@dataclass(frozen=True, slots=True)
class Absent:
    """The key must not exist."""

    key: str


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The key must exist with just this revision."""

    key: str
    revision: int


@dataclass(frozen=True, slots=True)
class Put:
    """Write the value; `ttl` seconds later it goes by itself (0: never)."""

    key: str
    data: bytes
    ttl: int = 0


@dataclass(frozen=True, slots=True)
class Delete:
    key: str


Check = Absent | Unchanged
Op = Put | Delete


class StorageError(Exception):
    """The store could not do it. The registry turns each kind into the right Status."""


class CheckFailed(StorageError):
    """A check of the transaction did not hold; nothing was written. `key` is the first whose check failed."""

    def __init__(self, key: str):
        super().__init__(f"the check of {key} failed")
        self.key = key


class ExpiredRevision(StorageError):
    """The revision asked for has been compacted away. `oldest` is the first that can still be read."""

    def __init__(self, asked: int, oldest: int):
        super().__init__(f"too old resource version: {asked} ({oldest})")
        self.asked, self.oldest = asked, oldest


class FutureRevision(StorageError):
    """The revision asked for has not been reached within the time allowed."""

    def __init__(self, asked: int, current: int):
        super().__init__(f"Too large resource version: {asked}, current: {current}")
        self.asked, self.current = asked, current


class TooLarge(StorageError):
    """The value or the transaction is larger than the store takes."""


class Unavailable(StorageError):
    """The store does not answer, has no leader or has no space; the write may or may not have happened."""


class Storage(Protocol):
    """Reads say how fresh they must be: `revision` 0 takes whatever is at hand, N waits until N has been reached,
    None is linearizable: at least as new as any write acknowledged before the call."""

    async def get(self, key: str, *, revision: int | None = None) -> Stored | None:
        """The value of a key, or None. Raises FutureRevision, Unavailable."""

    async def list(
        self, prefix: str, *, revision: int | None = None, exact: bool = False, limit: int = 0, after: str = ""
    ) -> Page:
        """The values below a prefix in key order. `exact` reads the snapshot at `revision` (pages of one list);
        `after` starts behind that key. Raises ExpiredRevision, FutureRevision, Unavailable."""

    async def commit(self, checks: Sequence[Check], ops: Sequence[Op]) -> int:
        """One transaction; returns its revision. Raises CheckFailed, TooLarge, Unavailable."""

    def watch(self, prefix: str, *, revision: int, bookmarks: bool = False) -> AsyncIterator[Event]:
        """Changes after `revision`, for ever. Ends with ExpiredRevision when it cannot be continued. The caller closes
        it (`aclosing`)."""

    async def current_revision(self) -> int:
        """The store's revision now."""
