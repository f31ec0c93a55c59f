"""The node lifecycle controller: watches heartbeats, marks silent nodes and their pods, keeps the taints true.

Run by `controllers.manager`. It calls `health` to decide. A heartbeat is a change of the node's Lease or of its status;
how old it is, is measured from when this process saw it, so clocks of machines are never compared.
Source: k8s.io/kubernetes/pkg/controller/nodelifecycle.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from controllers.controller import Context, Controller
from controllers.node_lifecycle import health
from controllers.pods import by_node, condition, is_terminal
from kube.api.coordination_v1 import Lease
from kube.api.core_v1 import Node, Pod
from kube.apimachinery import times
from kube.apimachinery.errors import NotFound
from kube.events import NORMAL, WARNING
from kube.informer import Key

LEASES = "kube-node-lease"


class NodeLifecycleController(Controller):
    """1. A node is Unknown `node_monitor_grace_period` after its last heartbeat, at most one period later.
    2. Its pods are marked not ready at the same time, so that no endpoint leads to it.
    3. Nodes of a zone get NoExecute taints one at a time, ten seconds apart; a hundred, or none at all, where most of
       the zone is not ready; and none while no node of the cluster is.
    """

    name = "node-lifecycle-controller"
    queue_name = "node_lifecycle_controller"

    def __init__(self, context: Context):
        super().__init__(context)
        self.events = context.recorder("node-controller")
        self.nodes = self.informer(Node)
        self.leases = self.informer(Lease)
        self.pods = self.informer(Pod, by_node=by_node)
        self._heard: dict[str, tuple[Any, float]] = {}
        self._ready: dict[str, str] = {}
        self._evict_after: dict[str, float] = {}
        self._evicted_at: dict[Any, float] = {}
        """Zone -> when its last node got a NoExecute taint, or is to get it."""
        self.nodes.add_handler(self.enqueue, lambda _old, new: self.enqueue(new), self._node_deleted)

    def background(self) -> Iterable[Any]:
        yield self.every(self.context.node_monitor_period, self._look)

    async def _look(self) -> None:
        for node in self.nodes.list():
            self.enqueue(node)

    async def sync(self, key: Key) -> str | None:
        node = self.nodes.get(*key)
        if node is None:
            return None
        said = []
        self._tell_registered(node)
        if self._silent_for(node) > self.context.node_monitor_grace_period:
            marked = await self._mark_silent(node)
            if node.metadata.name not in self._ready:
                return "was deleted meanwhile"
            if marked is not None:
                said.append("is silent: Unknown")
                node = marked
        self._tell_readiness(node)
        taints = health.with_taints(node, self._wanted_taints(node), self.clock.now())
        if taints is not None:
            await self._write_taints(node, taints)
            said.append(f"taints: {', '.join(f'{t.key}:{t.effect}' for t in taints) or 'none'}")
        if health.ready_status(node) != "True":
            count = await self._mark_pods_not_ready(node)
            said += [f"marked {count} pods not ready"] if count else []
        return "; ".join(said)

    # ---- heartbeats ----

    def _silent_for(self, node: Node) -> float:
        name = node.metadata.name
        lease = self.leases.get(LEASES, name)
        ready = health.condition(node, "Ready")
        beat = (lease.spec.renewTime if lease else None, ready.lastHeartbeatTime if ready else None)
        before = self._heard.get(name)
        now = self.clock.monotonic()
        if before is None or before[0] != beat:
            self._heard[name] = beat, now
            return 0.0
        return now - before[1]

    async def _mark_silent(self, node: Node) -> Node | None:
        conditions = health.silent_conditions(node, self.clock.now())
        if conditions == node.status.conditions:
            return None
        status = node.status.model_copy(update={"conditions": conditions})
        updated = await self.client.update_status(node.model_copy(update={"status": status}))
        # Our own write must not count as a heartbeat.
        ready = health.condition(updated, "Ready")
        if (heard := self._heard.get(node.metadata.name)) is not None:
            (renewed, _), at = heard
            self._heard[node.metadata.name] = (renewed, ready.lastHeartbeatTime if ready else None), at
        return updated

    # ---- what is told of it ----

    def _tell_registered(self, node: Node) -> None:
        name = node.metadata.name
        if name not in self._ready:
            self._ready[name] = health.ready_status(node)
            text = f"Node {name} event: Registered Node {name} in Controller"
            self.events.event(node, NORMAL, "RegisteredNode", text)

    def _tell_readiness(self, node: Node) -> None:
        name, status = node.metadata.name, health.ready_status(node)
        before, self._ready[name] = self._ready[name], status
        if before == "True" and status != "True":
            self.events.event(node, NORMAL, "NodeNotReady", f"Node {name} status is now: NodeNotReady")

    # ---- taints ----

    def _wanted_taints(self, node: Node) -> set[tuple[str, str]]:
        return health.wanted_taints(node, may_evict=self._may_evict(node))

    def _may_evict(self, node: Node) -> bool:
        name = node.metadata.name
        if health.ready_status(node) == "True":
            self._evict_after.pop(name, None)
            return False
        zone = health.zone_of(node)
        rate = health.eviction_rate(self._zones(), zone)
        if not rate:
            self._evict_after.pop(name, None)
            return False
        now = self.clock.monotonic()
        if name not in self._evict_after:
            turn = max(now, self._evicted_at.get(zone, now - 1 / rate) + 1 / rate)
            self._evict_after[name] = self._evicted_at[zone] = turn
            self.queue.add_after(("", name), turn - now)
        return now >= self._evict_after[name]

    def _zones(self) -> dict[Any, tuple[int, int]]:
        """Zone -> how many of its nodes are well, and how many are not."""
        found: dict[Any, tuple[int, int]] = {}
        for node in self.nodes.list():
            well, ailing = found.get(health.zone_of(node), (0, 0))
            is_well = self._is_well(node)
            found[health.zone_of(node)] = well + is_well, ailing + (not is_well)
        return found

    def _is_well(self, node: Node) -> bool:
        """Ready, and heard of not long ago: of nodes that all fall silent at once, the last to be marked is no proof
        that we are not cut off."""
        return (
            health.ready_status(node) == "True" and self._silent_for(node) < self.context.node_monitor_grace_period / 2
        )

    async def _write_taints(self, node: Node, taints: list) -> None:
        body = {
            "metadata": {"resourceVersion": node.metadata.resourceVersion},
            "spec": {"taints": [t.to_dict() for t in taints] or None},
        }
        await self.client.patch(Node, node.metadata.name, "", body, "merge")

    # ---- its pods ----

    async def _mark_pods_not_ready(self, node: Node) -> int:
        ready = [
            pod
            for pod in self.pods.by_index("by_node", node.metadata.name)
            if (found := condition(pod, "Ready")) is not None and found.status == "True" and not is_terminal(pod)
        ]
        await asyncio.gather(*(self._mark_not_ready(pod) for pod in ready))
        return len(ready)

    async def _mark_not_ready(self, pod: Pod) -> None:
        stamp = times.format_time(self.clock.now())
        body = {"status": {"conditions": [{"type": "Ready", "status": "False", "lastTransitionTime": stamp}]}}
        meta = pod.metadata
        try:
            await self.client.patch(Pod, meta.name, meta.namespace, body, "strategic", subresource="status")
        except NotFound:
            return
        self.events.event(pod, WARNING, "NodeNotReady", "Node is not ready")

    def _node_deleted(self, node: Node) -> None:
        name = node.metadata.name
        if self._ready.pop(name, None) is not None:
            text = f"Node {name} event: Removing Node {name} from Controller"
            self.events.event(node, NORMAL, "RemovingNode", text)
        self._heard.pop(node.metadata.name, None)
        self._evict_after.pop(node.metadata.name, None)
