"""Which pod and which container a word means: `web`, `deployment/web`, `-c NAME`, the annotated default.

Called by `logs`, `exec`, `attach`, `port-forward` and `cp`. Calls the session; the choices themselves are pure.
Source: k8s.io/kubectl/pkg/util/podutils and polymorphichelpers: of several pods the one that is most alive.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from typing import Any

from kubectl_lite.errors import CommandError
from kubectl_lite.resources import Target, fetch, targets
from kubectl_lite.session import Session

Json = dict[str, Any]
DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
WITH_PODS = ("Service", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "ReplicationController")


# ---- pods ----


async def target_of(session: Session, word: str) -> Target:
    """`web` is the pod of that name; `deployment/web` is what it says."""
    return (await targets(session, (word,) if "/" in word else ("pod", word)))[0]


async def pod_of(session: Session, target: Target, order: Callable[[Json], Any], timeout: float = 0) -> Json:
    """The pod itself, or the first in `order` of those that the object selects; waits for one up to `timeout`.

    Raises CommandError when the object can have no pods, or none appears.
    """
    found = await fetch(session, target)
    if found.get("kind") == "Pod":
        return found
    selected = await selected_pods(session, target, found)
    deadline = asyncio.get_running_loop().time() + timeout
    while not selected:
        if asyncio.get_running_loop().time() >= deadline:
            raise CommandError("timed out waiting for the condition")
        await asyncio.sleep(0.5)
        selected = await selected_pods(session, target, found)
    selected.sort(key=order)
    if len(selected) > 1 and order is for_logs:
        print(f"Found {len(selected)} pods, using pod/{selected[0]['metadata']['name']}", file=sys.stderr)
    return selected[0]


async def selected_pods(session: Session, target: Target, obj: Json) -> list[Json]:
    """The pods that an object's selector selects."""
    from kubectl_lite.describers.common import label_selector

    if target.mapping.kind not in WITH_PODS:
        type_ = f"*{target.mapping.version}.{target.mapping.kind}"
        raise CommandError(f"cannot attach to {type_}: selector for {type_} not implemented")
    given = (obj.get("spec") or {}).get("selector") or {}
    if target.mapping.kind in ("Service", "ReplicationController"):
        given = {"matchLabels": given}
    if not any(given.values()):
        raise CommandError(f"invalid service '{target.name}': Service is defined without a selector")
    params = {"labelSelector": label_selector(given)}
    listed = await session.get(f"/api/v1/namespaces/{target.namespace}/pods", params=params)
    return [{"apiVersion": "v1", "kind": "Pod"} | pod for pod in listed.get("items") or ()]


_PHASES = {"Running": 0, "Unknown": 1, "Pending": 2}


def for_logs(pod: Json) -> tuple[Any, ...]:
    """Sorts first: on a node, running, ready for long, with many restarts, old."""
    return (*_alive(pod), -_restarts(pod), pod["metadata"].get("creationTimestamp", ""))


def for_streams(pod: Json) -> tuple[Any, ...]:
    """Sorts first: on a node, running, ready for long, with few restarts, old."""
    return (*_alive(pod), _restarts(pod), pod["metadata"].get("creationTimestamp", ""))


def _alive(pod: Json) -> tuple[Any, ...]:
    ready = next((c for c in pod.get("status", {}).get("conditions") or () if c["type"] == "Ready"), {})
    is_ready = ready.get("status") == "True"
    phase = _PHASES.get(pod.get("status", {}).get("phase", ""), 0)
    since = ready.get("lastTransitionTime") or "" if is_ready else ""
    return (not pod["spec"].get("nodeName"), phase, not is_ready, since)


def _restarts(pod: Json) -> int:
    return max((s.get("restartCount", 0) for s in pod.get("status", {}).get("containerStatuses") or ()), default=0)


# ---- containers ----


def all_containers(pod: Json) -> list[tuple[str, str]]:
    """Each container's name, and as which it is shown: `setup (init)`."""
    kinds = (("containers", ""), ("initContainers", " (init)"), ("ephemeralContainers", " (ephem)"))
    spec = pod["spec"]
    return [(c["name"], c["name"] + suffix) for field, suffix in kinds for c in spec.get(field) or ()]


def container_of(pod: Json, asked: str, quiet: bool = False) -> str:
    """The container that was asked for, else the annotated one, else the first; says so when there are others.

    Raises CommandError for one that the pod does not have.
    """
    known = all_containers(pod)
    if asked:
        if asked not in [name for name, _ in known]:
            raise CommandError(f"container {asked} not found in pod {pod['metadata']['name']}")
        return asked
    return default_container(pod, known, quiet)


def default_container(pod: Json, known: Sequence[tuple[str, str]], quiet: bool) -> str:
    annotated = (pod["metadata"].get("annotations") or {}).get(DEFAULT_CONTAINER, "")
    if annotated in [name for name, _ in known]:
        return annotated
    if annotated:
        print(f'Default container name "{annotated}" not found in pod {pod["metadata"]["name"]}', file=sys.stderr)
    first = known[0][0]
    if len(known) > 1 and not quiet:
        print(f'Defaulted container "{first}" out of: {", ".join(shown for _, shown in known)}', file=sys.stderr)
    return first
