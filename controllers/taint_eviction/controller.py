"""The taint eviction controller: deletes pods from nodes with NoExecute taints, when their tolerations end.

Run by `controllers.manager`. `eviction_delay` below decides and is pure.
Source: k8s.io/kubernetes/pkg/controller/tainteviction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from controllers.controller import Context, Controller
from controllers.pods import by_node, is_terminal
from controllers.scheduler.matching import tolerates
from kube.api.core_v1 import Node, Pod, Taint, Toleration
from kube.apimachinery import times
from kube.apimachinery.errors import NotFound
from kube.events import NORMAL
from kube.informer import Key, key_of


def eviction_delay(tolerations: Sequence[Toleration], taints: Sequence[Taint], now: datetime) -> float | None:
    """Seconds until the pod must go; None when it may stay.

    | its tolerations | it goes |
    |---|---|
    | leave some taint uncovered | now |
    | cover all taints, some for a time | when the shortest time since the taint was added is over |
    | cover all taints, for ever | never |
    """
    delays: list[float] = []
    for taint in taints:
        covering = [t for t in tolerations if tolerates(t, taint)]
        if not covering:
            return 0.0
        seconds = [t.tolerationSeconds for t in covering if t.tolerationSeconds is not None]
        if seconds:
            age = (now - times.parse_time(taint.timeAdded)).total_seconds() if taint.timeAdded else 0.0
            delays.append(max(0.0, min(seconds) - age))
    return min(delays, default=None)


def no_execute(node: Node) -> list[Taint]:
    return [t for t in node.spec.taints if t.effect == "NoExecute"]


class TaintEvictionController(Controller):
    name = "taint-eviction-controller"
    queue_name = "noexec_taint_pod"

    def __init__(self, context: Context):
        super().__init__(context)
        self.events = context.recorder(self.name)
        self._due: set[Key] = set()
        """Pods that are to go when their tolerations end, of which people may have been told."""
        self.nodes = self.informer(Node)
        self.pods = self.informer(Pod, by_node=by_node)
        self.nodes.add_handler(self._node_added, self._node_updated)
        self.pods.add_handler(self._pod_added, self._pod_updated)

    async def sync(self, key: Key) -> str | None:
        pod = self.pods.get(*key)
        node = self.nodes.get("", pod.spec.nodeName) if pod is not None else None
        if node is None or pod.metadata.deletionTimestamp is not None or is_terminal(pod):
            self._due.discard(key)
            return None
        delay = eviction_delay(pod.spec.tolerations, no_execute(node), self.clock.now())
        if delay is None:
            return self._spare(key, pod)
        if delay > 0:
            self._due.add(key)
            self.queue.add_after(key, delay)
            return None
        self._due.discard(key)
        await self._evict(pod)
        return f"evicted from {node.metadata.name}"

    def _spare(self, key: Key, pod: Pod) -> str | None:
        """The taint has gone, or is tolerated now, before the time was up."""
        if key not in self._due:
            return None
        self._due.discard(key)
        self.events.event(pod, NORMAL, "TaintManagerEviction", f"Cancelling deletion of Pod {'/'.join(key)}")
        return "may stay"

    async def _evict(self, pod: Pod) -> None:
        meta = pod.metadata
        self.events.event(pod, NORMAL, "TaintManagerEviction", f"Marking for deletion Pod {meta.namespace}/{meta.name}")
        condition = {
            "type": "DisruptionTarget",
            "status": "True",
            "reason": "DeletionByTaintManager",
            "message": "Taint manager: deleting due to NoExecute taint",
            "lastTransitionTime": times.format_time(self.clock.now()),
        }
        body = {"status": {"conditions": [condition]}}
        try:
            await self.client.patch(Pod, meta.name, meta.namespace, body, "strategic", subresource="status")
            await self.client.delete(Pod, meta.name, meta.namespace, uid=meta.uid)
        except NotFound:
            return

    def _node_added(self, node: Node) -> None:
        if no_execute(node):
            self._look_at_pods(node)

    def _node_updated(self, old: Node, node: Node) -> None:
        if no_execute(old) != no_execute(node):
            self._look_at_pods(node)

    def _look_at_pods(self, node: Node) -> None:
        for pod in self.pods.by_index("by_node", node.metadata.name):
            self.enqueue(pod)

    def _pod_added(self, pod: Pod) -> None:
        node = self.nodes.get("", pod.spec.nodeName) if pod.spec.nodeName else None
        if node is not None and no_execute(node):
            self.queue.add(key_of(pod))

    def _pod_updated(self, old: Pod, pod: Pod) -> None:
        if (old.spec.nodeName, old.spec.tolerations) != (pod.spec.nodeName, pod.spec.tolerations):
            self._pod_added(pod)
