"""Small questions about API objects as JSON: is this pod ready, which ports do its containers name. Pure.

Called by `facts` and the steps. It calls nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

Json = dict[str, Any]
LATE = 3
"""Lease durations after which its holder is expected no more; clocks may differ a little."""
LOOPBACK = ("127.", "::1")


def name(obj: Json) -> str:
    return obj["metadata"]["name"]


def labels(obj: Json) -> dict[str, str]:
    return obj["metadata"].get("labels") or {}


def matches(selector: Mapping[str, str], obj: Json) -> bool:
    have = labels(obj)
    return all(have.get(key) == value for key, value in selector.items())


def condition(obj: Json, type_: str) -> Json:
    """The status condition of that type; empty when there is none."""
    for one in (obj.get("status") or {}).get("conditions") or ():
        if one.get("type") == type_:
            return one
    return {}


def is_ready(obj: Json) -> bool:
    """Of a pod or a node."""
    return condition(obj, "Ready").get("status") == "True"


def is_terminating(obj: Json) -> bool:
    return bool(obj["metadata"].get("deletionTimestamp"))


def is_over(pod: Json) -> bool:
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def is_running(pod: Json) -> bool:
    return (pod.get("status") or {}).get("phase") == "Running"


def renewed(lease: Json | None) -> float:
    """When a Lease was renewed last, in seconds since 1970; 0 when it never was."""
    at = ((lease or {}).get("spec") or {}).get("renewTime")
    return datetime.fromisoformat(at).timestamp() if at else 0.0


def is_fresh(lease: Json | None, now: float) -> bool:
    """Whether its holder lives; one that was never held tells nothing, and so does none at all."""
    spec = (lease or {}).get("spec") or {}
    is_held = spec.get("holderIdentity") and now - renewed(lease) < LATE * spec.get("leaseDurationSeconds", 15)
    return bool(is_held) or not spec.get("renewTime")


def is_schedulable(node: Json) -> bool:
    return not (node.get("spec") or {}).get("unschedulable")


def regards(event: Json, kind: str, of: str) -> bool:
    """Whether an event is about that object."""
    about = event.get("involvedObject") or event.get("regarding") or {}
    return about.get("kind") == kind and about.get("name") == of


def containers(pod: Json) -> list[Json]:
    spec = pod.get("spec") or {}
    sidecars = [c for c in spec.get("initContainers") or () if c.get("restartPolicy") == "Always"]
    return [*spec.get("containers", ()), *sidecars]


def container_ports(pod: Json) -> list[Json]:
    return [port for container in containers(pod) for port in container.get("ports") or ()]


def statuses(pod: Json) -> list[Json]:
    status = pod.get("status") or {}
    return [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]


def waiting(pod: Json) -> tuple[Json, Json]:
    """(container status, its `waiting`) of the first container that waits for something; empty when none does."""
    for status in statuses(pod):
        state = (status.get("state") or {}).get("waiting")
        if state:
            return status, state
    return {}, {}


def runs_any_container(pod: Json) -> bool:
    return any((status.get("state") or {}).get("running") for status in statuses(pod))


def container_ended(pod: Json) -> Json:
    """The status of a container that ended other than it should, or waits to be started once more; empty if none."""
    for status in statuses(pod):
        state, last = status.get("state") or {}, status.get("lastState") or {}
        again = (state.get("waiting") or {}).get("reason") == "CrashLoopBackOff"
        restarted = status.get("restartCount") and last.get("terminated")
        if again or restarted or (state.get("terminated") or {}).get("exitCode"):
            return status
    return {}


def termination(status: Json) -> Json:
    """How its container ended the last time; empty when it never did."""
    now, before = status.get("state") or {}, status.get("lastState") or {}
    return now.get("terminated") or before.get("terminated") or {}


def endpoint_condition(endpoint: Json, type_: str) -> bool:
    """Absent means: ready, serving as ready, not terminating."""
    conditions = endpoint.get("conditions") or {}
    ready = conditions.get("ready") is not False
    default = {"ready": True, "serving": ready, "terminating": False}[type_]
    value = conditions.get(type_)
    return default if value is None else bool(value)


def protocol(port: Json) -> str:
    return port.get("protocol") or "TCP"


def target_port(port: Json) -> int | str:
    return port.get("targetPort") or port["port"]


def shown_port(port: Json) -> str:
    """`http 80/TCP -> 8080`."""
    target, number = target_port(port), f"{port['port']}/{protocol(port)}"
    named = f"{port['name']} " if port.get("name") else ""
    return f"{named}{number}" + (f" -> {target}" if target != port["port"] else "")


def some(names: Iterable[str], most: int = 3) -> str:
    """`a, b, c and 4 more`."""
    known = list(names)
    shown = ", ".join(known[:most])
    return shown if len(known) <= most else f"{shown} and {len(known) - most} more"


def on_nodes(names: Iterable[str]) -> str:
    """`node1, node2`; of many: `50 nodes`."""
    known = list(names)
    return ", ".join(known) if len(known) <= 4 else f"{len(known)} nodes"


def count(number: int, noun: str) -> str:
    """`1 pod`, `3 pods`."""
    plural = noun if number == 1 else noun + ("es" if noun.endswith("s") else "s")
    return f"{number} {plural}"
