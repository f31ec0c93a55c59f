"""The StatefulSet controller.

Run by `controllers.manager`. It calls `plan` to decide and `controllers.history` for the revisions.
Source: k8s.io/kubernetes/pkg/controller/statefulset.
"""

from __future__ import annotations

from controllers import pods as podutil
from controllers.controller import Context, Controller
from controllers.history import History, template_in
from controllers.ownership import apply_claim, claim, controller_of
from controllers.selectors import by_selector, orphans, selected, selecting
from controllers.statefulset import plan
from kube.api.apps_v1 import ControllerRevision, StatefulSet
from kube.api.core_v1 import Pod
from kube.apimachinery.errors import AlreadyExists, NotFound, StatusError
from kube.apimachinery.labels import from_label_selector
from kube.client import Unreachable
from kube.events import NORMAL, WARNING
from kube.informer import Key, by_controller


class StatefulSetController(Controller):
    """A name is used once at a time: a pod is made only when the server has none of its name."""

    name = "statefulset-controller"
    queue_name = "statefulset"

    def __init__(self, context: Context):
        super().__init__(context)
        self.events = context.recorder(self.name)
        self.sets = self.informer(StatefulSet, by_selector=by_selector)
        self.pods = self.informer(Pod, by_controller=by_controller, orphans=orphans)
        revisions = self.informer(ControllerRevision, by_controller=by_controller, orphans=orphans)
        self.history = History(context.client, revisions)
        self.sets.on_any(self.enqueue)
        self.pods.add_handler(self._pod_changed, self._pod_updated, self._pod_changed)

    async def sync(self, key: Key) -> str | None:
        sts = self.sets.get(*key)
        if sts is None or sts.metadata.deletionTimestamp is not None or self.is_stale(key, sts):
            return None
        pods = await self._claim(sts)
        revisions = await self.history.revisions(sts)
        updated, collisions = await self.history.update_revision(sts, revisions, sts.status.collisionCount)
        update = updated.metadata.name
        by_name = {r.metadata.name: r for r in [*revisions, updated]}
        current = sts.status.currentRevision if sts.status.currentRevision in by_name else update
        now = self.clock.now()
        step = plan.plan(sts, pods, current, update, now)
        for pod in step.delete:
            await self._delete(sts, pod)
        for ordinal, revision in step.create.items():
            await self._create(sts, ordinal, by_name[revision])
        for pod in step.restore:
            await self._restore(sts, pod)
        status = plan.status_of(sts, pods, current, update, collisions, now)
        if status != sts.status:
            self.wrote(key, await self.client.update_status(sts.model_copy(update={"status": status})))
        live = {current, update, *(plan.revision_of(p) for p in pods)}
        await self.history.truncate(revisions, live, sts.spec.revisionHistoryLimit)
        if wait := podutil.next_available_in(pods, sts.spec.minReadySeconds, now):
            self.queue.add_after(key, wait)
        return str(step)

    async def _claim(self, sts: StatefulSet) -> list[Pod]:
        candidates = [
            *self.pods.by_index("by_controller", sts.metadata.uid),
            *(
                p
                for p in selected(self.pods, sts.metadata.namespace, sts.spec.selector, "orphans")
                if plan.ordinal_of(p, sts.metadata.name) is not None
            ),
        ]
        return await apply_claim(self.client, sts, claim(sts, from_label_selector(sts.spec.selector), candidates))

    async def _create(self, sts: StatefulSet, ordinal: int, revision: ControllerRevision) -> None:
        pod = plan.new_pod(sts, ordinal, template_in(revision), revision.metadata.name)
        who = f"Pod {pod.metadata.name} in StatefulSet {sts.metadata.name}"
        try:
            await self.client.create(pod)
        except AlreadyExists:
            return  # not seen yet, or another's: its event or its deletion wakes us
        except (StatusError, Unreachable) as error:
            self.events.event(sts, WARNING, "FailedCreate", f"create {who} failed error: {error}")
            raise
        self.events.event(sts, NORMAL, "SuccessfulCreate", f"create {who} successful")

    async def _restore(self, sts: StatefulSet, pod: Pod) -> None:
        who = f"Pod {pod.metadata.name} in StatefulSet {sts.metadata.name}"
        try:
            await self.client.update(pod)
        except (StatusError, Unreachable) as error:
            self.events.event(sts, WARNING, "FailedUpdate", f"update {who} failed error: {error}")
            raise
        self.events.event(sts, NORMAL, "SuccessfulUpdate", f"update {who} successful")

    async def _delete(self, sts: StatefulSet, pod: Pod) -> None:
        who = f"Pod {pod.metadata.name} in StatefulSet {sts.metadata.name}"
        try:
            await self.client.delete(Pod, pod.metadata.name, pod.metadata.namespace, uid=pod.metadata.uid)
        except NotFound:
            return
        except (StatusError, Unreachable) as error:
            self.events.event(sts, WARNING, "FailedDelete", f"delete {who} failed error: {error}")
            raise
        self.events.event(sts, NORMAL, "SuccessfulDelete", f"delete {who} successful")

    # ---- what wakes it ----

    def _pod_changed(self, pod: Pod) -> None:
        ref = controller_of(pod)
        if ref is not None:
            if ref.kind == "StatefulSet":
                self.queue.add((pod.metadata.namespace, ref.name))
            return
        for sts in selecting(self.sets, pod):
            if plan.ordinal_of(pod, sts.metadata.name) is not None:
                self.enqueue(sts)

    def _pod_updated(self, old: Pod, pod: Pod) -> None:
        before = controller_of(old)
        if before is not None and before.kind == "StatefulSet" and before != controller_of(pod):
            self.queue.add((old.metadata.namespace, before.name))
        self._pod_changed(pod)
