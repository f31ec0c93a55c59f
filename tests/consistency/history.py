"""What is written down while clients work: their operations, the watchers' streams, and etcd's own history. Pure.

Filled by `clients`, `watchers` and `etcd_history`; read by `checker`. It calls nothing. Time is a counter that ticks
once for every beginning and end in the one process that all clients share, so «A ended before B began» is exact.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

NEVER = math.inf


@dataclass(frozen=True, slots=True)
class Version:
    """What a key holds from `revision` on; `tokens` None: it is gone. A token is a word that one write alone uses."""

    key: str
    revision: int
    uid: str = ""
    tokens: Mapping[str, str] | None = None
    addresses: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()

    @property
    def alive(self) -> bool:
        return self.tokens is not None


@dataclass(frozen=True, slots=True)
class Op:
    """One request. Of a write, `tokens` are what it sets; of a read (and an acknowledged write), `found` is the answer.

    `outcome`: `ok`; `refused` (4xx: certainly not done); `unknown` (no answer, 5xx: done or not, now or later).
    """

    verb: str  # create, replace, patch, delete, get, list
    key: str
    began: int
    ended: float = NEVER
    outcome: str = "ok"
    code: int = 0
    tokens: Mapping[str, str] = field(default_factory=dict)
    based_on: int = 0  # the resourceVersion that a replace named
    uid: str = ""  # of what was deleted
    found: Version | None = None  # None of a get: nothing is there
    revision: int = 0  # of a list
    items: Sequence[Version] = ()  # of a list

    @property
    def writes(self) -> bool:
        return self.verb in ("create", "replace", "patch", "delete")

    def __str__(self) -> str:
        return f"{self.verb} {self.key} [{self.began}, {self.ended}] {self.outcome} {self.code or ''}".strip()


@dataclass(frozen=True, slots=True)
class Seen:
    """One event of a watch, as the client saw it."""

    type: str  # ADDED, MODIFIED, DELETED
    version: Version


@dataclass(slots=True)
class Segment:
    """What one watcher saw from a list at `start` on, through as many connections as it took, until a 410 or the end.
    `reached` is the revision up to which it must have seen everything."""

    watcher: str
    prefix: str
    start: int
    reached: int = 0
    seen: list[Seen] = field(default_factory=list)


def version_of(key: str, obj: Mapping[str, Any], revision: int = 0) -> Version:
    """Of an object's JSON. A ConfigMap keeps the tokens in its data, a Service in its annotations."""
    meta, spec = obj["metadata"], obj.get("spec", {})
    tokens = meta.get("annotations", {}) if obj.get("kind") == "Service" or spec else obj.get("data", {})
    ports = tuple(port["nodePort"] for port in spec.get("ports", ()) if port.get("nodePort"))
    addresses = tuple(ip for ip in spec.get("clusterIPs", ()) if ip != "None")
    return Version(key, revision or int(meta["resourceVersion"]), meta["uid"], dict(tokens), addresses, ports)
