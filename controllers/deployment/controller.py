"""The Deployment controller: moves pods from one template to another through ReplicaSets.

Run by `controllers.manager`. It calls `plan` to decide and the client to act; the pods themselves are the ReplicaSet
controller's. Source: k8s.io/kubernetes/pkg/controller/deployment.
"""

from __future__ import annotations

from controllers.controller import Context, Controller
from controllers.deployment import plan, revisions
from controllers.ownership import apply_claim, claim, controller_of, is_controlled_by
from controllers.selectors import by_selector, orphans, selected, selecting
from kube.api.apps_v1 import Deployment, DeploymentStatus, ReplicaSet
from kube.api.core_v1 import Pod
from kube.apimachinery.errors import AlreadyExists, NotFound, StatusError
from kube.apimachinery.labels import from_label_selector
from kube.apimachinery.meta_v1 import ObjectMeta
from kube.client import Unreachable
from kube.events import NORMAL, WARNING
from kube.informer import Key, by_controller, key_of


class DeploymentController(Controller):
    name = "deployment-controller"
    queue_name = "deployment"

    def __init__(self, context: Context):
        super().__init__(context)
        self.events = context.recorder(self.name)
        self.deployments = self.informer(Deployment, by_selector=by_selector)
        self.replicasets = self.informer(ReplicaSet, by_controller=by_controller, orphans=orphans)
        self.pods = self.informer(Pod, by_controller=by_controller)
        self.deployments.on_any(self.enqueue)
        self.replicasets.add_handler(self._replicaset_changed, self._replicaset_updated, self._replicaset_changed)
        self.pods.add_handler(on_delete=self._pod_deleted)

    async def sync(self, key: Key) -> str | None:
        d = self.deployments.get(*key)
        if d is None or self.is_stale(key, d):
            return None
        selector = from_label_selector(d.spec.selector)
        if selector.empty:
            self.events.event(
                d, WARNING, "SelectingAll", "This deployment is selecting all pods. A non-empty selector is required."
            )
            return None
        candidates = [
            *self.replicasets.by_index("by_controller", d.metadata.uid),
            *selected(self.replicasets, d.metadata.namespace, d.spec.selector, "orphans"),
        ]
        sets = await apply_claim(self.client, d, claim(d, selector, candidates))
        pods = {rs.metadata.uid: self.pods.by_index("by_controller", rs.metadata.uid) for rs in sets}
        step = plan.plan(d, sets, pods, self.clock.now())
        await self._apply(d, {rs.metadata.name: rs for rs in sets}, step)
        if step.requeue_after is not None:
            self.queue.add_after(key, step.requeue_after)
        return str(step)

    # ---- applying a plan ----

    async def _apply(self, d: Deployment, sets: dict[str, ReplicaSet], step: plan.Plan) -> None:
        if step.create is not None and not await self._create(d, step):
            return  # the collision count has changed, which brings us back
        for change in step.change:
            await self._change(d, sets[change.name], change)
        for name in step.delete:
            await self._delete(sets[name])
        metadata = await self._write_revision(d, step.revision)
        if step.status is not None and step.status != d.status:
            await self._write_status(d, step.status, metadata)

    async def _create(self, d: Deployment, step: plan.Plan) -> bool:
        rs = step.create
        try:
            await self.client.create(rs)
        except AlreadyExists:
            return await self._resolve_name(d, rs)
        except (StatusError, Unreachable) as error:
            await self._report_failure(d, step, f'Failed to create new replica set "{rs.metadata.name}": {error}')
            raise
        if rs.spec.replicas:
            self._scaled(d, "up", rs.metadata.name, 0, rs.spec.replicas)
        return True

    async def _resolve_name(self, d: Deployment, rs: ReplicaSet) -> bool:
        """The name is taken: by our own ReplicaSet, which our cache has not seen yet, or by another's of equal hash."""
        existing = await self.client.get(ReplicaSet, rs.metadata.name, rs.metadata.namespace)
        if is_controlled_by(existing, d) and revisions.same_template(existing.spec.template, rs.spec.template):
            return False
        status = d.status.deep_copy()
        status.collisionCount = (status.collisionCount or 0) + 1
        await self._write_status(d, status)
        return False

    async def _report_failure(self, d: Deployment, step: plan.Plan, message: str) -> None:
        self.events.event(d, WARNING, "ReplicaSetCreateError", message)
        if step.status is None:
            return
        status = d.status.deep_copy()
        status.conditions = plan.status.with_condition(
            status.conditions, "Progressing", "False", "ReplicaSetCreateError", message, self.clock.now()
        )
        if status != d.status:
            await self._write_status(d, status)

    async def _change(self, d: Deployment, rs: ReplicaSet, change: plan.Scale) -> None:
        changed = rs.deep_copy()
        changed.spec.replicas = change.after
        changed.spec.minReadySeconds = d.spec.minReadySeconds
        changed.metadata.annotations = dict(change.annotations)
        await self.client.update(changed)
        if change.before != change.after:
            way = "up" if change.after > change.before else "down"
            self._scaled(d, way, rs.metadata.name, change.before, change.after)

    def _scaled(self, d: Deployment, way: str, name: str, before: int, after: int) -> None:
        self.events.event(d, NORMAL, "ScalingReplicaSet", f"Scaled {way} replica set {name} from {before} to {after}")

    async def _delete(self, rs: ReplicaSet) -> None:
        try:
            await self.client.delete(ReplicaSet, rs.metadata.name, rs.metadata.namespace, uid=rs.metadata.uid)
        except NotFound:
            return

    async def _write_revision(self, d: Deployment, revision: str) -> ObjectMeta:
        """Returns the Deployment's metadata after it."""
        if not revision or d.metadata.annotations.get(revisions.REVISION) == revision:
            return d.metadata
        body = {"metadata": {"annotations": {revisions.REVISION: revision}}}
        patched = await self.client.patch(Deployment, d.metadata.name, d.metadata.namespace, body, "merge")
        self.wrote(key_of(d), patched)
        # Somebody else's write in between must make our status a conflict, not be taken for ours.
        same = patched.metadata.generation == d.metadata.generation and patched.status == d.status
        return patched.metadata if same else d.metadata

    async def _write_status(self, d: Deployment, status: DeploymentStatus, metadata: ObjectMeta | None = None) -> None:
        changed = {"status": status, "metadata": metadata or d.metadata}
        self.wrote(key_of(d), await self.client.update_status(d.model_copy(update=changed)))

    # ---- what wakes it ----

    def _replicaset_changed(self, rs: ReplicaSet) -> None:
        ref = controller_of(rs)
        if ref is not None:
            if ref.kind == "Deployment":
                self.queue.add((rs.metadata.namespace, ref.name))
            return
        for d in selecting(self.deployments, rs):
            self.enqueue(d)

    def _replicaset_updated(self, old: ReplicaSet, rs: ReplicaSet) -> None:
        before = controller_of(old)
        if before is not None and before != controller_of(rs):
            self.queue.add((old.metadata.namespace, before.name))
        self._replicaset_changed(rs)

    def _pod_deleted(self, pod: Pod) -> None:
        """Recreate waits for the last pod of the old template to be gone."""
        ref = controller_of(pod)
        rs = self.replicasets.get(pod.metadata.namespace, ref.name) if ref and ref.kind == "ReplicaSet" else None
        owner = controller_of(rs) if rs is not None else None
        if owner is not None and owner.kind == "Deployment":
            self.queue.add((pod.metadata.namespace, owner.name))
