"""What a store must do, whatever keeps the bytes.

Called by `apiserver.registry.generic`; implemented by `apiserver.storage.etcd` (the truth) and by
`apiserver.storage.cacher` (the watch cache before it). A store knows keys, bytes and revisions, and no kind. The
contract suite in tests/apiserver/storage runs against every implementation.

Keys are laid out as Kubernetes lays them out: `/registry/services/specs/default/myapp`. (`--etcd-prefix` puts another
word in the place of `registry` in etcd; here keys always begin with `/registry/`.) A value is an object's JSON
without `resourceVersion`, starting `{"kind":…,"apiVersion":…,"metadata":{`; `with_revision` splices the revision in.
A value without metadata (a node port's owner) stays as it is.

Numbered guarantees (each has a test that bears its number):

1. A transaction is all or nothing, and every key it writes gets the same revision.
2. A watch from revision R delivers every change after R exactly once, in order of revision, or ends with `Expired`.
3. A read after an acknowledged write, by anyone, sees that write or a later one.
4. A value that a read returns is never changed afterwards; its bytes may be shared.
5. All pages of one list show one snapshot, whatever is written between them, or end with `Expired`.
6. A value written with a `ttl` goes by itself, not before its time, and a watch sees it go.
7. A bookmark of revision R comes after every change up to R.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, Self

_META = b'"metadata":{'
ROOT = "/registry/"
"""What every key begins with at this interface."""


def with_revision(data: bytes, revision: int) -> bytes:
    """The stored bytes as clients see them: `metadata.resourceVersion` is the first member of metadata."""
    head, found, tail = data.partition(_META)
    if not found:
        return data
    comma = b"" if tail[:1] == b"}" else b","
    return b'%s%s"resourceVersion":"%d"%s%s' % (head, found, revision, comma, tail)


def without_revision(wire: bytes, revision: int) -> bytes:
    """The inverse of `with_revision`."""
    mark = b'"metadata":{"resourceVersion":"%d"' % revision
    head, found, tail = wire.partition(mark)
    return head + _META + tail.removeprefix(b",") if found else wire


class Stored:
    """A key's value at a moment; never changes. `revision` is that of its last change (etcd's mod_revision).

    `wire` is the object's JSON with its resourceVersion, as a response body carries it; it is made once and shared by
    every reader and watcher. `memo` is free for a reader to keep what it worked out from the bytes (labels, a decoded
    object), for the next reader; so is `message` for who writes the object in another encoding than JSON.
    """

    __slots__ = ("key", "memo", "message", "revision", "wire")

    def __init__(self, key: str, data: bytes, revision: int):
        self.key = key
        self.wire = with_revision(data, revision)
        self.revision = revision
        self.memo: Any = None
        self.message: bytes | None = None

    @property
    def data(self) -> bytes:
        """The bytes as they were written."""
        return without_revision(self.wire, self.revision)

    @property
    def item(self) -> bytes:
        """The JSON as an element of a list: without kind and apiVersion, which the list states once."""
        start = self.wire.find(_META)
        return b"{" + self.wire[start:] if start > 0 else self.wire

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Stored)
            and self.key == other.key
            and self.revision == other.revision
            and self.wire == other.wire
        )

    def __hash__(self) -> int:
        return hash((self.key, self.revision))

    def __repr__(self) -> str:
        return f"Stored({self.key!r}, {self.data!r}, {self.revision})"


class Items(tuple[Stored, ...]):
    """The values of a list, in key order. Readers of an unchanged prefix get the same `Items`, so what one of them
    worked out is there for the next: `tail` here, and whatever is put in `memo` and `packed`."""

    memo: Any = None
    _tail: bytes | None = None
    _packed: dict[str, bytes] | None = None

    @property
    def packed(self) -> dict[str, bytes]:
        """Compressed forms of the items, by name."""
        if self._packed is None:
            self._packed = {}
        return self._packed

    @property
    def tail(self) -> bytes:
        """Every item's JSON (without kind and apiVersion), as a list's JSON ends: what follows `"items":[`."""
        if self._tail is None:
            self._tail = b",".join([stored.item for stored in self]) + b"]}\n"
        return self._tail


@dataclass(frozen=True, slots=True)
class Page:
    """A list: the items in key order, the revision of the snapshot they all belong to, and what is left of it."""

    items: Sequence[Stored]  # an `Items`
    revision: int
    continue_key: str = ""  # the key after which the next page starts; empty at the end
    remaining: int = 0


class Event:
    """One change of one key; never changes, and is shared by all watchers.

    PUT carries the new value in `value` and the one before it in `before` (None: the key is new), so that a selector
    can tell «stopped matching» from «changed». DELETE carries the last value, with the revision of the deletion, in
    `value` and the value as it was in `before`. BOOKMARK carries only a revision: everything up to it has been
    delivered. `line` and `frame` are free for who encodes the event (in JSON, in protobuf), for the next watcher that
    needs the same.
    """

    __slots__ = ("before", "frame", "key", "line", "revision", "type", "value")

    def __init__(
        self,
        type: Literal["PUT", "DELETE", "BOOKMARK"],
        revision: int,
        value: Stored | None = None,
        before: Stored | None = None,
    ):
        self.type = type
        self.revision = revision
        self.value = value
        self.before = before
        self.key = value.key if value is not None else ""
        self.line: Any = None
        self.frame: Any = None

    @property
    def data(self) -> bytes:
        """The value's bytes as they were written; empty for a bookmark."""
        return self.value.data if self.value is not None else b""

    @property
    def previous(self) -> bytes | None:
        """The bytes before the change; None when the key is new."""
        return self.before.data if self.before is not None else None

    def __repr__(self) -> str:
        return f"Event({self.type} {self.key} at {self.revision})"


