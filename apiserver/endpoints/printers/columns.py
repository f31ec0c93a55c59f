"""Columns of Tables: their declaration, and the cells that many kinds share.

Called by the printers of the kinds. It calls label formatting and the clock's time given to it.
Source: k8s.io/kubernetes/pkg/printers/internalversion.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kube.apimachinery.labels import format_set, from_label_selector
from kube.apimachinery.meta_v1 import LabelSelector
from kube.apimachinery.times import human_duration, parse_time

NONE, UNKNOWN, UNSET = "<none>", "<unknown>", "<unset>"
MAX_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Column:
    """`wide` columns show with `-o wide` only."""

    name: str
    type: str = "string"
    format: str = ""
    wide: bool = False


def wide(name: str, type_: str = "string", format_: str = "") -> Column:
    return Column(name, type_, format_, wide=True)


NAME = Column("Name", "string", "name")
AGE = Column("Age")
CONTAINERS, IMAGES, SELECTOR = wide("Containers"), wide("Images"), wide("Selector")


def since(moment: str | None, now: datetime | None = None) -> str:
    """The age of a timestamp; `<unknown>` when there is none."""
    if not moment:
        return UNKNOWN
    return human_duration(((now or datetime.now(UTC)) - parse_time(moment)).total_seconds())


def age(obj: Any) -> str:
    return since(obj.metadata.creationTimestamp)


def joined(values: Iterable[str], otherwise: str = NONE) -> str:
    return ",".join(values) or otherwise


def first_three(values: Sequence[str], otherwise: str) -> str:
    """At most three, then how many more there are."""
    text = ",".join(values[:MAX_SHOWN]) or otherwise
    more = len(values) - MAX_SHOWN
    return f"{text} + {more} more..." if more > 0 else text or otherwise


def labels_text(labels: dict[str, str]) -> str:
    """`k=v` sorted, or `<none>`."""
    return format_set(labels) or NONE


def selector_text(selector: LabelSelector | None) -> str:
    """The set form of a label selector; empty prints blank."""
    return str(from_label_selector(selector)) if selector is not None else ""


def container_cells(spec: Any) -> list[str]:
    """Names and images of a pod template's containers."""
    return [",".join(c.name for c in spec.containers), ",".join(c.image for c in spec.containers)]
