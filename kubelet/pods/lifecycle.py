"""What to do next for a pod: given what is wanted and what is, the actions, in order. Pure.

Called by `kubelet.pods.worker`, again after each change: it holds no state, so it does not matter which event was
seen. It leaves out how: volumes, images and hooks are the worker's.

    state of the pod                         actions
    ---------------------------------------  -----------------------------------------------------------
    no sandbox                               CreateSandbox, unless the pod is to end
    an init container has not succeeded yet  start it (again, if the policy says so); nothing after it
    a container never ran                    Start(0)
    an ephemeral container never ran         Start(0), whatever the others do; never again
    a container has ended                    Start(attempt + 1) if the restart policy says so, after its back-off
    a container is unhealthy                 Stop
    nothing is left to run                   Stop the sidecars, then StopSandbox
    the pod is to end                        Stop every container; when all have ended StopSandbox, then Finish
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kube.api.core_v1 import Container, Pod
from kubelet.runtime.interface import ContainerRecord, PodRecord


@dataclass(frozen=True)
class CreateSandbox:
    pass


@dataclass(frozen=True)
class Start:
    container: str
    attempt: int


@dataclass(frozen=True)
class Stop:
    container: str
    reason: str


@dataclass(frozen=True)
class StopSandbox:
    pass


@dataclass(frozen=True)
class Finish:
    """Everything has ended: the pod may go from the API."""


Action = CreateSandbox | Start | Stop | StopSandbox | Finish


@dataclass(frozen=True)
class View:
    """What a decision depends on. `not_before`: container -> when it may be started; `unhealthy`: -> why."""

    pod: Pod
    record: PodRecord | None
    now: float
    ending: bool = False
    sandbox_stopped: bool = False
    not_before: Mapping[str, float] = field(default_factory=dict)
    unhealthy: Mapping[str, str] = field(default_factory=dict)
    started: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """Actions to take now, and when to ask again (seconds from now; None: when something changes)."""

    actions: tuple[Action, ...] = ()
    wake_after: float | None = None


def decide(view: View) -> Plan:
    """See the table in the module's docstring."""
    if view.ending:
        return _end(view)
    if view.record is None:
        return Plan((CreateSandbox(),))
    if _is_over(view):
        return _wind_down(view)
    starts: list[Action] = []
    waits: list[float] = []
    for container in ephemeral_containers(view.pod):
        _consider(view, container, starts, waits)
    for container in view.pod.spec.initContainers:
        if _init_done(view, container):
            continue
        _consider(view, container, starts, waits)
        return _plan(view, starts, waits)
    for container in [*_sidecars(view.pod), *view.pod.spec.containers]:
        _consider(view, container, starts, waits)
    return _plan(view, starts, waits)


def _plan(view: View, starts: list[Action], waits: list[float]) -> Plan:
    stops = tuple(Stop(name, why) for name, why in view.unhealthy.items() if _is_running(view, name))
    return Plan((*stops, *starts), min(waits) - view.now if waits else None)


def _end(view: View) -> Plan:
    if view.record is None:
        return Plan((Finish(),))
    running = view.record.running
    if running:
        return Plan(tuple(Stop(record.name, "Killing") for record in _stop_order(view, running)))
    return Plan((Finish(),) if view.sandbox_stopped else (StopSandbox(), Finish()))


def _stop_order(view: View, running: list[ContainerRecord]) -> list[ContainerRecord]:
    """Sidecars end after the containers that they serve."""
    sidecars = {container.name for container in _sidecars(view.pod)}
    mains = [record for record in running if record.name not in sidecars]
    return mains or running


def _wind_down(view: View) -> Plan:
    """The work is done: what still runs are sidecars."""
    assert view.record is not None
    running = view.record.running
    if running:
        return Plan(tuple(Stop(record.name, "the pod has completed") for record in running))
    return Plan() if view.sandbox_stopped else Plan((StopSandbox(),))


def _consider(view: View, container: Container, starts: list[Action], waits: list[float]) -> None:
    record = view.record.containers.get(container.name) if view.record else None
    if record is not None and record.state == "running":
        return
    if record is not None and not restarts(view.pod, container, record):
        return
    moment = view.not_before.get(container.name, 0.0)
    if moment > view.now:
        waits.append(moment)
    else:
        starts.append(Start(container.name, 0 if record is None else record.attempt + 1))


def restarts(pod: Pod, container: Container, record: ContainerRecord) -> bool:
    """Whether a container that has ended is to be started again."""
    policy = pod.spec.restartPolicy or "Always"
    if any(container.name == ephemeral.name for ephemeral in pod.spec.ephemeralContainers):
        return False
    if is_sidecar(container):
        return True
    if any(container.name == init.name for init in pod.spec.initContainers):
        return record.exit_code != 0 and policy != "Never"
    return policy == "Always" or (policy == "OnFailure" and record.exit_code != 0)


def is_sidecar(container: Container) -> bool:
    """An init container that goes on running (KEP-753)."""
    return container.restartPolicy == "Always"


def ephemeral_containers(pod: Pod) -> list[Container]:
    """Those that were added to the running pod for debugging, as containers like the others."""
    return [Container.from_dict(container.to_dict()) for container in pod.spec.ephemeralContainers]


def _sidecars(pod: Pod) -> list[Container]:
    return [container for container in pod.spec.initContainers if is_sidecar(container)]


def _init_done(view: View, container: Container) -> bool:
    assert view.record is not None
    record = view.record.containers.get(container.name)
    if record is None:
        return False
    if is_sidecar(container):
        return view.started.get(container.name, False) or _mains_have_run(view)
    return record.state == "exited" and record.exit_code == 0


def _mains_have_run(view: View) -> bool:
    assert view.record is not None
    return any(container.name in view.record.containers for container in view.pod.spec.containers)


def _is_running(view: View, name: str) -> bool:
    record = view.record.containers.get(name) if view.record else None
    return record is not None and record.state == "running"


def _is_over(view: View) -> bool:
    """Nothing will run again: every container has ended for good, or an init container has failed for good."""
    assert view.record is not None
    for container in view.pod.spec.initContainers:
        record = view.record.containers.get(container.name)
        if record and record.state == "exited" and record.exit_code and not restarts(view.pod, container, record):
            return True
    for container in view.pod.spec.containers:
        record = view.record.containers.get(container.name)
        if record is None or record.state != "exited" or restarts(view.pod, container, record):
            return False
    return True
