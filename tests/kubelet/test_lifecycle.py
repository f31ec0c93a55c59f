"""What to do next for a pod: each case is a pod, what its containers did, and the actions in words."""

from __future__ import annotations

import pytest

from kube.api.core_v1 import EphemeralContainer, Pod
from kubelet.pods.lifecycle import Plan, View, decide
from kubelet.runtime.interface import ContainerRecord, PodRecord


def pod(policy: str = "Always", init: list | None = None, containers: tuple[str, ...] = ("a",)) -> Pod:
    return Pod.from_dict({
        "metadata": {"name": "p", "uid": "u"},
        "spec": {
            "restartPolicy": policy,
            "initContainers": [c if isinstance(c, dict) else {"name": c} for c in init or []],
            "containers": [{"name": name} for name in containers],
        },
    })  # fmt: skip


def record(**containers: str) -> PodRecord:
    """`a="run"`, `a="exit 3"`, `a="exit 0 x2"` (the third attempt)."""
    made = {}
    for name, text in containers.items():
        state, _, rest = text.partition(" ")
        code, _, attempt = rest.partition(" x")
        made[name] = ContainerRecord(
            name, int(attempt or 0), "i", "i", "id", {"run": "running", "exit": "exited"}[state],
            exit_code=int(code or 0), finished_at=100,
        )  # fmt: skip
    return PodRecord("u", "default", "p", ("10.244.0.2",), made)


def words(plan: Plan) -> list[str]:
    return [" ".join([type(action).__name__, *map(str, vars(action).values())]) for action in plan.actions]


SIDECAR = {"name": "s", "restartPolicy": "Always"}


def debugged(*names: str, **more) -> Pod:
    """A pod with ephemeral containers."""
    made = pod(**more)
    made.spec.ephemeralContainers = [EphemeralContainer(name=name) for name in names]
    return made


CASES = [
    ("no sandbox", pod(), None, {}, ["CreateSandbox"]),
    ("first start", pod(), record(), {}, ["Start a 0"]),
    ("both start", pod(containers=("a", "b")), record(), {}, ["Start a 0", "Start b 0"]),
    ("runs", pod(), record(a="run"), {}, []),
    ("restarts", pod(), record(a="exit 0"), {}, ["Start a 1"]),
    ("counts attempts", pod(), record(a="exit 1 x4"), {}, ["Start a 5"]),
    ("OnFailure restarts failures", pod("OnFailure"), record(a="exit 1"), {}, ["Start a 1"]),
    ("OnFailure is done", pod("OnFailure"), record(a="exit 0"), {}, ["StopSandbox"]),
    ("Never is done", pod("Never"), record(a="exit 1"), {}, ["StopSandbox"]),
    ("done once", pod("Never"), record(a="exit 1"), {"sandbox_stopped": True}, []),
    ("waits for its back-off", pod(), record(a="exit 1"), {"not_before": {"a": 120.0}}, []),
    ("unhealthy", pod(), record(a="run"), {"unhealthy": {"a": "failed probe"}}, ["Stop a failed probe"]),
    ("init first", pod(init=["i"]), record(), {}, ["Start i 0"]),
    ("init runs", pod(init=["i", "j"]), record(i="run"), {}, []),
    ("init in order", pod(init=["i", "j"]), record(i="exit 0"), {}, ["Start j 0"]),
    ("after init", pod(init=["i"]), record(i="exit 0"), {}, ["Start a 0"]),
    ("init again", pod(init=["i"]), record(i="exit 2"), {}, ["Start i 1"]),
    ("init failed for good", pod("Never", init=["i"]), record(i="exit 2"), {}, ["StopSandbox"]),
    ("sidecar first", pod(init=[SIDECAR]), record(), {}, ["Start s 0"]),
    ("sidecar not started yet", pod(init=[SIDECAR]), record(s="run"), {}, []),
    ("sidecar started", pod(init=[SIDECAR]), record(s="run"), {"started": {"s": True}}, ["Start a 0"]),
    ("sidecar ends last", pod("Never", init=[SIDECAR]), record(s="run", a="exit 0"), {"started": {"s": True}},
     ["Stop s the pod has completed"]),
    ("ending", pod(containers=("a", "b")), record(a="run", b="run"), {"ending": True},
     ["Stop a Killing", "Stop b Killing"]),
    ("ending, sidecar after", pod(init=[SIDECAR]), record(s="run", a="run"), {"ending": True}, ["Stop a Killing"]),
    ("ended", pod(), record(a="exit 0"), {"ending": True}, ["StopSandbox", "Finish"]),
    ("never began", pod(), None, {"ending": True}, ["Finish"]),
    ("debugging a pod that runs", debugged("d"), record(a="run"), {}, ["Start d 0"]),
    ("debugging one that does not begin", debugged("d", init=["i"]), record(), {}, ["Start d 0", "Start i 0"]),
    ("debugging ends", debugged("d"), record(a="run", d="exit 1"), {}, []),
    ("a pod being debugged goes", debugged("d"), record(a="run", d="run"), {"ending": True},
     ["Stop a Killing", "Stop d Killing"]),
    ("a pod being debugged has completed", debugged("d", policy="Never"), record(a="exit 0", d="run"), {},
     ["Stop d the pod has completed"]),
]  # fmt: skip


@pytest.mark.parametrize(("pod", "record", "more", "expected"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_decide(pod: Pod, record: PodRecord | None, more: dict, expected: list[str]) -> None:
    assert words(decide(View(pod, record, now=110.0, **more))) == expected


def test_a_wait_says_when_to_look_again() -> None:
    plan = decide(View(pod(), record(a="exit 1"), now=110.0, not_before={"a": 120.0}))
    assert plan == Plan((), wake_after=10.0)
