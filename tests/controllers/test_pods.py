"""Readiness, availability, and which pod of a ReplicaSet goes first."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from controllers import pods
from controllers.hashing import fnv32a, safe_encode
from controllers.replicaset import plan
from kube.api.core_v1 import Pod

NOW = datetime(2026, 1, 1, 1, 0, 0, tzinfo=UTC)


def pod(name: str, *, node: str = "n", phase: str = "Running", ready: bool = True, since: str = "00:30:00",
        created: str = "00:00:00", restarts: int = 0, cost: str = "") -> Pod:  # fmt: skip
    return Pod.from_dict(
        {
            "metadata": {
                "name": name, "uid": name, "creationTimestamp": f"2026-01-01T{created}Z",
                "annotations": {pods.DELETION_COST: cost} if cost else {},
            },
            "spec": {"nodeName": node, "containers": []},
            "status": {
                "phase": phase,
                "conditions": [
                    {"type": "Ready", "status": str(ready), "lastTransitionTime": f"2026-01-01T{since}Z"}
                ],
                "containerStatuses": [{"name": "c", "restartCount": restarts, "image": "", "imageID": ""}],
            },
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("first", "then"),
    [
        pytest.param(pod("a", node=""), pod("b"), id="no node"),
        pytest.param(pod("a", phase="Pending"), pod("b", phase="Unknown"), id="pending before unknown"),
        pytest.param(pod("a", phase="Unknown"), pod("b"), id="unknown before running"),
        pytest.param(pod("a", ready=False), pod("b"), id="not ready"),
        pytest.param(pod("a", cost="-5"), pod("b"), id="lower deletion cost"),
        pytest.param(pod("a"), pod("b", cost="10"), id="no cost is zero"),
        pytest.param(pod("a", node="crowded"), pod("b", node="n"), id="more of the same on its node"),
        pytest.param(pod("b", since="00:59:00"), pod("a", since="00:01:00"), id="ready for a shorter time"),
        pytest.param(pod("a", since="00:29:59"), pod("b", since="00:30:01"), id="about as long: by uid"),
        pytest.param(pod("a", restarts=3), pod("b"), id="more restarts"),
        pytest.param(pod("b", created="00:58:00"), pod("a", created="00:00:00"), id="created later"),
        pytest.param(pod("a", ready=False, cost="100"), pod("b", cost="-100"), id="readiness before cost"),
    ],
)
def test_deletion_order(first: Pod, then: Pod) -> None:
    for given in ([first, then], [then, first]):
        assert pods.deletion_order(given, {"crowded": 3, "n": 1}, NOW) == [first, then]


@pytest.mark.parametrize(
    ("min_ready", "since", "available"), [(0, "00:59:59", True), (10, "00:59:55", False), (10, "00:59:50", True)]
)
def test_availability(min_ready: int, since: str, available: bool) -> None:
    assert pods.is_available(pod("a", since=since), min_ready, NOW) is available
    assert not pods.is_available(pod("a", ready=False, since=since), min_ready, NOW)


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (1, [1]), (5, [1, 2, 2]), (10, [1, 2, 4, 3])])
def test_slow_start(count: int, sizes: list[int]) -> None:
    assert list(plan.slow_start(count)) == sizes


def test_hashes_are_those_of_fnv() -> None:
    assert fnv32a(b"") == 0x811C9DC5
    assert fnv32a(b"a") == 0xE40C292C
    assert fnv32a(b"foobar") == 0xBF9CF968
    assert safe_encode("0123456789") == "456789bcdf"


@pytest.mark.parametrize(
    ("min_ready", "since", "expected"),
    [(0, "00:59:55", None), (10, "00:59:55", 5.0), (10, "00:59:00", None), (600, "00:59:55", 595.0)],
)
def test_when_the_next_pod_becomes_available(min_ready: int, since: str, expected: float | None) -> None:
    assert pods.next_available_in([pod("a", since=since), pod("b", ready=False)], min_ready, NOW) == expected
