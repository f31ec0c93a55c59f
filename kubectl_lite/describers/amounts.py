"""What pods ask for of a node, and which part of the node that is: `250m (12%)`. Pure."""

from __future__ import annotations

from kube.apimachinery.quantity import Quantity, parse
from kubectl_lite.describers.common import Json

NOTHING = parse("0")


class Amounts:
    """Sums over the pods it has been asked about."""

    def __init__(self, allocatable: Json):
        self._allocatable = {name: parse(str(q)) for name, q in allocatable.items()}
        self._pods: list[Json] = []

    def of_pod(self, pod: Json, kind: str, name: str) -> str:
        if pod not in self._pods:
            self._pods.append(pod)
        return self._text(_of(pod, kind, name), name)

    def total(self, kind: str, name: str) -> str:
        return self._text(_sum([_of(pod, kind, name) for pod in self._pods]), name)

    def bare(self, kind: str, name: str) -> str:
        """The total of a resource that is counted, not measured: GPUs, say."""
        return str(_sum([_of(pod, kind, name) for pod in self._pods]))

    def _text(self, value: Quantity, name: str) -> str:
        have = self._allocatable.get(name, NOTHING)
        part = int(value.milli_value * 100 / have.milli_value) if have.amount else 0
        return f"{value} ({part}%)"


def _sum(values: list[Quantity]) -> Quantity:
    total = NOTHING
    for value in values:
        total = total + value
    return total


def _of(pod: Json, kind: str, name: str) -> Quantity:
    """The sum over the containers and the sidecars, or what starting takes if that is more; and the overhead."""

    def asked(c: Json) -> Quantity:
        return parse(str(((c.get("resources") or {}).get(kind) or {}).get(name, "0")))

    spec = pod["spec"]
    running = _sum([asked(c) for c in spec["containers"]])
    sidecars, most = NOTHING, NOTHING
    for c in spec.get("initContainers") or ():
        is_sidecar = c.get("restartPolicy") == "Always"
        sidecars = sidecars + asked(c) if is_sidecar else sidecars
        most = max(most, sidecars if is_sidecar else sidecars + asked(c))
    total = max(running + sidecars, most)
    return (
        total + parse(str((spec.get("overhead") or {}).get(name, "0"))) if total.amount or kind == "requests" else total
    )
