"""What the scheduler knows of a node: the node itself, its pods, and what they have taken.

Kept by `controllers.scheduler.cache`, read by filters and scores. Pure. Source:
k8s.io/kubernetes/pkg/scheduler/framework (types.go, NodeInfo) and k8s.io/component-helpers/resource (PodRequests).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from controllers.ownership import controller_of
from kube.api.core_v1 import Container, Node, Pod
from kube.apimachinery import quantity
from kube.informer import Key, key_of

HOSTNAME, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"
HostPort = tuple[str, str, int]
"""(address, protocol, port)"""


@lru_cache(8192)
def amount(resource: str, text: str) -> int:
    """A quantity as the scheduler counts it: CPUs in thousandths, everything else in units."""
    parsed = quantity.parse(text)
    return parsed.milli_value if resource == "cpu" else parsed.value


def amounts(quantities: Mapping[str, str]) -> Counter[str]:
    return Counter({name: amount(name, text) for name, text in quantities.items()})


def requests_of(pod: Pod) -> Counter[str]:
    """The sum over the containers, or the largest init container (with the sidecars started before it)."""
    given = _given(pod)
    refused = given and any(c.type == "PodResizePending" and c.reason == "Infeasible" for c in pod.status.conditions)
    total: Counter[str] = Counter()
    for container in pod.spec.containers:
        total += _requests(container, given, refused)
    peak: Counter[str] = Counter()
    sidecars: Counter[str] = Counter()
    for container in pod.spec.initContainers:
        if container.restartPolicy == "Always":
            sidecars += _requests(container, given, refused)
            peak |= sidecars
        else:
            peak |= sidecars + _requests(container, given, refused)
    return ((total + sidecars) | peak) + amounts(pod.spec.overhead)


def _given(pod: Pod) -> dict[str, Counter[str]]:
    """What the node says that it gave each container, which a resize may not have changed yet."""
    statuses = [*pod.status.containerStatuses, *pod.status.initContainerStatuses]
    return {s.name: amounts(s.resources.requests) | amounts(s.allocatedResources) for s in statuses if s.resources}


def _requests(container: Container, given: Mapping[str, Counter[str]], refused: bool) -> Counter[str]:
    """What its spec asks for and what it was given, whichever is more; a resize that was refused does not count."""
    if container.name in given:
        return given[container.name] if refused else given[container.name] | _asked(container)
    return _asked(container)


def _asked(container: Container) -> Counter[str]:
    wanted = amounts(container.resources.requests)
    for name, text in container.resources.limits.items():
        wanted.setdefault(name, amount(name, text))
    return wanted


def host_ports(pod: Pod) -> Iterator[HostPort]:
    for container in pod.spec.containers:
        for port in container.ports:
            if port.hostPort:
                yield port.hostIP or "0.0.0.0", port.protocol or "TCP", port.hostPort


def has_anti_affinity(pod: Pod) -> bool:
    affinity = pod.spec.affinity
    anti = affinity.podAntiAffinity if affinity else None
    return bool(anti and anti.requiredDuringSchedulingIgnoredDuringExecution)


def _counted_owner(pod: Pod) -> list[str]:
    owner = controller_of(pod)
    return [owner.uid] if owner is not None and pod.metadata.deletionTimestamp is None else []


@dataclass
class NodeInfo:
    """One node. `node` is None while only its pods are known."""

    node: Node | None = None
    pods: dict[Key, Pod] = field(default_factory=dict)
    requested: Counter[str] = field(default_factory=Counter)
    ports: Counter[HostPort] = field(default_factory=Counter)
    with_anti_affinity: dict[Key, Pod] = field(default_factory=dict)
    owned: Counter[str] = field(default_factory=Counter)
    """UID of a controller -> how many pods of it, without those that are being deleted."""
    allocatable: Counter[str] = field(default_factory=Counter)

    def set_node(self, node: Node | None) -> None:
        self.node = node
        self.allocatable = amounts(node.status.allocatable) if node else Counter()

    def add(self, pod: Pod) -> None:
        key = key_of(pod)
        if key in self.pods:
            self.remove(key)
        self.pods[key] = pod
        self.requested += requests_of(pod)
        self.ports.update(host_ports(pod))
        if has_anti_affinity(pod):
            self.with_anti_affinity[key] = pod
        self.owned.update(_counted_owner(pod))

    def remove(self, key: Key) -> None:
        pod = self.pods.pop(key, None)
        if pod is None:
            return
        self.requested -= requests_of(pod)
        self.ports -= Counter(host_ports(pod))
        self.with_anti_affinity.pop(key, None)
        self.owned -= Counter(_counted_owner(pod))

    @property
    def name(self) -> str:
        return self.node.metadata.name if self.node else ""

    @property
    def labels(self) -> Mapping[str, str]:
        return self.node.metadata.labels if self.node else {}
