"""Ports that containers of a Pod define more than once, which is allowed and seldom meant.

Called by the warnings of Pods. Pure. Source: kubernetes pkg/api/pod/warnings.go.

| the same port and protocol again | said of it |
|---|---|
| with the same host address and port | duplicate |
| with a host port here and none there | overlapping |
| with the same host port, an address here and none there | dangerously ambiguous |
"""

from __future__ import annotations

from collections.abc import Iterator

from apiserver.registry.core.pods.annotations import containers_of
from kube.api.core_v1 import ContainerPort, PodSpec
from kube.apimachinery.errors import Path


def warn_of_ports(spec: PodSpec, path: Path) -> Iterator[str]:
    every = (*spec.initContainers, *spec.containers, *spec.ephemeralContainers)
    if sum(len(container.ports) for container in every) < 2 and not any(p.hostIP for c in every for p in c.ports):
        return
    seen: dict[tuple[int, str], list[tuple[ContainerPort, Path]]] = {}
    for container, at in containers_of(spec, path):
        for index, port in enumerate(container.ports):
            place = at["ports"][index]
            if port.hostIP and not port.hostPort:
                yield f"{place}: hostIP set without hostPort: {_go_print(port)}"
            others = seen.setdefault((port.containerPort, port.protocol), [])
            for other, where in others:
                if what := _clash(port, other):
                    yield f"{place}: {what} port definition with {where}"
            others.append((port, place))


def _clash(one: ContainerPort, other: ContainerPort) -> str:
    if (one.hostIP, one.hostPort) == (other.hostIP, other.hostPort):
        return "duplicate"
    if not one.hostPort or not other.hostPort:
        return "overlapping"
    if one.hostPort == other.hostPort and bool(one.hostIP) != bool(other.hostIP):
        return "dangerously ambiguous"
    return ""


def _go_print(port: ContainerPort) -> str:
    return (
        f"{{Name:{port.name} HostPort:{port.hostPort} ContainerPort:{port.containerPort} "
        f"Protocol:{port.protocol} HostIP:{port.hostIP}}}"
    )
