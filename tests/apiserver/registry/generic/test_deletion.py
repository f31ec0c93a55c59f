"""What a delete does, as the table in `deletion` says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from apiserver.registry.generic.deletion import Deletion, begin, ends_with_update
from apiserver.registry.generic.strategy import Strategy
from kube.api.core_v1 import ConfigMap
from kube.apimachinery.meta_v1 import DeleteOptions, ObjectMeta

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = "2026-01-01T00:00:30Z"


class Graceful(Strategy[ConfigMap]):
    """As Pods: half a minute, unless the client says otherwise."""

    def check_graceful_delete(self, obj: ConfigMap, seconds: int | None) -> int | None:
        return 30 if seconds is None else max(seconds, 0)


class Holding(Strategy[ConfigMap]):
    """As Namespaces: held by something of its own."""

    holds_objects = True

    def holds(self, obj: ConfigMap) -> bool:
        return "held" in obj.data


def config_map(data: dict[str, str] | None = None, **meta: Any) -> ConfigMap:
    return ConfigMap(metadata=ObjectMeta(name="a", **meta), data=data or {})


@pytest.mark.parametrize(
    ("strategy", "obj", "options", "todo", "timestamp", "grace", "finalizers"),
    [
        (Strategy(), config_map(), {}, Deletion.REMOVE, None, None, []),
        (Strategy(), config_map(finalizers=["x/y"]), {}, Deletion.MARK, "2026-01-01T00:00:00Z", 0, ["x/y"]),
        (Strategy(), config_map(), {"propagationPolicy": "Foreground"}, Deletion.MARK, "2026-01-01T00:00:00Z", 0,
         ["foregroundDeletion"]),
        (Strategy(), config_map(), {"orphanDependents": True}, Deletion.MARK, "2026-01-01T00:00:00Z", 0, ["orphan"]),
        (Strategy(), config_map(finalizers=["orphan"]), {"propagationPolicy": "Background"}, Deletion.REMOVE, None,
         None, []),
        (Graceful(), config_map(), {}, Deletion.MARK, LATER, 30, []),
        (Graceful(), config_map(), {"gracePeriodSeconds": 0}, Deletion.REMOVE, "2026-01-01T00:00:00Z", 0, []),
        (Graceful(), config_map(deletionTimestamp=LATER, deletionGracePeriodSeconds=30), {}, Deletion.PENDING, LATER,
         30, []),
        (Graceful(), config_map(deletionTimestamp=LATER, deletionGracePeriodSeconds=30), {"gracePeriodSeconds": 5},
         Deletion.MARK, "2026-01-01T00:00:05Z", 5, []),
        (Graceful(), config_map(deletionTimestamp=LATER, deletionGracePeriodSeconds=30), {"gracePeriodSeconds": 0},
         Deletion.REMOVE, "2026-01-01T00:00:00Z", 0, []),
        (Holding(), config_map({"held": ""}), {}, Deletion.MARK, "2026-01-01T00:00:00Z", None, []),
        (Holding(), config_map(), {}, Deletion.MARK, "2026-01-01T00:00:00Z", None, []),
        (Holding(), config_map(deletionTimestamp=LATER), {}, Deletion.REMOVE, LATER, None, []),
    ],
)  # fmt: skip
def test_begin(
    strategy: Strategy[ConfigMap], obj: ConfigMap, options: dict[str, Any], todo: Deletion, timestamp: str | None,
    grace: int | None, finalizers: list[str],
) -> None:  # fmt: skip
    assert begin(obj, strategy, DeleteOptions(**options), NOW) is todo
    meta = obj.metadata
    assert (meta.deletionTimestamp, meta.deletionGracePeriodSeconds, meta.finalizers) == (timestamp, grace, finalizers)


def test_marking_counts_a_generation() -> None:
    obj = config_map(finalizers=["x/y"], generation=3)
    begin(obj, Strategy(), DeleteOptions(), NOW)
    begin(obj, Strategy(), DeleteOptions(), NOW)
    assert obj.metadata.generation == 4


def test_the_last_finalizer_takes_the_object_with_it() -> None:
    old = config_map(finalizers=["x/y"], deletionTimestamp=LATER, deletionGracePeriodSeconds=0)
    assert ends_with_update(config_map(deletionTimestamp=LATER), old, Strategy())
    assert not ends_with_update(config_map(finalizers=["z/y"]), old, Strategy())
    assert not ends_with_update(config_map(), config_map(), Strategy())
    graceful = config_map(deletionTimestamp=LATER, deletionGracePeriodSeconds=30)
    assert not ends_with_update(config_map(deletionTimestamp=LATER), graceful, Graceful())
