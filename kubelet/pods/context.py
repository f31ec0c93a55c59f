"""One pod, as its worker and the worker's parts see it: its newest state, its records, and how to speak of it.

Made by `kubelet.pods.worker`, given to `starting` and `stopping`. It calls the runtime for records and the recorder
for events. It decides nothing.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from kube.api.core_v1 import Container, Pod, Service
from kube.client import Client
from kube.clock import Clock
from kube.events import Recorder, reference
from kube.informer import Informer
from kubelet.config import KubeletConfig
from kubelet.pods.lifecycle import ephemeral_containers
from kubelet.pods.volumes import Volumes
from kubelet.probes import Target
from kubelet.runtime.interface import PodRecord, Runtime
from kubelet.status_manager import StatusManager


@dataclass
class Services:
    """What workers share: the rest of the kubelet."""

    config: KubeletConfig
    client: Client
    runtime: Runtime
    volumes: Volumes
    statuses: StatusManager
    recorder: Recorder
    services: Informer[Service]
    clock: Clock
    network_ready: asyncio.Event


class PodContext:
    """`pod` is replaced by newer states; `gone`: the API has it no more; `failure`: (reason, message) when the kubelet
    itself ends the pod."""

    def __init__(self, shared: Services, pod: Pod):
        self.shared, self.pod, self.uid = shared, pod, pod.metadata.uid
        self.gone = False
        self.failure: tuple[str, str] | None = None
        self._woken = asyncio.Event()
        self.wake()

    def wake(self) -> None:
        """Something may have changed: the worker looks again."""
        self._woken.set()

    def asleep(self) -> None:
        """All that happened until now is being looked at."""
        self._woken.clear()

    async def woken(self, seconds: float | None) -> None:
        """Returns when `wake` is called, or the time is up."""
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            pass

    @property
    def name(self) -> str:
        return f"{self.pod.metadata.namespace}/{self.pod.metadata.name}"

    @property
    def is_ending(self) -> bool:
        return self.gone or self.pod.metadata.deletionTimestamp is not None or self.failure is not None

    @property
    def record(self) -> PodRecord | None:
        return self.shared.runtime.pod(self.uid)

    def find(self, name: str) -> Container | None:
        spec = self.pod.spec
        known = [*spec.containers, *spec.initContainers, *ephemeral_containers(self.pod)]
        return next((container for container in known if container.name == name), None)

    def container(self, name: str) -> Container:
        """A pod that the API forgot while we were away is known by its records alone."""
        return self.find(name) or Container(name=name)

    def target(self, container: Container) -> Target:
        """Where a probe or hook reaches the container."""
        ip, record = self.shared.config.node_ips[0], self.record
        if not self.pod.spec.hostNetwork and record and record.ips:
            ip = record.ips[0]
        return Target(container, ip, lambda command: self.shared.runtime.exec_argv(self.uid, container.name, command))

    def event(self, type_: str, reason: str, message: str, container: Container | None = None) -> None:
        if self.gone:
            return
        path = f"spec.containers{{{container.name}}}" if container else ""
        self.shared.recorder.event(reference(self.pod, path), type_, reason, message)
