"""Which node has to do with which object: a pod's node with the pod, and with all that the pod refers to.

Asked by the Node authorizer. Fed by an informer with every pod that comes, is bound, or goes. Pure. What a bound pod
refers to cannot change, except by ephemeral containers, so a pod that is known with its node is not read again.
Source: kubernetes plugin/pkg/auth/authorizer/node/graph.go.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
Thing = tuple[str, str, str]
"""(plural, namespace, name)"""


class NodeGraph:
    def __init__(self) -> None:
        self._pods: dict[tuple[str, str], list[tuple[str, Thing]]] = {}
        self._edges: Counter[tuple[str, Thing]] = Counter()

    def apply(self, namespace: str, name: str, wire: bytes | None) -> None:
        """A pod is there, as JSON, or gone."""
        key = (namespace, name)
        if wire is not None and key in self._pods and b'"ephemeralContainers"' not in wire:
            return
        for edge in self._pods.pop(key, ()):
            self._edges[edge] -= 1
            if not self._edges[edge]:
                del self._edges[edge]
        pod = json.loads(wire) if wire is not None and b'"nodeName"' in wire else {}
        if node := pod.get("spec", {}).get("nodeName"):
            edges = [(node, thing) for thing in {("pods", namespace, name), *references(pod)}]
            self._pods[key] = edges
            self._edges.update(edges)

    def related(self, node: str, plural: str, namespace: str, name: str) -> bool:
        """Some pod of the node is it, or needs it."""
        return (node, (plural, namespace, name)) in self._edges


def references(pod: Json) -> Iterator[Thing]:
    """What a pod's node must be able to read in order to run it."""
    spec, namespace = pod["spec"], pod["metadata"].get("namespace", "")
    named = [("serviceaccounts", spec.get("serviceAccountName"))]
    named += [("secrets", secret.get("name")) for secret in spec.get("imagePullSecrets") or ()]
    for volume in spec.get("volumes") or ():
        named += _of_volume(volume)
    for field in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(field) or ():
            named += _of_container(container)
    return ((plural, namespace, name) for plural, name in named if name)


def _of_volume(volume: Json) -> Iterator[tuple[str, str | None]]:
    projected = (volume.get("projected") or {}).get("sources") or ()
    yield "secrets", (volume.get("secret") or {}).get("secretName")
    yield "configmaps", (volume.get("configMap") or {}).get("name")
    for source in projected:
        yield "secrets", (source.get("secret") or {}).get("name")
        yield "configmaps", (source.get("configMap") or {}).get("name")
    for source in volume.values():
        if isinstance(source, dict):  # csi, iscsi, flexVolume, cephfs, ... each call it so
            yield "secrets", (source.get("secretRef") or source.get("nodePublishSecretRef") or {}).get("name")


def _of_container(container: Json) -> Iterator[tuple[str, str | None]]:
    for source in container.get("envFrom") or ():
        yield "secrets", (source.get("secretRef") or {}).get("name")
        yield "configmaps", (source.get("configMapRef") or {}).get("name")
    for variable in container.get("env") or ():
        source = variable.get("valueFrom") or {}
        yield "secrets", (source.get("secretKeyRef") or {}).get("name")
        yield "configmaps", (source.get("configMapKeyRef") or {}).get("name")
