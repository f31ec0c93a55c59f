"""Things that several Services want at once (an address, a member of a set, a chain): kept while anyone wants it.

Called by both proxiers. It calls nothing. It leaves out what the things are: anything hashable.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T", bound=Hashable)


class Difference(NamedTuple, Generic[T]):
    added: list[T]
    removed: list[T]


class Shared(Generic[T]):
    """How many want each thing.

    1. A thing is in here while it was added more often than removed.
    2. `take` tells each thing that came or went since the last `take`, once; what came and went again is not told.
    """

    def __init__(self) -> None:
        self._wanted: dict[T, int] = {}
        self._touched: dict[T, bool] = {}

    def __contains__(self, item: T) -> bool:
        return item in self._wanted

    def __iter__(self) -> Iterator[T]:
        return iter(self._wanted)

    def __len__(self) -> int:
        return len(self._wanted)

    def add(self, items: Iterable[T]) -> None:
        for item in items:
            count = self._wanted.get(item, 0)
            self._touched.setdefault(item, count > 0)
            self._wanted[item] = count + 1

    def remove(self, items: Iterable[T]) -> None:
        for item in items:
            count = self._wanted.pop(item, 0)
            self._touched.setdefault(item, count > 0)
            if count > 1:
                self._wanted[item] = count - 1

    def take(self) -> Difference[T]:
        """What came and what went since the last call."""
        touched, self._touched = self._touched, {}
        return Difference(
            [item for item, before in touched.items() if not before and item in self._wanted],
            [item for item, before in touched.items() if before and item not in self._wanted],
        )
