"""The worker of a pod against a runtime in memory and the fake server: from the first start to the last signal."""

from __future__ import annotations

import asyncio
import dataclasses
import signal
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from kube.api.core_v1 import LifecycleHandler, Pod, Service
from kube.client.fake import FakeClient, FakeServer
from kube.clock import RealClock
from kube.informer import Informer
from kubelet.config import KubeletConfig
from kubelet.pods.context import Services
from kubelet.pods.manager import PodManager
from kubelet.pods.stopping import SHORTEST_SECONDS, Stopping
from kubelet.pods.volumes import Volumes
from kubelet.runtime.interface import ContainerRecord, ContainerSpec, PodRecord, RuntimeFailure, SandboxSpec
from kubelet.status_manager import StatusManager


class MemoryRuntime:
    """Containers as records. One named `deaf` ends at SIGKILL alone, `slow` a little later, all others at once."""

    name = "memory"

    def __init__(self) -> None:
        self.records: dict[str, PodRecord] = {}
        self.happened: list[str] = []
        self.missing_images: set[str] = set()
        self.on_change = lambda _uid: None

    def pods(self) -> list[PodRecord]:
        return list(self.records.values())

    def pod(self, uid: str) -> PodRecord | None:
        return self.records.get(uid)

    def check_image(self, image: str) -> str:
        if image in self.missing_images:
            raise RuntimeFailure("ErrImagePull", f'failed to pull image "{image}": not found')
        return image

    async def run_sandbox(self, spec: SandboxSpec) -> PodRecord:
        self.happened.append("sandbox")
        self.records[spec.uid] = PodRecord(spec.uid, spec.namespace, spec.name, ("127.0.0.1",))
        return self.records[spec.uid]

    async def start_container(self, uid: str, spec: ContainerSpec) -> None:
        self.happened.append(f"start {spec.name} {spec.attempt}")
        self.records[uid].containers[spec.name] = ContainerRecord(
            spec.name, spec.attempt, spec.image, spec.image, f"memory://{spec.name}", "running", started_at=time.time()
        )

    def signal(self, uid: str, container: str, number: int | None = None) -> None:
        self.happened.append(f"{signal.Signals(number or signal.SIGTERM).name} {container}")
        if container == "slow":
            asyncio.get_running_loop().call_later(0.02, self.end, uid, container, 0)
        elif container != "deaf" or number == signal.SIGKILL:
            self.end(uid, container, 137 if number == signal.SIGKILL else 0)

    def end(self, uid: str, container: str, code: int) -> None:
        record = self.records[uid].containers[container]
        ended = dataclasses.replace(record, state="exited", exit_code=code, finished_at=time.time(), reason="Error")
        self.records[uid].containers[container] = ended
        self.on_change(uid)

    async def stop_sandbox(self, uid: str) -> None:
        self.happened.append("no sandbox")

    async def remove_pod(self, uid: str) -> None:
        self.happened.append("removed")
        self.records.pop(uid, None)

    def exec_argv(self, uid: str, container: str, command: Sequence[str]) -> tuple[list[str], dict[str, str]]:
        self.happened.append(f"exec {container} {' '.join(command)}")
        return list(command), {"PATH": "/usr/bin:/bin"}


