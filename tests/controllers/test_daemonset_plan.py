"""The next step of a DaemonSet, node by node, and its status."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from controllers.daemonset import plan
from kube.api.apps_v1 import DaemonSet
from kube.api.core_v1 import Node, Pod
from tests.controllers.templates import daemon_set, node

NOW = datetime(2026, 1, 1, 1, tzinfo=UTC)


def rolling(**given: int | str) -> DaemonSet:
    return daemon_set(updateStrategy={"type": "RollingUpdate", "rollingUpdate": given})


def pods(state: str) -> tuple[list[Node], list[Pod]]:
    """One node a word: `o` an old pod, `n` a new one, capitals those that are not ready, `f` one that failed, `x` one
    that is going; `-` none."""
    nodes, made = [], []
    for number, word in enumerate(state.split()):
        nodes.append(node(f"n{number}"))
        for index, letter in enumerate(word.replace("-", "")):
            one = Pod.from_dict({
                "metadata": {"name": f"{letter}{number}", "creationTimestamp": f"2026-01-01T00:00:0{index}Z",
                             "labels": {"controller-revision-hash": "new" if letter in "nN" else "old"}},
                "spec": {"nodeName": f"n{number}"},
                "status": {"phase": "Failed" if letter == "f" else "Running", "conditions": [{
                    "type": "Ready", "status": "True" if letter in "on" else "False",
                    "lastTransitionTime": "2026-01-01T00:59:30Z"}]},
            })  # fmt: skip
            if letter == "x":
                one.metadata.deletionTimestamp = "2026-01-01T00:00:00Z"
            made.append(one)
    return nodes, made


def step(ds: DaemonSet, state: str) -> str:
    nodes, made = pods(state)
    return str(plan.plan(ds, nodes, made, "new", NOW))


ONE = {"maxUnavailable": 1}


@pytest.mark.parametrize(
    ("given", "state", "expected"),
    [
        # one on each node
        (ONE, "- n n", "create on n0"),
        (ONE, "n nn n", "delete n1"),  # the older one stays
        (ONE, "n f n", "delete f1"),
        (ONE, "n x n", ""),  # its place is taken until it is gone
        # rolling updates: as many as may be unavailable at a time
        (ONE, "o o o", "delete o0"),
        (ONE, "x o o", ""),
        (ONE, "N o o", ""),
        (ONE, "n o o", "delete o1"),
        (ONE, "n o O", "delete O2"),  # an old one that is not available costs nothing
        (ONE, "n n n", ""),
        ({"maxUnavailable": 2}, "o o o", "delete o0, delete o1"),
        ({"maxUnavailable": "30%"}, "o o o o", "delete o0, delete o1"),  # percentages are rounded up
        ({"maxUnavailable": "10%"}, "o o o o", "delete o0"),
        # with surge the new one comes first
        ({"maxUnavailable": 0, "maxSurge": 1}, "o o o", "create on n0"),
        ({"maxUnavailable": 0, "maxSurge": 1}, "oN o o", ""),
        ({"maxUnavailable": 0, "maxSurge": 1}, "on o o", "create on n1, delete o0"),
        ({"maxUnavailable": 0, "maxSurge": 1}, "n o o", "create on n1"),
        ({"maxUnavailable": 0, "maxSurge": 2}, "o o o", "create on n0, create on n1"),
        ({"maxUnavailable": 0, "maxSurge": "50%"}, "o o o", "create on n0, create on n1"),
        ({"maxUnavailable": 0, "maxSurge": 1}, "O o n", "create on n0, create on n1"),  # it costs nothing
        ({"maxUnavailable": 0, "maxSurge": 1}, "ON o n", ""),
        ({"maxUnavailable": 0, "maxSurge": 1}, "x o o", ""),
    ],
)  # fmt: skip
def test_the_next_step(given: dict, state: str, expected: str) -> None:
    assert step(rolling(**given), state) == expected


def test_on_delete_waits_for_the_user() -> None:
    ds = daemon_set(updateStrategy={"type": "OnDelete"})
    assert step(ds, "o o -") == "create on n2"
    assert step(ds, "o o o") == ""


def test_min_ready_seconds_slow_an_update_down() -> None:
    ds = rolling(**ONE)
    ds.spec.minReadySeconds = 60  # the pods have been ready for 30 s
    assert step(ds, "n o o") == "delete o1, delete o2", "none of them counts as available"
    ds.spec.minReadySeconds = 20
    assert step(ds, "n o o") == "delete o1"


def test_a_pod_of_a_node_that_is_gone_goes() -> None:
    nodes, made = pods("n n")
    assert str(plan.plan(rolling(**ONE), nodes[:1], made, "new", NOW)) == "delete n1"


def test_status() -> None:
    nodes, made = pods("n N o - on")
    nodes.append(node("n5", ("x", "NoSchedule")))
    made.append(pods("- - - - - n")[1][0])
    found = plan.status_of(rolling(**ONE), nodes, made, "new", None, NOW)
    assert (found.desiredNumberScheduled, found.currentNumberScheduled, found.numberMisscheduled) == (5, 4, 1)
    assert (found.numberReady, found.numberAvailable, found.numberUnavailable) == (3, 3, 2)
    assert found.updatedNumberScheduled == 3


def test_a_pod_is_pinned_and_stays_on_a_node_in_trouble() -> None:
    """The tolerations are those of the documentation, "Taints and tolerations"."""
    ds = daemon_set()
    ds.spec.template.spec.hostNetwork = True
    made = plan.new_pod(ds, "n0", "new")
    assert plan.target_node(made) == "n0"
    assert {(t.key.removeprefix("node.kubernetes.io/"), t.operator, t.effect) for t in made.spec.tolerations} == {
        ("not-ready", "Exists", "NoExecute"),
        ("unreachable", "Exists", "NoExecute"),
        ("disk-pressure", "Exists", "NoSchedule"),
        ("memory-pressure", "Exists", "NoSchedule"),
        ("pid-pressure", "Exists", "NoSchedule"),
        ("unschedulable", "Exists", "NoSchedule"),
        ("network-unavailable", "Exists", "NoSchedule"),
    }
