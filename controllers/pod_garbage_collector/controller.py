"""The pod garbage collector: every 20 seconds it deletes pods that have nobody left to delete them.

Run by `controllers.manager`. `collect` below decides and is pure. Source: k8s.io/kubernetes/pkg/controller/podgc.

| the pod | is deleted |
|---|---|
| is bound to a node that does not exist, seen twice 40 s apart | by force |
| is being deleted and was never bound | by force |
| is being deleted on a node tainted out-of-service that is not ready | by force |
| has ended, and more than the threshold have: the oldest first | by force |
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from controllers.controller import Context, Controller
from controllers.node_lifecycle.health import ready_status
from controllers.pods import is_terminal
from kube.api.core_v1 import Node, Pod
from kube.apimachinery import times
from kube.apimachinery.errors import NotFound
from kube.informer import key_of

PERIOD, QUARANTINE = 20.0, 40.0
THRESHOLD = 12_500
OUT_OF_SERVICE = "node.kubernetes.io/out-of-service"


def collect(
    pods: Sequence[Pod], nodes: Collection[str], lost: Collection[str], out_of_service: Collection[str], threshold: int
) -> list[tuple[Pod, str]]:
    """(pod, why). `lost`: nodes that have been missing for long enough."""
    found: list[tuple[Pod, str]] = []
    for pod in pods:
        node, deleting = pod.spec.nodeName, pod.metadata.deletionTimestamp is not None
        if node and node in lost and node not in nodes:
            found.append((pod, "node no longer exists"))
        elif deleting and not node:
            found.append((pod, "was never scheduled and is being deleted"))
        elif deleting and node in out_of_service:
            found.append((pod, "its node is out of service"))
    ended = sorted(
        (p for p in pods if is_terminal(p)), key=lambda p: (p.metadata.creationTimestamp or "", p.metadata.name)
    )
    surplus = ended[: max(0, len(ended) - threshold)]
    return found + [(pod, "too many pods have ended") for pod in surplus]


def out_of_service_nodes(nodes: Iterable[Node]) -> set[str]:
    return {
        n.metadata.name
        for n in nodes
        if ready_status(n) != "True" and any(t.key == OUT_OF_SERVICE for t in n.spec.taints)
    }


class PodGarbageCollector(Controller):
    name = "pod-garbage-collector-controller"
    queue_name = "orphaned_pods_nodes"
    workers = 0

    def __init__(self, context: Context):
        super().__init__(context)
        self.pods = self.informer(Pod)
        self.nodes = self.informer(Node)
        self._missing_since: dict[str, float] = {}

    def background(self) -> Iterable[Any]:
        yield self.every(PERIOD, self._collect)

    async def _collect(self) -> None:
        pods, nodes = self.pods.list(), {n.metadata.name for n in self.nodes.list()}
        lost = await self._lost_nodes({p.spec.nodeName for p in pods if p.spec.nodeName} - nodes)
        for pod, why in collect(pods, nodes, lost, out_of_service_nodes(self.nodes.list()), THRESHOLD):
            self.log.info("%s/%s: deleted, %s", *key_of(pod), why)
            await self._delete(pod, orphaned=pod.spec.nodeName in lost)

    async def _lost_nodes(self, missing: set[str]) -> set[str]:
        """Nodes that our cache has missed for the quarantine, and that the server does not know either."""
        now = self.clock.monotonic()
        self._missing_since = {name: self._missing_since.get(name, now) for name in missing}
        return {
            name
            for name, since in self._missing_since.items()
            if now - since >= QUARANTINE and not await self._exists(name)
        }

    async def _exists(self, name: str) -> bool:
        try:
            await self.client.get(Node, name)
        except NotFound:
            return False
        return True

    async def _delete(self, pod: Pod, *, orphaned: bool) -> None:
        meta = pod.metadata
        try:
            if orphaned and not is_terminal(pod):
                await self._mark_failed(pod)
            await self.client.delete(Pod, meta.name, meta.namespace, uid=meta.uid, grace_period_seconds=0)
        except NotFound:
            return

    async def _mark_failed(self, pod: Pod) -> None:
        condition = {
            "type": "DisruptionTarget",
            "status": "True",
            "reason": "DeletionByPodGC",
            "message": "PodGC: node no longer exists",
            "lastTransitionTime": times.format_time(self.clock.now()),
        }
        body = {"status": {"phase": "Failed", "conditions": [condition]}}
        meta = pod.metadata
        await self.client.patch(Pod, meta.name, meta.namespace, body, "strategic", subresource="status")
