"""Sends the statuses of pods to the API server: the newest of each pod, as soon as possible, until it is there.

Called by `kubelet.pods.worker`. It calls the client. Statuses are sent as patches, so that conditions of others stay.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from kube.api.core_v1 import Pod, PodStatus
from kube.apimachinery.errors import Conflict, NotFound, StatusError
from kube.client import Client, Unreachable
from kube.clock import Clock

log = logging.getLogger(__name__)
RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
_OWN = ("phase", "reason", "message", "podIP", "podIPs", "startTime")
"""Fields that a new status may lack and an old one have: they are then cleared."""


class StatusManager:
    """One task a pod that has something to say.

    1. What was set last is what the API has at the end, also when it is what the API had before an older one was sent.
    2. A status that the API has already is not sent.
    """

    def __init__(self, client: Client, clock: Clock):
        self.client, self.clock = client, clock
        self._wanted: dict[str, tuple[Pod, dict[str, Any]]] = {}
        self._sent: dict[str, dict[str, Any]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def set(self, pod: Pod, status: PodStatus) -> None:
        """Notes what the API shall say of a pod. Never waits."""
        uid, wanted = pod.metadata.uid, status.to_dict()
        if uid in self._tasks:
            self._wanted[uid] = (pod, wanted)  # the task compares it when what is on its way has arrived
        elif wanted != self._known(pod):
            self._wanted[uid] = (pod, wanted)
            self._tasks[uid] = asyncio.create_task(self._send(uid))

    async def flush(self, uid: str) -> None:
        """Returns when what was set has been sent, or the pod has gone."""
        if task := self._tasks.get(uid):
            await asyncio.shield(task)

    def forget(self, uid: str) -> None:
        self._wanted.pop(uid, None)
        self._sent.pop(uid, None)

    async def close(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _known(self, pod: Pod) -> dict[str, Any]:
        """What the API has, as far as we know."""
        return self._sent.get(pod.metadata.uid, pod.status.to_dict())

    async def _send(self, uid: str) -> None:
        try:
            await self._send_all(uid)
        finally:
            del self._tasks[uid]  # at once: whoever sets a status now must find none that has ended

    async def _send_all(self, uid: str) -> None:
        failures = 0
        while uid in self._wanted:
            pod, wanted = self._wanted.pop(uid)
            if wanted == self._known(pod) and not failures:  # after a failure nobody can say what the API has
                continue
            try:
                await self._patch(pod, wanted)
                self._sent[uid], failures = wanted, 0
            except (NotFound, Conflict):
                return  # the pod has gone, or another has its name
            except (StatusError, Unreachable) as error:
                self._wanted.setdefault(uid, (pod, wanted))
                log.warning("status of pod %s/%s: %s", pod.metadata.namespace, pod.metadata.name, error)
                await self.clock.sleep(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
                failures += 1

    async def _patch(self, pod: Pod, wanted: dict[str, Any]) -> None:
        cleared = {key: None for key in _OWN if key in self._known(pod) and key not in wanted}
        body = {"metadata": {"uid": pod.metadata.uid}, "status": wanted | cleared}
        await self.client.patch(Pod, pod.metadata.name, pod.metadata.namespace, body, "strategic", subresource="status")
