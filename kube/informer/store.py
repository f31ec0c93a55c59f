"""The indexed store of an informer: objects by namespace and name, and by whatever an index function says.

Called by `kube.informer.informer` for writing, by everybody for reading. It calls nothing. What it hands out is
shared: copy an object (`deep_copy`) before changing it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

from kube.apimachinery.meta_v1 import Object

T = TypeVar("T", bound=Object)
Key = tuple[str, str]
"""(namespace, name)"""
IndexFunction = Callable[[T], Iterable[str]]


def key_of(obj: Object) -> Key:
    return obj.metadata.namespace, obj.metadata.name


def by_namespace(obj: Object) -> Iterable[str]:
    """The index function that every store has, under the name `namespace`."""
    return (obj.metadata.namespace,)


def by_controller(obj: Object) -> Iterable[str]:
    """An index function: the UID of the owner that controls the object."""
    return [ref.uid for ref in obj.metadata.ownerReferences if ref.controller]


class Store(Generic[T]):
    """Objects of one kind.

    1. `by_index(name, value)` returns exactly the stored objects whose index function gives the value.
    2. Every change costs the number of the object's index values, never the size of the store.
    """

    def __init__(self, indexers: Mapping[str, IndexFunction] | None = None):
        self._objects: dict[Key, T] = {}
        self._indexers: dict[str, IndexFunction] = {"namespace": by_namespace, **(indexers or {})}
        self._indices: dict[str, dict[str, dict[Key, T]]] = {name: {} for name in self._indexers}

    def __len__(self) -> int:
        return len(self._objects)

    def __iter__(self) -> Iterator[T]:
        return iter(list(self._objects.values()))

    def __contains__(self, key: Key) -> bool:
        return key in self._objects

    def get(self, namespace: str, name: str) -> T | None:
        return self._objects.get((namespace, name))

    def keys(self) -> Collection[Key]:
        return self._objects.keys()

    def in_namespace(self, namespace: str) -> list[T]:
        """All objects of one namespace; of all, for the empty one."""
        return self.by_index("namespace", namespace) if namespace else list(self._objects.values())

    def by_index(self, index: str, value: str) -> list[T]:
        """Raises KeyError for an index that was not declared."""
        return list(self._indices[index].get(value, {}).values())

    def index_values(self, index: str) -> Collection[str]:
        """The values under which the index has objects."""
        return self._indices[index].keys()

    def add_indexer(self, name: str, function: IndexFunction) -> None:
        """Declares an index, also on a filled store."""
        self._indexers[name] = function
        self._indices[name] = {}
        for key, obj in self._objects.items():
            self._enter(name, key, obj)

    def set(self, obj: T) -> T | None:
        """Adds or replaces; returns the object that was there."""
        key = key_of(obj)
        old = self.delete(key)
        self._objects[key] = obj
        for name in self._indexers:
            self._enter(name, key, obj)
        return old

    def delete(self, key: Key) -> T | None:
        """Removes and returns the object, None when there was none."""
        old = self._objects.pop(key, None)
        if old is not None:
            for name in self._indexers:
                self._leave(name, key, old)
        return old

    def _enter(self, name: str, key: Key, obj: T) -> None:
        for value in self._indexers[name](obj):
            self._indices[name].setdefault(value, {})[key] = obj

    def _leave(self, name: str, key: Key, obj: T) -> None:
        index = self._indices[name]
        for value in self._indexers[name](obj):
            entries = index.get(value)
            if entries is not None:
                entries.pop(key, None)
                if not entries:
                    del index[value]
