"""The scheduler's loop: takes pods without a node, decides, binds; says why when it cannot.

Run by `controllers.manager`. It calls `schedule` to decide, and the client for the binding, the event and the
condition. Source: k8s.io/kubernetes/pkg/scheduler (schedule_one.go, backend/queue).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from controllers import pods as podutil
from controllers.controller import Context, Controller
from controllers.scheduler.cache import Cache
from controllers.scheduler.schedule import Placement, Unschedulable, schedule
from kube.api.core_v1 import Binding, Namespace, Node, ObjectReference, Pod
from kube.apimachinery import times
from kube.apimachinery.meta_v1 import ObjectMeta
from kube.events import NORMAL, WARNING
from kube.informer import Key, key_of

NAME = "default-scheduler"
FIRST_BACKOFF, LONGEST_BACKOFF = 1.0, 10.0
FLUSH_SECONDS = 60.0
"""What was unschedulable is tried again after so long even if nothing that we know of has changed."""


class Scheduler(Controller):
    """1. A pod that was decided counts on its node from that moment, before its binding is seen.
    2. A pod that fits nowhere is tried again when a node or a pod changes so that it might fit, with back-off.
    """

    name = "scheduler"
    workers = 16

    def __init__(self, context: Context):
        super().__init__(context)
        self.events = context.recorder(NAME)
        self.cache = Cache()
        self.pods = self.informer(Pod)
        self.nodes = self.informer(Node)
        self.namespaces = self.informer(Namespace)
        self._waiting: dict[Key, tuple[int, float]] = {}  # unschedulable -> attempts, when it may be tried again
        self.nodes.add_handler(self._node_changed, lambda _old, new: self._node_changed(new), self._node_deleted)
        self.pods.add_handler(self._pod_changed, lambda _old, new: self._pod_changed(new), self._pod_deleted)

    def background(self) -> Iterable[Any]:
        yield self._flush()

    async def sync(self, key: Key) -> str | None:
        pod = self.pods.get(*key)
        if pod is None or not self._is_ours(pod) or self.cache.is_assumed(key):
            self._waiting.pop(key, None)
            return None
        decided = schedule(pod, self.cache.nodes(), self.context.random, self._namespace_labels)
        if isinstance(decided, Unschedulable):
            await self._report(pod, decided.message)
            return decided.message
        self._waiting.pop(key, None)
        await self._bind(pod, decided)
        return f"bound to {decided.node}, one of {decided.feasible} feasible nodes"

    def _is_ours(self, pod: Pod) -> bool:
        waits = not pod.spec.nodeName and pod.metadata.deletionTimestamp is None and not podutil.is_terminal(pod)
        return waits and pod.spec.schedulerName in ("", NAME) and not pod.spec.schedulingGates

    def _namespace_labels(self, name: str) -> dict[str, str]:
        namespace = self.namespaces.get("", name)
        return namespace.metadata.labels if namespace else {}

    # ---- acting ----

    async def _bind(self, pod: Pod, placement: Placement) -> None:
        meta = pod.metadata
        self.cache.assume(pod, placement.node)
        binding = Binding(
            kind="Binding",
            apiVersion="v1",
            metadata=ObjectMeta(name=meta.name, namespace=meta.namespace, uid=meta.uid),
            target=ObjectReference(kind="Node", apiVersion="v1", name=placement.node),
        )
        try:
            await self.client.create_subresource(Pod, meta.name, meta.namespace, "binding", binding)
        except BaseException:
            self.cache.forget(key_of(pod))
            raise
        text = f"Successfully assigned {meta.namespace}/{meta.name} to {placement.node}"
        self.events.event(pod, NORMAL, "Scheduled", text)

    async def _report(self, pod: Pod, message: str) -> None:
        key = key_of(pod)
        attempts = self._waiting.get(key, (0, 0.0))[0] + 1
        backoff = min(FIRST_BACKOFF * 2.0 ** min(attempts - 1, 10), LONGEST_BACKOFF)
        self._waiting[key] = attempts, self.clock.monotonic() + backoff
        self.events.event(pod, WARNING, "FailedScheduling", message)
        old = podutil.condition(pod, "PodScheduled")
        if old is not None and (old.status, old.reason, old.message) == ("False", "Unschedulable", message):
            return
        condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
        if old is None or old.status != "False":
            condition["lastTransitionTime"] = times.format_time(self.clock.now())
        body = {"status": {"conditions": [condition]}}
        await self.client.patch(Pod, pod.metadata.name, pod.metadata.namespace, body, "strategic", subresource="status")

    # ---- what wakes it ----

    def _pod_changed(self, pod: Pod) -> None:
        self.cache.set_pod(pod)
        if podutil.is_terminal(pod) and pod.spec.nodeName:
            self._retry_waiting()
        elif self._is_ours(pod) and key_of(pod) not in self._waiting:
            self.enqueue(pod)

    def _pod_deleted(self, pod: Pod) -> None:
        self.cache.remove_pod(key_of(pod))
        self._waiting.pop(key_of(pod), None)
        self._retry_waiting()

    def _node_changed(self, node: Node) -> None:
        old = self.cache.node(node.metadata.name)
        self.cache.set_node(node)
        if old is None or _matters(old) != _matters(node):
            self._retry_waiting()

    def _node_deleted(self, node: Node) -> None:
        self.cache.remove_node(node.metadata.name)

    def _retry_waiting(self) -> None:
        now = self.clock.monotonic()
        for key, (_, not_before) in self._waiting.items():
            self.queue.add_after(key, not_before - now)

    async def _flush(self) -> None:
        while True:
            await self.clock.sleep(FLUSH_SECONDS)
            self._retry_waiting()


def _matters(node: Node) -> tuple:
    """What of a node can make a pod fit that did not; its heartbeat cannot."""
    return node.spec.unschedulable, node.spec.taints, node.metadata.labels, node.status.allocatable
