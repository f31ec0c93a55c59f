"""The ReplicaSet controller: keeps so many pods of a template running.

Run by `controllers.manager`. It calls `plan` to decide and the client to act. Pods of a ReplicaSet come from two
indices: by the UID of their controller, and, for adoption, those of the namespace that nobody controls.
Source: k8s.io/kubernetes/pkg/controller/replicaset.
"""

from __future__ import annotations

import asyncio

from controllers.controller import Context, Controller, namespace_terminating
from controllers.expectations import Expectations
from controllers.ownership import apply_claim, claim, controller_of
from controllers.pods import is_active, is_ready, next_available_in
from controllers.replicaset import plan
from controllers.selectors import by_selector, orphans, selected, selecting
from kube.api.apps_v1 import ReplicaSet
from kube.api.core_v1 import Pod
from kube.apimachinery.errors import NotFound, StatusError
from kube.apimachinery.labels import from_label_selector
from kube.client import Unreachable
from kube.events import NORMAL, WARNING
from kube.informer import Key, by_controller, key_of


class ReplicaSetController(Controller):
    name = "replicaset-controller"
    queue_name = "replicaset"

    def __init__(self, context: Context):
        super().__init__(context)
        self.events = context.recorder(self.name)
        self.expectations = Expectations(context.clock.monotonic)
        self.replicasets = self.informer(ReplicaSet, by_controller=by_controller, by_selector=by_selector)
        self.pods = self.informer(Pod, by_controller=by_controller, orphans=orphans)
        self.replicasets.add_handler(self.enqueue, lambda _old, new: self.enqueue(new), self._replicaset_deleted)
        self.pods.add_handler(self._pod_added, self._pod_updated, self._pod_deleted)

    async def sync(self, key: Key) -> str | None:
        rs = self.replicasets.get(*key)
        if rs is None:
            self.expectations.forget(key)
            return None
        if self.is_stale(key, rs):
            return None
        may_manage = self.expectations.satisfied(key) and rs.metadata.deletionTimestamp is None
        owned = await self._claim(rs)
        planned, failure = plan.PodPlan(), None
        if may_manage:
            planned, failure = await self._manage(rs, [p for p in owned if is_active(p)])
        await self._write_status(rs, owned, failure)
        wait = next_available_in(filter(is_active, owned), rs.spec.minReadySeconds, self.clock.now())
        if wait is not None:
            self.queue.add_after(key, wait)
        if failure is not None:
            raise failure
        return str(planned)

    # ---- what is ours ----

    async def _claim(self, rs: ReplicaSet) -> list[Pod]:
        candidates = [
            *self.pods.by_index("by_controller", rs.metadata.uid),
            *selected(self.pods, rs.metadata.namespace, rs.spec.selector, "orphans"),
        ]
        return await apply_claim(self.client, rs, claim(rs, from_label_selector(rs.spec.selector), candidates))

    def _related(self, rs: ReplicaSet) -> list[Pod]:
        """The pods of all ReplicaSets that have the same owner as this one."""
        ref = controller_of(rs)
        siblings = self.replicasets.by_index("by_controller", ref.uid) if ref else [rs]
        return [pod for sibling in siblings for pod in self.pods.by_index("by_controller", sibling.metadata.uid)]

    # ---- acting ----

    async def _manage(self, rs: ReplicaSet, active: list[Pod]) -> tuple[plan.PodPlan, Exception | None]:
        planned = plan.plan_pods(rs, active, self._related(rs), self.clock.now())
        failure = None
        if planned.create:
            failure = await self._create(rs, planned.create)
        elif planned.delete:
            failure = await self._delete(rs, planned.delete)
        return planned, failure

    async def _create(self, rs: ReplicaSet, count: int) -> Exception | None:
        key = key_of(rs)
        self.expectations.expect_creations(key, count)
        left = count
        for batch in plan.slow_start(count):
            errors = [e for e in await asyncio.gather(*(self._create_one(rs) for _ in range(batch))) if e]
            left -= batch
            if errors:
                for _ in range(left):  # those that are not tried will not be seen
                    self.expectations.creation_observed(key)
                return errors[0]
        return None

    async def _create_one(self, rs: ReplicaSet) -> Exception | None:
        try:
            pod = await self.client.create(plan.new_pod(rs))
        except (StatusError, Unreachable) as error:
            self.expectations.creation_observed(key_of(rs))
            if not namespace_terminating(error):
                self.events.event(rs, WARNING, "FailedCreate", f"Error creating: {error}")
                return error
            return None  # nothing can be created there any more: no reason to try again
        self.events.event(rs, NORMAL, "SuccessfulCreate", f"Created pod: {pod.metadata.name}")
        return None

    async def _delete(self, rs: ReplicaSet, victims: tuple[Pod, ...]) -> Exception | None:
        self.expectations.expect_deletions(key_of(rs), [key_of(p) for p in victims])
        errors = await asyncio.gather(*(self._delete_one(rs, pod) for pod in victims))
        return next((e for e in errors if e), None)

    async def _delete_one(self, rs: ReplicaSet, pod: Pod) -> Exception | None:
        name, namespace = pod.metadata.name, pod.metadata.namespace
        try:
            await self.client.delete(Pod, name, namespace, uid=pod.metadata.uid)
        except NotFound:
            self.expectations.deletion_observed(key_of(rs), key_of(pod))
            return None
        except (StatusError, Unreachable) as error:
            self.expectations.deletion_observed(key_of(rs), key_of(pod))
            self.events.event(rs, WARNING, "FailedDelete", f"Error deleting: {error}")
            return error
        self.events.event(rs, NORMAL, "SuccessfulDelete", f"Deleted pod: {name}")
        return None

    async def _write_status(self, rs: ReplicaSet, owned: list[Pod], failure: Exception | None) -> None:
        status = plan.status_of(rs, owned, str(failure) if failure else "", self.clock.now())
        if status != rs.status:
            self.wrote(key_of(rs), await self.client.update_status(rs.model_copy(update={"status": status})))

    # ---- what wakes it ----

    def _replicaset_deleted(self, rs: ReplicaSet) -> None:
        self.expectations.forget(key_of(rs))
        self.enqueue(rs)

    def _owner(self, pod: Pod) -> ReplicaSet | None:
        ref = controller_of(pod)
        if ref is None or ref.kind != "ReplicaSet":
            return None
        rs = self.replicasets.get(pod.metadata.namespace, ref.name)
        return rs if rs is not None and rs.metadata.uid == ref.uid else None

    def _pod_added(self, pod: Pod) -> None:
        if pod.metadata.deletionTimestamp is not None:
            self._pod_deleted(pod)  # after a restart a pod may be seen first when it is being deleted
        elif controller_of(pod) is not None:
            ref = controller_of(pod)
            if ref.kind == "ReplicaSet":
                # By name, not by object: the ReplicaSet may not be in our cache yet, the expectation is.
                self.expectations.creation_observed((pod.metadata.namespace, ref.name))
                self.queue.add((pod.metadata.namespace, ref.name))
        else:
            self._enqueue_adopters(pod)

    def _pod_updated(self, old: Pod, pod: Pod) -> None:
        if pod.metadata.deletionTimestamp is not None:
            self._pod_deleted(pod)
            return
        before, after = self._owner(old), self._owner(pod)
        if before is not None and before is not after:
            self.enqueue(before)
        if after is not None:
            self.enqueue(after)
            if not is_ready(old) and is_ready(pod) and after.spec.minReadySeconds:
                self.queue.add_after(key_of(after), after.spec.minReadySeconds + 1)
        elif controller_of(pod) is None and (
            old.metadata.labels != pod.metadata.labels or controller_of(old) is not None
        ):
            self._enqueue_adopters(pod)

    def _pod_deleted(self, pod: Pod) -> None:
        ref = controller_of(pod)
        if ref is not None and ref.kind == "ReplicaSet":
            key = (pod.metadata.namespace, ref.name)
            self.expectations.deletion_observed(key, key_of(pod))
            self.queue.add(key)

    def _enqueue_adopters(self, pod: Pod) -> None:
        if not pod.metadata.labels:
            return
        for rs in selecting(self.replicasets, pod):
            self.enqueue(rs)