class Node:
    """One node's pods, with everything around the workers in memory."""

    def __init__(self, root: Path):
        self.clock = RealClock()
        self.server = FakeServer(clock=self.clock)
        self.client = FakeClient(self.server)
        self.runtime = MemoryRuntime()
        config = KubeletConfig("", "n1", ("127.0.0.1",), root)
        self.events: list[str] = []
        self.pods = Informer(self.client, Pod, clock=self.clock)
        services = Informer(self.client, Service, clock=self.clock)
        ready = asyncio.Event()
        ready.set()
        self.shared = Services(
            config, self.client, self.runtime, Volumes(root, self.client), StatusManager(self.client, self.clock),
            self, services, self.clock, ready,
        )  # fmt: skip
        self.manager = PodManager(self.shared, self.pods)
        self.task = asyncio.create_task(self.pods.run())

    async def close(self) -> None:
        self.task.cancel()
        await asyncio.wait({self.task})
        await self.manager.close()
        await self.shared.statuses.close()

    async def run(self, *containers: dict, grace: int = 30, **spec: object) -> None:
        listed = [{"image": "x", **container} for container in containers]
        body = {"nodeName": "n1", "terminationGracePeriodSeconds": grace, "containers": listed, **spec}
        self.server.seed(Pod.from_dict({"metadata": {"name": "p", "namespace": "default", "uid": "u"}, "spec": body}))

    def stored(self) -> Pod | None:
        return self.server.get(Pod, "p", "default")

    async def until(self, condition: Callable[[], object], what: str) -> None:
        try:
            async with asyncio.timeout(20):
                while not condition():  # noqa: ASYNC110  what is asked has no event
                    await asyncio.sleep(0.005)
        except TimeoutError:
            raise AssertionError(f"not {what}: {self.runtime.happened}, {self.events}") from None

    async def ready(self) -> None:
        await self.until(self.is_ready, "ready")

    def is_ready(self) -> bool:
        pod = self.stored()
        return any((c.type, c.status) == ("Ready", "True") for c in pod.status.conditions) if pod else False

    async def delete(self, grace: int) -> None:
        await self.client.delete(Pod, "p", "default", grace_period_seconds=grace)

    async def gone(self) -> list[str]:
        """Awaits the pod's end; returns what the runtime was told from the first stop on."""
        await self.until(lambda: self.stored() is None and not self.manager.workers, "gone")
        told = self.runtime.happened
        return told[max(i for i, what in enumerate(told) if what.startswith("start")) + 1 :]

    def event(self, _about: object, _type: str, reason: str, message: str) -> None:
        """The recorder's method."""
        self.events.append(f"{reason}: {message}")


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[Node]:
    made = Node(tmp_path)
    yield made
    await made.close()


def hooks(**given: dict) -> dict:
    return {"lifecycle": given}


def run(*command: str) -> dict:
    return {"exec": {"command": list(command)}}


async def test_a_pod_runs_and_ends(node: Node) -> None:
    await node.run({"name": "web"})
    await node.ready()
    assert node.stored().status.phase == "Running"
    await node.delete(30)
    assert await node.gone() == ["SIGTERM web", "no sandbox", "removed"]
    assert node.events[-1] == "Killing: Stopping container web"