class Watch(ABC):
    """A watch under way: iterate over its events, or take all that have come with `batch`. One reader at a time.

    `revision` says up to where everything has been handed out. Close it with `aclose` (or `contextlib.aclosing`).
    """

    revision: int

    def __init__(self, revision: int):
        self.revision = revision
        self._left: deque[Event] = deque()

    @abstractmethod
    async def batch(self) -> Sequence[Event]:
        """All events that have come since the last call, at least one; waits for the first. Ends with
        StopAsyncIteration when closed. Raises ExpiredRevision when the watch cannot be continued, FutureRevision when
        its revision has not been reached in time."""

    @abstractmethod
    async def aclose(self) -> None:
        """Ends the watch and a `batch` that waits. May be called twice."""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        if not self._left:
            self._left.extend(await self.batch())
        return self._left.popleft()


class PolledWatch(Watch):
    """A watch that can be asked without waiting, and that calls back when there is something to ask for: its events
    reach many readers without a task switch for each. `start` comes first; `batch` is made of the other three."""

    closed = False

    @abstractmethod
    async def start(self) -> None:
        """Waits until its revision has been reached. Raises ExpiredRevision, FutureRevision."""

    @abstractmethod
    def poll(self) -> Sequence[Event]:
        """All events that have come since the last call, possibly none. Raises ExpiredRevision."""

    @abstractmethod
    def when_ready(self, callback: Callable[[], None]) -> None:
        """Calls it once, after the next change or when the watch is closed. Nothing may be left to poll now."""

    @abstractmethod
    def forget(self) -> None:
        """Takes the callback back."""

    @abstractmethod
    def remind(self) -> None:
        """A bookmark is due: the reader is called, and its next `poll` that finds nothing else gives one. Nothing
        comes of it for a reader who asked for none."""

    @abstractmethod
    def close(self) -> None:
        """Ends the watch: who waits is called."""

    async def aclose(self) -> None:
        self.close()

    async def batch(self) -> Sequence[Event]:
        await self.start()
        while not self.closed:
            if events := self.poll():
                return events
            await self._wait()
        raise StopAsyncIteration

    async def _wait(self) -> None:
        woken = asyncio.get_running_loop().create_future()
        self.when_ready(lambda: woken.done() or woken.set_result(None))
        try:
            await woken
        except asyncio.CancelledError:
            self.forget()
            raise


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
    """Remove the key; nothing happens when it does not exist."""

    key: str


Check = Absent | Unchanged
Op = Put | Delete


class StorageError(Exception):
    """The store could not do it. The registry turns each kind into the right Status."""


class CheckFailed(StorageError):
    """A check of the transaction did not hold; nothing was written. `key` is the first whose check failed, and
    `current` what it holds instead (None: nothing), read in the same transaction."""

    def __init__(self, key: str, current: Stored | None = None):
        super().__init__(f"the check of {key} failed")
        self.key, self.current = key, current


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


class TimedOut(Unavailable):
    """The store did not answer in time; the write may or may not have happened."""


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

    def watch(self, prefix: str, *, revision: int, bookmarks: bool = False) -> Watch:
        """Changes after `revision` (0: from what is at hand), for ever. Ends with ExpiredRevision when it cannot be
        continued. The caller closes it (`aclosing`). Raises Unavailable when the store is not ready yet."""

    async def current_revision(self) -> int:
        """The store's revision now."""
