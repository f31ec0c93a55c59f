"""All pods of the node: one worker for each, told of every change of its pod and of what runs.

Called by `kubelet.kubelet`. It hears of pods from an informer, and of ended containers from the runtime. What still
runs from before a restart, and belongs to no pod of the API, gets a worker too, which ends it.
"""

from __future__ import annotations

import asyncio
import logging

from kube.api.core_v1 import Container, Pod, PodSpec
from kube.apimachinery.meta_v1 import ObjectMeta
from kube.informer import Informer
from kubelet.pods.context import Services
from kubelet.pods.worker import PodWorker
from kubelet.runtime.interface import PodRecord

log = logging.getLogger(__name__)


class PodManager:
    """Workers by pod UID.

    1. A pod has at most one worker at a time, and it lives until the pod has ended and the API has forgotten it.
    2. A pod deleted and made anew under its name has another UID, so another worker; both may run at once.
    """

    def __init__(self, shared: Services, pods: Informer[Pod]):
        self.shared, self.pods = shared, pods
        self.workers: dict[str, PodWorker] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        shared.runtime.on_change = self._container_ended
        pods.add_handler(self._set, lambda _old, new: self._set(new), self._deleted)

    def _set(self, pod: Pod) -> None:
        worker = self.workers.get(pod.metadata.uid)
        if worker is not None:
            worker.update(pod)
        elif pod.status.phase not in ("Succeeded", "Failed") or pod.metadata.deletionTimestamp:
            self._begin(PodWorker(self.shared, pod))

    def _deleted(self, pod: Pod) -> None:
        if worker := self.workers.get(pod.metadata.uid):
            worker.forget()

    def _container_ended(self, uid: str) -> None:
        if worker := self.workers.get(uid):
            worker.wake()

    def wake_all(self) -> None:
        for worker in self.workers.values():
            worker.wake()

    def end_orphans(self) -> None:
        """Once all pods of the API are known: what runs beside them is to end."""
        for record in self.shared.runtime.pods():
            known = self.pods.get(record.namespace, record.name)
            if record.uid not in self.workers and (known is None or known.metadata.uid != record.uid):
                log.info("pod %s/%s is no longer in the API: ending it", record.namespace, record.name)
                worker = PodWorker(self.shared, _pod_of(record))
                worker.forget()
                self._begin(worker)

    def _begin(self, worker: PodWorker) -> None:
        self.workers[worker.uid] = worker
        task = asyncio.create_task(worker.run(), name=f"pod {worker.pod.metadata.name}")
        self._tasks[worker.uid] = task
        task.add_done_callback(lambda _task: self._ended(worker))

    def _ended(self, worker: PodWorker) -> None:
        self.workers.pop(worker.uid, None)
        self._tasks.pop(worker.uid, None)

    async def close(self) -> None:
        """Stops the workers; the pods go on."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _pod_of(record: PodRecord) -> Pod:
    """As much of a pod as the records remember."""
    return Pod(
        kind="Pod", apiVersion="v1",
        metadata=ObjectMeta(name=record.name, namespace=record.namespace, uid=record.uid),
        spec=PodSpec(containers=[Container(name=name) for name in record.containers], terminationGracePeriodSeconds=1),
    )  # fmt: skip