async def test_pre_stop_runs_before_the_signal_and_the_pod_stays_ready_meanwhile(node: Node, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    wait = f"while [ ! -e {gate} ]; do sleep 0.01; done"
    await node.run({"name": "web", **hooks(preStop=run("sh", "-c", wait))})
    await node.ready()
    await node.delete(30)
    await node.until(lambda: any(what.startswith("exec") for what in node.runtime.happened), "in its hook")
    assert node.is_ready(), "it is still to be served by"
    assert "SIGTERM web" not in node.runtime.happened
    gate.touch()
    assert (await node.gone())[1:] == ["SIGTERM web", "no sandbox", "removed"]


async def test_a_pre_stop_hook_that_fails_is_an_event_and_the_pod_ends(node: Node) -> None:
    await node.run({"name": "web", **hooks(preStop=run("sh", "-c", "echo no; exit 3"))})
    await node.ready()
    await node.delete(30)
    assert (await node.gone())[1:] == ["SIGTERM web", "no sandbox", "removed"]
    assert "FailedPreStopHook: PreStopHook failed: command exited with 3: no" in node.events


async def test_without_grace_no_hook_runs(node: Node) -> None:
    await node.run({"name": "web", **hooks(preStop={"sleep": {"seconds": 100}})}, grace=0)
    await node.ready()
    pod = node.stored()
    node.server.force_delete(Pod, pod.metadata.name, "default")
    assert await node.gone() == ["SIGTERM web", "no sandbox", "removed"]


async def test_who_does_not_hear_is_killed_and_a_second_deletion_hurries(node: Node) -> None:
    await node.run({"name": "deaf"}, grace=3600)
    await node.ready()
    await node.delete(3600)
    await node.until(lambda: "SIGTERM deaf" in node.runtime.happened, "told")
    await node.delete(1)
    assert await node.gone() == ["SIGTERM deaf", "SIGKILL deaf", "no sandbox", "removed"]


async def test_sidecars_end_after_those_whom_they_serve(node: Node) -> None:
    await node.run({"name": "web"}, initContainers=[{"name": "proxy", "image": "x", "restartPolicy": "Always"}])
    await node.ready()
    assert node.runtime.happened == ["sandbox", "start proxy 0", "start web 0"]
    await node.delete(30)
    assert await node.gone() == ["SIGTERM web", "SIGTERM proxy", "no sandbox", "removed"]


async def test_a_container_is_ready_after_its_post_start_hook(node: Node, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    await node.run({"name": "web", **hooks(postStart=run("sh", "-c", f"while [ ! -e {gate} ]; do sleep 0.01; done"))})
    await node.until(lambda: node.stored().status.podIP, "known")
    await node.until(lambda: any(what.startswith("exec") for what in node.runtime.happened), "in its hook")
    assert not node.is_ready()
    gate.touch()
    await node.ready()


async def test_a_container_whose_post_start_hook_fails_is_stopped(node: Node) -> None:
    await node.run({"name": "web", **hooks(postStart=run("false"))}, restartPolicy="Never")
    await node.until(lambda: "SIGTERM web" in node.runtime.happened, "stopped")
    assert any(event.startswith("FailedPostStartHook: ") for event in node.events)


async def test_a_crash_is_answered_by_a_new_attempt_and_then_by_waiting(node: Node) -> None:
    await node.run({"name": "web"})
    await node.ready()
    node.runtime.end("u", "web", 1)
    await node.until(lambda: "start web 1" in node.runtime.happened, "started again")
    node.runtime.end("u", "web", 1)

    def waits() -> bool:
        [status] = node.stored().status.containerStatuses
        return status.state.waiting is not None and status.state.waiting.reason == "CrashLoopBackOff"

    await node.until(waits, "waiting")
    assert not node.is_ready()
    assert node.runtime.happened.count("start web 2") == 0


async def test_a_container_that_fails_its_liveness_probe_is_restarted_each_time_and_its_pod_ends(node: Node) -> None:
    """What was to end was the attempt before: the next one, started at once, can be stopped as well."""
    await node.run({"name": "slow", "livenessProbe": run("false") | {"periodSeconds": 1, "failureThreshold": 1}})
    await node.until(lambda: "start slow 1" in node.runtime.happened, "restarted")
    await node.until(lambda: node.runtime.happened.count("SIGTERM slow") == 2, "stopped once more")
    await node.delete(30)
    assert "removed" in await node.gone()


async def test_an_image_that_is_not_there(node: Node) -> None:
    node.runtime.missing_images.add("nonsense")
    await node.run({"name": "web", "image": "nonsense", "imagePullPolicy": "Never"})

    def refused() -> bool:
        return [s.state.waiting.reason for s in node.stored().status.containerStatuses] == ["ErrImageNeverPull"]

    await node.until(refused, "refused")
    assert any(event.startswith("ErrImageNeverPull") for event in node.events)


async def test_a_hook_longer_than_the_grace_period_is_cut_short_and_the_container_still_told() -> None:
    """Then it has two seconds, whatever the hook has left."""
    sent: list[int | None] = []
    reports: list[str] = []
    hook = LifecycleHandler.from_dict({"sleep": {"seconds": 1000}})
    stopping = Stopping(sent.append, hook, object(), lambda: None, lambda reason, _text: reports.append(reason))
    assert stopping.advance(now=100, deadline=130) == 30
    assert sent == []
    assert stopping.advance(now=130, deadline=130) == SHORTEST_SECONDS
    assert (sent, reports) == ([None], ["FailedPreStopHook"])
    assert stopping.advance(now=132, deadline=130) is None
    assert sent == [None, signal.SIGKILL]
    await stopping.close()
