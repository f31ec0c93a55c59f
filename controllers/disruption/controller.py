"""The disruption controller: keeps the status of PodDisruptionBudgets true, which the eviction API obeys.

Run by `controllers.manager`. It calls `budget` to decide. Source: k8s.io/kubernetes/pkg/controller/disruption.
"""

from __future__ import annotations

from controllers.controller import Context, Controller
from controllers.disruption import budget
from controllers.ownership import controller_of
from controllers.selectors import by_label, by_selector, selected, selecting
from kube.api.apps_v1 import Deployment, ReplicaSet, StatefulSet
from kube.api.core_v1 import Pod
from kube.api.policy_v1 import PodDisruptionBudget
from kube.events import NORMAL, WARNING
from kube.informer import Key


class NoController(Exception):
    """A pod of the budget has a controller whose scale cannot be asked."""


class DisruptionController(Controller):
    name = "disruption-controller"
    queue_name = "disruption"

    def __init__(self, context: Context):
        super().__init__(context)
        self.events = context.recorder("controllermanager")
        self.budgets = self.informer(PodDisruptionBudget, by_selector=by_selector)
        self.pods = self.informer(Pod, by_label=by_label)
        self._owners = {kind.__name__: self.informer(kind) for kind in (Deployment, ReplicaSet, StatefulSet)}
        self.budgets.on_any(self.enqueue)
        self.pods.add_handler(self._pod_changed, self._pod_updated, self._pod_changed)
        for informer in self._owners.values():
            informer.add_handler(on_update=self._owner_updated)

    async def sync(self, key: Key) -> str | None:
        pdb = self.budgets.get(*key)
        if pdb is None or self.is_stale(key, pdb):
            return None
        pods = [p for p in selected(self.pods, key[0], pdb.spec.selector) if budget.counts(p)]
        now = self.clock.now()
        disrupted, wait = budget.still_disrupted(pdb.status.disruptedPods, pods, now)
        if not pods:
            self.events.event(pdb, NORMAL, "NoPods", "No matching pods found")
        try:
            scale = self._scale(pdb, pods) if budget.needs_scale(pdb) else 0
            status = budget.status_of(pdb, pods, scale, disrupted, now)
        except NoController as error:
            text = f"Failed to calculate the number of expected pods: {error}"
            self.events.event(pdb, WARNING, "CalculateExpectedPodCountFailed", text)
            status = budget.failed_status(pdb, str(error), now)
        if wait is not None:
            self.queue.add_after(key, wait)
        if status == pdb.status:
            return None
        self.wrote(key, await self.client.update_status(pdb.model_copy(update={"status": status})))
        return f"{status.disruptionsAllowed} disruptions allowed"

    def _scale(self, pdb: PodDisruptionBudget, pods: list[Pod]) -> int:
        """The replicas of all controllers of the pods, each controller once; pods without one count nothing."""
        scales: dict[str, int] = {}
        managed = [pod for pod in pods if controller_of(pod) is not None]
        if len(managed) < len(pods):
            self.events.event(pdb, WARNING, "UnmanagedPods", budget.unmanaged_text(pdb))
        for pod in managed:
            uid, replicas = self._scale_of(pod)
            scales[uid] = replicas
        return sum(scales.values())

    def _scale_of(self, pod: Pod) -> tuple[str, int]:
        ref, owner = controller_of(pod), None
        while ref is not None and ref.kind in self._owners:
            found = self._owners[ref.kind].get(pod.metadata.namespace, ref.name)
            if found is None or found.metadata.uid != ref.uid:
                break
            owner, ref = found, controller_of(found)
        if owner is None:
            raise NoController(f'found no controllers for pod "{pod.metadata.name}"')
        return owner.metadata.uid, 1 if owner.spec.replicas is None else owner.spec.replicas

    # ---- what wakes it ----

    def _pod_changed(self, pod: Pod) -> None:
        for pdb in selecting(self.budgets, pod):
            self.enqueue(pdb)

    def _pod_updated(self, old: Pod, pod: Pod) -> None:
        self._pod_changed(pod)
        if old.metadata.labels != pod.metadata.labels:
            self._pod_changed(old)

    def _owner_updated(self, old, new) -> None:
        if old.spec.replicas != new.spec.replicas:
            for pdb in self.budgets.list(new.metadata.namespace):
                self.enqueue(pdb)
