"""The DaemonSet controller.

Run by `controllers.manager`. It calls `plan` to decide and `controllers.history` for the revisions; the scheduler binds
the pods it makes. Source: k8s.io/kubernetes/pkg/controller/daemon.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from controllers import pods as podutil
from controllers.controller import Context, Controller, namespace_terminating
from controllers.daemonset import plan
from controllers.daemonset.backoff import Backoff
from controllers.expectations import Expectations
from controllers.history import HASH_LABEL, History
from controllers.ownership import apply_claim, claim, controller_of
from controllers.replicaset.plan import slow_start
from controllers.selectors import by_selector, orphans, selected, selecting
from kube.api.apps_v1 import ControllerRevision, DaemonSet
from kube.api.core_v1 import Node, Pod
from kube.apimachinery.errors import NotFound, StatusError
from kube.apimachinery.labels import from_label_selector
from kube.client import Unreachable
from kube.events import NORMAL, WARNING
from kube.informer import Key, by_controller, key_of


class DaemonSetController(Controller):
    name = "daemonset-controller"
    queue_name = "daemonset"
    workers = 2

    def __init__(self, context: Context):
        super().__init__(context)
        self.events = context.recorder(self.name)
        self.expectations = Expectations(context.clock.monotonic)
        self.sets = self.informer(DaemonSet, by_selector=by_selector)
        self.nodes = self.informer(Node)
        self.pods = self.informer(Pod, by_controller=by_controller, orphans=orphans)
        revisions = self.informer(ControllerRevision, by_controller=by_controller, orphans=orphans)
        self.history = History(context.client, revisions)
        self._backoff = Backoff()
        self.sets.on_any(self.enqueue)
        self.nodes.add_handler(self._node_changed, self._node_updated, self._node_changed)
        self.pods.add_handler(self._pod_added, self._pod_updated, self._pod_deleted)

    async def sync(self, key: Key) -> str | None:
        ds = self.sets.get(*key)
        if ds is None or ds.metadata.deletionTimestamp is not None:
            self.expectations.forget(key)
            self._backoff.forget(key)
            return None
        if self.is_stale(key, ds):
            return None
        may_manage = self.expectations.satisfied(key)
        pods, nodes = await self._claim(ds), self.nodes.list()
        revisions = await self.history.revisions(ds)
        newest, collisions = await self.history.update_revision(ds, revisions, ds.status.collisionCount)
        revision, now = newest.metadata.labels[HASH_LABEL], self.clock.now()
        step, failure = plan.DaemonPlan(), None
        if may_manage:
            step = self._without_backed_off(ds, plan.plan(ds, nodes, pods, revision, now))
            failure = await self._apply(ds, step, revision)
        status = plan.status_of(ds, nodes, pods, revision, collisions, now)
        if status != ds.status:
            self.wrote(key, await self.client.update_status(ds.model_copy(update={"status": status})))
        hashes = {revision, *(plan.hash_of(p) for p in pods)}
        live = {r.metadata.name for r in revisions if r.metadata.labels.get(HASH_LABEL) in hashes}
        await self.history.truncate(revisions, live, ds.spec.revisionHistoryLimit)
        if wait := podutil.next_available_in(pods, ds.spec.minReadySeconds, now):
            self.queue.add_after(key, wait)
        if failure is not None:
            raise failure
        return str(step)

    async def _claim(self, ds: DaemonSet) -> list[Pod]:
        candidates = [
            *self.pods.by_index("by_controller", ds.metadata.uid),
            *selected(self.pods, ds.metadata.namespace, ds.spec.selector, "orphans"),
        ]
        return await apply_claim(self.client, ds, claim(ds, from_label_selector(ds.spec.selector), candidates))

    # ---- acting ----

    def _without_backed_off(self, ds: DaemonSet, step: plan.DaemonPlan) -> plan.DaemonPlan:
        """Without the pods that ended and have to stay for a while."""
        key, generation, now, delete = key_of(ds), (ds.metadata.uid, ds.metadata.generation), self.clock.monotonic(), []
        for pod in step.delete:
            ended = pod.metadata.deletionTimestamp is None and podutil.is_terminal(pod)
            wait = self._backoff.wait(key, generation, plan.target_node(pod), now) if ended else 0.0
            if wait:
                self.queue.add_after(key, wait)
            else:
                delete.append(pod)
        return replace(step, delete=tuple(delete))

    def _report_ended(self, ds: DaemonSet, pod: Pod) -> None:
        if not podutil.is_terminal(pod):
            return
        who = f"{pod.metadata.namespace}/{pod.metadata.name} on node {pod.spec.nodeName}"
        if pod.status.phase == "Failed":
            text = f"Found failed daemon pod {who}, will try to kill it"
            self.events.event(ds, WARNING, "FailedDaemonPod", text)
        else:
            text = f"Found succeeded daemon pod {who}, will try to delete it"
            self.events.event(ds, NORMAL, "SucceededDaemonPod", text)

    async def _apply(self, ds: DaemonSet, step: plan.DaemonPlan, revision: str) -> Exception | None:
        key = key_of(ds)
        if step.delete:
            self.expectations.expect_deletions(key, [key_of(p) for p in step.delete])
        if step.create:
            self.expectations.expect_creations_too(key, len(step.create))
        for pod in step.delete:
            self._report_ended(ds, pod)
        errors = [e for e in await asyncio.gather(*(self._delete(ds, p) for p in step.delete)) if e]
        left = list(step.create)
        for batch in slow_start(len(step.create)):
            names, left = left[:batch], left[batch:]
            failed = [e for e in await asyncio.gather(*(self._create(ds, n, revision) for n in names)) if e]
            if failed:
                for _ in left:
                    self.expectations.creation_observed(key)
                return failed[0]
        return errors[0] if errors else None

    async def _create(self, ds: DaemonSet, node: str, revision: str) -> Exception | None:
        try:
            pod = await self.client.create(plan.new_pod(ds, node, revision))
        except (StatusError, Unreachable) as error:
            self.expectations.creation_observed(key_of(ds))
            if namespace_terminating(error):
                return None
            self.events.event(ds, WARNING, "FailedCreate", f"Error creating: {error}")
            return error
        self.events.event(ds, NORMAL, "SuccessfulCreate", f"Created pod: {pod.metadata.name}")
        return None

    async def _delete(self, ds: DaemonSet, pod: Pod) -> Exception | None:
        try:
            await self.client.delete(Pod, pod.metadata.name, pod.metadata.namespace, uid=pod.metadata.uid)
        except NotFound:
            self.expectations.deletion_observed(key_of(ds), key_of(pod))
            return None
        except (StatusError, Unreachable) as error:
            self.expectations.deletion_observed(key_of(ds), key_of(pod))
            self.events.event(ds, WARNING, "FailedDelete", f"Error deleting: {error}")
            return error
        self.events.event(ds, NORMAL, "SuccessfulDelete", f"Deleted pod: {pod.metadata.name}")
        return None

    # ---- what wakes it ----

    def _node_changed(self, _node: Node) -> None:
        for ds in self.sets.list():
            self.enqueue(ds)

    def _node_updated(self, old: Node, node: Node) -> None:
        if (old.metadata.labels, old.spec.taints) == (node.metadata.labels, node.spec.taints):
            return
        self._node_changed(node)

    def _key(self, pod: Pod) -> Key | None:
        ref = controller_of(pod)
        return (pod.metadata.namespace, ref.name) if ref is not None and ref.kind == "DaemonSet" else None

    def _pod_added(self, pod: Pod) -> None:
        key = self._key(pod)
        if key is None:
            if controller_of(pod) is None:
                self._enqueue_adopters(pod)
        elif pod.metadata.deletionTimestamp is not None:
            self._pod_deleted(pod)
        else:
            self.expectations.creation_observed(key)
            self.queue.add(key)

    def _pod_updated(self, old: Pod, pod: Pod) -> None:
        before, after = self._key(old), self._key(pod)
        if before is not None and before != after:
            self.queue.add(before)
        if after is None:
            if controller_of(pod) is None and old.metadata.labels != pod.metadata.labels:
                self._enqueue_adopters(pod)
        elif pod.metadata.deletionTimestamp is not None:
            self._pod_deleted(pod)
        else:
            self.queue.add(after)

    def _pod_deleted(self, pod: Pod) -> None:
        key = self._key(pod)
        if key is not None:
            self.expectations.deletion_observed(key, key_of(pod))
            self.queue.add(key)

    def _enqueue_adopters(self, pod: Pod) -> None:
        for ds in selecting(self.sets, pod):
            self.enqueue(ds)
