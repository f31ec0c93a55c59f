"""The Table row of a Pod: what STATUS, READY and RESTARTS say.

Called by `table`. It calls the shared cells of `columns`. Source: printPod of pkg/printers/internalversion.

| state | STATUS |
|---|---|
| nothing known | the phase, or status.reason |
| an init container failed, waits or runs | `Init:Error`, `Init:CrashLoopBackOff`, `Init:1/2` |
| containers wait or have ended | their reason, `ExitCode:N`, `Signal:N` |
| one is completed, another runs | `Running` or `NotReady` |
| being deleted | `Terminating` (`Unknown` when the node is lost) |
"""

from __future__ import annotations

from typing import Any

from apiserver.endpoints.printers.columns import AGE, NAME, NONE, Column, age, since, wide

POD = (
    NAME, Column("Ready"), Column("Status"), Column("Restarts"), AGE, wide("IP"), wide("Node"),
    wide("Nominated Node"), wide("Readiness Gates"),
)  # fmt: skip

CONDITIONS = {
    "Succeeded": {
        "type": "Completed", "status": "True", "reason": "Succeeded",
        "message": "The pod has completed successfully.",
    },
    "Failed": {"type": "Completed", "status": "True", "reason": "Failed", "message": "The pod failed."},
}  # fmt: skip
"""Rows of finished pods carry such a condition."""


def pod(obj: Any) -> list[Any]:
    status = obj.status
    restartable = [c.name for c in obj.spec.initContainers if c.restartPolicy == "Always"]
    reason, initializing = _reason(obj, restartable)
    ip = status.podIPs[0].ip if status.podIPs else status.podIP or NONE
    return [
        obj.metadata.name, _ready(obj, restartable), reason, _restarts(obj, restartable, initializing), age(obj), ip,
        obj.spec.nodeName or NONE, status.nominatedNodeName or NONE, _gates(obj),
    ]  # fmt: skip


def _ready(obj: Any, restartable: list[str]) -> str:
    total = len(obj.spec.containers) + len(restartable)
    ready = sum(1 for s in obj.status.initContainerStatuses if s.name in restartable and s.started and s.ready)
    ready += sum(1 for s in obj.status.containerStatuses if s.ready and s.state.running is not None)
    return f"{ready}/{total}"


def _condition(obj: Any, type_: str) -> Any:
    return next((c for c in obj.status.conditions if c.type == type_), None)


def _is_true(obj: Any, type_: str) -> bool:
    condition = _condition(obj, type_)
    return condition is not None and condition.status == "True"


def _reason(obj: Any, restartable: list[str]) -> tuple[str, bool]:
    """(STATUS, whether the init containers are still at work)."""
    status = obj.status
    reason = status.reason or status.phase
    scheduled = _condition(obj, "PodScheduled")
    if scheduled is not None and scheduled.reason == "SchedulingGated":
        reason = "SchedulingGated"
    init = _init_reason(obj, restartable)
    initializing = init is not None
    reason = init or reason
    if not initializing or _is_true(obj, "Initialized"):
        reason = _container_reason(obj, reason)
    if obj.metadata.deletionTimestamp is not None:
        if status.reason == "NodeLost":
            reason = "Unknown"
        elif status.phase not in ("Succeeded", "Failed"):
            reason = "Terminating"
    return reason, initializing


def _init_reason(obj: Any, restartable: list[str]) -> str | None:
    total = len(obj.spec.initContainers)
    for index, container in enumerate(obj.status.initContainerStatuses):
        ended, waiting = container.state.terminated, container.state.waiting
        if ended is not None and ended.exitCode == 0:
            continue
        if container.name in restartable and container.started:
            continue
        if ended is not None:
            return f"Init:{_ended(ended)}"
        if waiting is not None and waiting.reason and waiting.reason != "PodInitializing":
            return f"Init:{waiting.reason}"
        return f"Init:{index}/{total}"
    return None


def _ended(state: Any) -> str:
    if state.reason:
        return state.reason
    return f"Signal:{state.signal}" if state.signal else f"ExitCode:{state.exitCode}"


def _container_reason(obj: Any, reason: str) -> str:
    running = False
    for container in reversed(obj.status.containerStatuses):
        state = container.state
        if state.waiting is not None and state.waiting.reason:
            reason = state.waiting.reason
        elif state.terminated is not None:
            reason = _ended(state.terminated)
        elif container.ready and state.running is not None:
            running = True
    if reason == "Completed" and running:
        return "Running" if _is_true(obj, "Ready") else "NotReady"
    return reason


def _restarts(obj: Any, restartable: list[str], initializing: bool) -> str:
    counted = [s for s in obj.status.initContainerStatuses if initializing or s.name in restartable]
    if not initializing or _is_true(obj, "Initialized"):
        sidecars = [s for s in obj.status.initContainerStatuses if s.name in restartable]
        counted = [*sidecars, *obj.status.containerStatuses]
    total = sum(s.restartCount for s in counted)
    ends = [s.lastState.terminated.finishedAt for s in counted if s.lastState.terminated is not None]
    ends = [e for e in ends if e]
    return f"{total} ({since(max(ends))} ago)" if total and ends else str(total)


def _gates(obj: Any) -> str:
    gates = obj.spec.readinessGates
    if not gates:
        return NONE
    return f"{sum(1 for g in gates if _is_true(obj, g.conditionType))}/{len(gates)}"
