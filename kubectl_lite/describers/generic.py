"""The text for kinds that have none of their own: every field under its title. Pure.

Source: kubectl's generic describer (`describe` of custom resources).
"""

from __future__ import annotations

import re
from typing import Any

from kubectl_lite.describers.common import Json, Text

_HIDDEN = {"managedFields", "name", "namespace", "labels", "annotations"}


def describe(obj: Json, events: list[Json] | None) -> str:
    """Name, namespace, labels, annotations, then all other fields in order of their names, then events."""
    out = Text()
    out.metadata(obj)
    rest = {k: v for k, v in obj.items() if k != "metadata"}
    metadata = {k: v for k, v in obj["metadata"].items() if k not in _HIDDEN}
    _fields(out, 0, {"metadata": metadata, **rest})
    out.events(events)
    return out.done()


def _fields(out: Text, level: int, obj: Json) -> None:
    for name, value in sorted(obj.items()):
        title = words(name)
        if isinstance(value, dict):
            out(level, f"{title}:")
            _fields(out, level + 1, value)
        elif isinstance(value, list):
            _items(out, level, title, value)
        else:
            out(level, f"{title}:\t{_scalar(value)}")


def _items(out: Text, level: int, title: str, items: list[Any]) -> None:
    out(level, f"{title}:")
    for item in items:
        if isinstance(item, dict):
            _fields(out, level + 1, item)
        else:
            out(level + 1, _scalar(item))


def _scalar(value: Any) -> str:
    return {True: "true", False: "false", None: "<nil>"}[value] if isinstance(value, bool | None) else str(value)


_ACRONYMS = {"API", "URL", "UID", "OSB", "GUID"}


def words(name: str) -> str:
    """`creationTimestamp` -> `Creation Timestamp`, `uid` -> `UID`; names with other signs, such as labels, stay."""
    if not re.fullmatch("[A-Za-z-]+", name):
        return name
    parts = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name).split()
    return " ".join(part.upper() if part.upper() in _ACRONYMS else part[:1].upper() + part[1:] for part in parts)
