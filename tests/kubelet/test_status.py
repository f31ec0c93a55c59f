"""The status of a pod: phases and conditions as "Pod Lifecycle" of the Kubernetes documentation has them."""

from __future__ import annotations

import pytest

from kube.api.core_v1 import Pod, PodReadinessGate, PodStatus
from kubelet.pods.status import Facts, make_status
from kubelet.runtime.interface import PodRecord
from tests.kubelet.test_lifecycle import debugged, pod, record


def status(pod: Pod, record: PodRecord | None, **more) -> PodStatus:
    more.setdefault("ready", {"a": True, "b": True})
    more.setdefault("started", {"a": True, "b": True})
    return make_status(pod, Facts(record, now=1_000.0, host_ips=["192.168.77.11"], **more))


CASES = [
    ("nothing yet", pod(), None, {}, "Pending", "False"),
    ("sandbox only", pod(), record(), {}, "Pending", "False"),
    ("runs", pod(), record(a="run"), {}, "Running", "True"),
    ("not ready", pod(), record(a="run"), {"ready": {"a": False}}, "Running", "False"),
    ("not started", pod(), record(a="run"), {"started": {"a": False}}, "Running", "False"),
    ("one of two", pod(containers=("a", "b")), record(a="run"), {}, "Pending", "False"),
    ("restarting", pod(), record(a="exit 1"), {}, "Running", "False"),
    ("succeeded", pod("Never"), record(a="exit 0"), {}, "Succeeded", "False"),
    ("failed", pod("Never"), record(a="exit 1"), {}, "Failed", "False"),
    ("one failed", pod("Never", containers=("a", "b")), record(a="exit 1", b="exit 0"), {}, "Failed", "False"),
    ("one still runs", pod("Never", containers=("a", "b")), record(a="exit 1", b="run"), {}, "Running", "False"),
    ("init runs", pod(init=["i"]), record(i="run"), {}, "Pending", "False"),
    ("init failed", pod("Never", init=["i"]), record(i="exit 1"), {}, "Failed", "False"),
    ("init crashes", pod(init=["i"]), record(i="exit 1"), {}, "Pending", "False"),
    ("deleted, ended well", pod(), record(a="exit 0"), {"ending": True}, "Succeeded", "False"),
    ("deleted, killed", pod(), record(a="exit 137"), {"ending": True}, "Failed", "False"),
    ("deleted, still serving", pod(), record(a="run"), {"ending": True}, "Running", "True"),
]


@pytest.mark.parametrize(("pod", "record", "more", "phase", "ready"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_phase_and_readiness(pod: Pod, record: PodRecord | None, more: dict, phase: str, ready: str) -> None:
    made = status(pod, record, **more)
    assert (made.phase, {c.type: c.status for c in made.conditions}["Ready"]) == (phase, ready)


def test_a_crash_loop_shows_the_last_end() -> None:
    made = status(pod(), record(a="exit 3 x2"), waiting={"a": ("CrashLoopBackOff", "back-off 10s")})
    one = made.containerStatuses[0]
    assert one.state.waiting.reason == "CrashLoopBackOff"
    assert (one.lastState.terminated.exitCode, one.restartCount) == (3, 2)


def test_an_init_container_is_ready_and_the_pod_initialized_when_it_has_ended() -> None:
    for record_, is_done in ((record(i="run"), False), (record(i="exit 0"), True)):
        made = status(pod(init=["i"]), record_, started={"i": True}, ready={"i": True})
        assert made.initContainerStatuses[0].ready is is_done
        assert {c.type: c.status for c in made.conditions}["Initialized"] == str(is_done)


def test_transition_times_stay_while_a_condition_does() -> None:
    first = status(pod(), record(a="run"))
    probes = {"ready": {"a": True}, "started": {"a": True}}
    later = Facts(record(a="run"), 2_000.0, ["192.168.77.11"], previous=first, **probes)
    assert make_status(pod(), later) == first


def test_ephemeral_containers_are_told_and_count_for_nothing() -> None:
    made = status(debugged("d", "e"), record(a="run", d="exit 3"))
    ended, waits = made.ephemeralContainerStatuses
    assert (ended.state.terminated.exitCode, ended.ready, ended.resources) == (3, False, None)
    assert waits.state.waiting.reason == "ContainerCreating"
    assert (made.phase, {c.type: c.status for c in made.conditions}["Ready"]) == ("Running", "True")


def test_readiness_gates_hold_the_pod_back() -> None:
    gated = pod()
    gated.spec.readinessGates = [PodReadinessGate(conditionType="x/y")]
    ready = next(c for c in status(gated, record(a="run")).conditions if c.type == "Ready")
    assert (ready.status, ready.reason) == ("False", "ReadinessGatesNotReady")


def test_addresses() -> None:
    made = status(pod(), record(a="run"))
    assert (made.podIP, made.hostIP) == ("10.244.0.2", "192.168.77.11")
    host = pod()
    host.spec.hostNetwork = True
    assert status(host, record(a="run")).podIP == "192.168.77.11"
