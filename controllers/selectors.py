"""Which selectors match an object, and which objects a selector matches, without looking at all of either.

Called by the controllers of workloads and by disruption; `service_index` does the same for Services, whose selectors
are plain pairs. Pure. A selector with `matchLabels` matches only what has each of its pairs, so both sides are indexed
by single `key=value` pairs within their namespace; only a selector of expressions alone has to look at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from controllers.ownership import controller_of
from kube.apimachinery.labels import from_label_selector
from kube.apimachinery.meta_v1 import LabelSelector, Object
from kube.informer import Informer

T = TypeVar("T", bound=Object)


def by_label(obj: Object) -> list[str]:
    """An index function: each label within the namespace, and the namespace itself."""
    namespace = obj.metadata.namespace
    return [f"{namespace}/", *(f"{namespace}/{key}={value}" for key, value in obj.metadata.labels.items())]


def orphans(obj: Object) -> list[str]:
    """An index function: as `by_label`, of what nobody controls."""
    return [] if controller_of(obj) else by_label(obj)


def by_selector(obj: Object) -> list[str]:
    """An index function for what has a `spec.selector`: one pair that its objects must have, if it names any."""
    selector, namespace = obj.spec.selector, obj.metadata.namespace
    if selector is None:
        return []
    pair = min(selector.matchLabels.items(), default=None)
    return [f"{namespace}/{pair[0]}={pair[1]}" if pair else f"{namespace}/"]


def selected(informer: Informer[T], namespace: str, selector: LabelSelector | None, index: str = "by_label") -> list[T]:
    """The objects that the selector matches. `index` is `by_label` or `orphans`."""
    if selector is None:
        return []
    pairs = [f"{namespace}/{key}={value}" for key, value in selector.matchLabels.items()] or [f"{namespace}/"]
    fewest = min((informer.by_index(index, pair) for pair in pairs), key=len)
    matches = from_label_selector(selector).matches
    return [obj for obj in fewest if matches(obj.metadata.labels)]


def selecting(informer: Informer[T], obj: Object) -> Iterable[T]:
    """The owners, in the object's namespace, whose selector matches it. `informer` has the index `by_selector`."""
    for value in by_label(obj):
        for owner in informer.by_index("by_selector", value):
            if from_label_selector(owner.spec.selector).matches(obj.metadata.labels):
                yield owner
