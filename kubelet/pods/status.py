"""The status of a pod, out of its spec and what the runtime knows. Pure.

Called by `kubelet.pods.worker`. The rules are those of Kubernetes' documentation, "Pod Lifecycle": the phase is a
summary, the conditions are what Services and controllers go by. It leaves out sending it: that is the status
manager's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from kube.api.core_v1 import Container, ContainerStatus, Pod, PodCondition, PodStatus
from kube.api.core_v1.pod_status import (
    ContainerState,
    ContainerStateRunning,
    ContainerStateTerminated,
    ContainerStateWaiting,
    HostIP,
    PodIP,
)
from kube.apimachinery.times import format_time
from kubelet.pods.allocation import given_to, pending_resize
from kubelet.pods.lifecycle import ephemeral_containers, is_sidecar, restarts
from kubelet.runtime.interface import ContainerRecord, PodRecord


@dataclass(frozen=True)
class Facts:
    """What a status depends on beside the spec.

    waiting: container -> (reason, message) of what keeps it from running; ready, started: what the probes say;
    failure: (reason, message) when the kubelet itself ended the pod; previous: the status made last, which the API may
    not know yet.
    """

    record: PodRecord | None
    now: float
    host_ips: Sequence[str]
    waiting: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    ready: Mapping[str, bool] = field(default_factory=dict)
    started: Mapping[str, bool] = field(default_factory=dict)
    failure: tuple[str, str] | None = None
    previous: PodStatus | None = None
    ending: bool = False
    sandbox_stopped: bool = False


def make_status(pod: Pod, facts: Facts) -> PodStatus:
    """The whole status. Times of conditions that did not change are kept."""
    old = facts.previous or pod.status
    status = PodStatus(observedGeneration=pod.metadata.generation)
    status.initContainerStatuses = [_container(pod, c, facts) for c in pod.spec.initContainers]
    status.containerStatuses = [_container(pod, c, facts) for c in sorted(pod.spec.containers, key=lambda c: c.name)]
    status.ephemeralContainerStatuses = [_ephemeral(pod, c, facts) for c in ephemeral_containers(pod)]
    status.phase = _phase(pod, old, status, facts)
    if facts.failure:
        status.reason, status.message = facts.failure
    status.startTime = old.startTime or _time(facts.now)
    status.qosClass = old.qosClass
    status.hostIP = facts.host_ips[0] if facts.host_ips else ""
    status.hostIPs = [HostIP(ip=ip) for ip in facts.host_ips]
    ips = _pod_ips(pod, old, facts)
    status.podIP = ips[0] if ips else ""
    status.podIPs = [PodIP(ip=ip) for ip in ips]
    status.conditions = _conditions(pod, old, status, facts)
    return status


def _pod_ips(pod: Pod, old: PodStatus, facts: Facts) -> Sequence[str]:
    if facts.record is None:
        return [one.ip for one in old.podIPs]
    return facts.host_ips if pod.spec.hostNetwork else facts.record.ips


# ---- containers ----


def _container(pod: Pod, container: Container, facts: Facts) -> ContainerStatus:
    record = facts.record.containers.get(container.name) if facts.record else None
    previous = facts.record.previous.get(container.name) if facts.record else None
    status = ContainerStatus(name=container.name, image=container.image, started=False)
    waiting = facts.waiting.get(container.name)
    if record is None or record.state == "created":
        status.state = _waiting(*(waiting or _not_started(pod, container)))
        return status
    status.imageID, status.containerID, status.restartCount = record.image_id, record.container_id, record.attempt
    status.resources = given_to(container, _known(pod, facts))
    status.allocatedResources = status.resources.requests
    if previous is not None:
        status.lastState = _terminated(previous)
    if record.state == "running":
        status.state = ContainerState(running=ContainerStateRunning(startedAt=_time(record.started_at)))
        status.started = facts.started.get(container.name, False)
        serves = not _is_init(pod, container)  # an init container is ready when it has done its work
        status.ready = bool(serves and status.started and facts.ready.get(container.name, False))
    elif waiting and not facts.ending and restarts(pod, container, record):
        status.state, status.lastState = _waiting(*waiting), _terminated(record)
    else:
        status.state = _terminated(record)
        status.ready = _is_init(pod, container) and record.exit_code == 0
    return status


def _ephemeral(pod: Pod, container: Container, facts: Facts) -> ContainerStatus:
    """It serves nobody and has no resources."""
    status = _container(pod, container, facts)
    return status.model_copy(update={"ready": False, "started": None, "resources": None})


def _known(pod: Pod, facts: Facts) -> list[ContainerStatus]:
    """The containers as the status made before had them."""
    before = facts.previous or pod.status
    return [*before.initContainerStatuses, *before.containerStatuses]


def _is_init(pod: Pod, container: Container) -> bool:
    return any(container.name == init.name for init in pod.spec.initContainers) and not is_sidecar(container)


def _not_started(pod: Pod, container: Container) -> tuple[str, str]:
    has_init = bool(pod.spec.initContainers) and container in pod.spec.containers
    return ("PodInitializing" if has_init else "ContainerCreating", "")


def _waiting(reason: str, message: str) -> ContainerState:
    return ContainerState(waiting=ContainerStateWaiting(reason=reason, message=message))


def _terminated(record: ContainerRecord) -> ContainerState:
    return ContainerState(
        terminated=ContainerStateTerminated(
            exitCode=record.exit_code, signal=record.signal, reason=record.reason, message=record.message,
            startedAt=_time(record.started_at), finishedAt=_time(record.finished_at), containerID=record.container_id,
        )
    )  # fmt: skip


# ---- phase ----


def _phase(pod: Pod, old: PodStatus, status: PodStatus, facts: Facts) -> str:
    nothing_runs = not (facts.record and facts.record.running)
    if facts.failure:
        return "Failed" if nothing_runs else old.phase or "Pending"
    if old.phase in ("Succeeded", "Failed"):
        return old.phase
    ended = [s.state.terminated for s in status.containerStatuses if s.state.terminated]
    if facts.ending and nothing_runs:
        all_well = len(ended) == len(status.containerStatuses) and all(e.exitCode == 0 for e in ended)
        return "Succeeded" if ended and all_well else "Failed"
    if not _initialized(pod, status):
        return "Failed" if _init_failed(pod, status) else "Pending"
    if any(_never_ran(s) for s in status.containerStatuses):
        return "Pending"
    if len(ended) < len(status.containerStatuses):
        return "Running"
    return _phase_when_ended(pod.spec.restartPolicy, [e.exitCode for e in ended])


def _phase_when_ended(policy: str, codes: Sequence[int]) -> str:
    if policy in ("", "Always"):
        return "Running"
    if all(code == 0 for code in codes):
        return "Succeeded"
    return "Failed" if policy == "Never" else "Running"


def _never_ran(status: ContainerStatus) -> bool:
    return status.state.waiting is not None and status.lastState.terminated is None


def _initialized(pod: Pod, status: PodStatus) -> bool:
    for container, one in zip(pod.spec.initContainers, status.initContainerStatuses, strict=True):
        if is_sidecar(container):
            if not one.started:
                return False
        elif one.state.terminated is None or one.state.terminated.exitCode != 0:
            return False
    return True


def _init_failed(pod: Pod, status: PodStatus) -> bool:
    return pod.spec.restartPolicy == "Never" and any(
        one.state.terminated is not None and one.state.terminated.exitCode != 0 for one in status.initContainerStatuses
    )


# ---- conditions ----


def _conditions(pod: Pod, old: PodStatus, status: PodStatus, facts: Facts) -> list[PodCondition]:
    has_network = facts.record is not None and not facts.sandbox_stopped
    containers_ready = _containers_ready(status)
    wanted = [
        _condition("PodReadyToStartContainers", has_network),
        _initialized_condition(pod, status),
        _ready_condition(pod, containers_ready),
        containers_ready,
        _condition("PodScheduled", True),
    ]
    if resize := pending_resize(pod, status):
        wanted.append(resize)
    return [_with_times(pod, old, condition, facts.now) for condition in wanted]


def _condition(kind: str, value: bool, reason: str = "", message: str = "") -> PodCondition:
    return PodCondition(type=kind, status="True" if value else "False", reason=reason, message=message)


def _initialized_condition(pod: Pod, status: PodStatus) -> PodCondition:
    if status.phase == "Succeeded":
        return _condition("Initialized", True, "PodCompleted")
    unfinished = [
        s.name for container, s in zip(pod.spec.initContainers, status.initContainerStatuses, strict=True)
        if not (s.started if is_sidecar(container) else s.ready)
    ]  # fmt: skip
    if unfinished and not _initialized(pod, status):
        message = f"containers with incomplete status: [{' '.join(unfinished)}]"
        return _condition("Initialized", False, "ContainersNotInitialized", message)
    return _condition("Initialized", True)


def _containers_ready(status: PodStatus) -> PodCondition:
    if status.phase == "Succeeded":
        return _condition("ContainersReady", False, "PodCompleted")
    if status.phase == "Failed":
        return _condition("ContainersReady", False, "PodFailed")
    unready = [s.name for s in status.containerStatuses if not s.ready]
    if unready:
        message = f"containers with unready status: [{' '.join(unready)}]"
        return _condition("ContainersReady", False, "ContainersNotReady", message)
    return _condition("ContainersReady", True)


def _ready_condition(pod: Pod, containers: PodCondition) -> PodCondition:
    if containers.status != "True":
        return containers.model_copy(update={"type": "Ready"})
    met = {c.type for c in pod.status.conditions if c.status == "True"}
    missing = [gate.conditionType for gate in pod.spec.readinessGates if gate.conditionType not in met]
    if missing:
        names = "; ".join(f'corresponding condition of pod readiness gate "{name}" does not exist.' for name in missing)
        return _condition("Ready", False, "ReadinessGatesNotReady", names)
    return _condition("Ready", True)


def _with_times(pod: Pod, old: PodStatus, condition: PodCondition, now: float) -> PodCondition:
    condition.observedGeneration = pod.metadata.generation
    for known in old.conditions:
        if known.type == condition.type and known.status == condition.status:
            condition.lastTransitionTime = known.lastTransitionTime
            return condition
    condition.lastTransitionTime = _time(now)
    return condition


def _time(seconds: float) -> str | None:
    return format_time(datetime.fromtimestamp(seconds, UTC)) if seconds else None
