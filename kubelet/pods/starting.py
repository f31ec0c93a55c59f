"""Starting containers: their images, their back-off after crashes, and their postStart hooks.

Called by `kubelet.pods.worker` for each `Start` of a plan. It calls `specs` for what to start, the runtime to start
it, and says by events and by `waiting` what keeps a container from running. It leaves out when to start what: that is
`lifecycle`'s.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from kube.api.core_v1 import Container
from kubelet.pods import environment
from kubelet.pods.backoff import BackOff
from kubelet.pods.context import PodContext
from kubelet.pods.hooks import HookError, run_hook
from kubelet.pods.specs import container_spec
from kubelet.pods.volumes import VolumeError
from kubelet.runtime.interface import RuntimeFailure

RETRY_SECONDS = 2.0


class Starter:
    """`waiting`: container -> (reason, message) of what keeps it from running; `not_before`: -> when it may start."""

    def __init__(self, context: PodContext, stop: Callable[[str, str], object]):
        """`stop(container, reason)` ends a container whose postStart hook failed."""
        self.context, self._stop = context, stop
        self.waiting: dict[str, tuple[str, str]] = {}
        self.not_before: dict[str, float] = {}
        self._hooks: dict[str, asyncio.Task[None]] = {}
        self._backoff, self._pull_backoff = BackOff(), BackOff()

    @property
    def hooked(self) -> set[str]:
        """Containers whose postStart hook has not ended: they are not ready before."""
        return set(self._hooks)

    async def start(self, name: str, attempt: int) -> float | None:
        """Starts a container, or notes why not. Returns the seconds after which to look again."""
        container = self.context.container(name)
        if attempt and (delay := self._crash_loop(container)):
            return delay
        if delay := self._check_image(container):
            return delay
        try:
            spec = await container_spec(self.context, container, attempt)
        except environment.ConfigError as error:
            return self._hold(name, "CreateContainerConfigError", str(error), RETRY_SECONDS)
        except VolumeError as error:
            self.context.event("Warning", "FailedMount", f"MountVolume.SetUp failed: {error}")
            return self._hold(name, "ContainerCreating", "", RETRY_SECONDS)
        try:
            await self.context.shared.runtime.start_container(self.context.uid, spec)
        except RuntimeFailure as failure:
            self.context.event("Warning", "Failed", f"Error: {failure.message}", container)
            return self._hold(name, failure.reason, failure.message, RETRY_SECONDS)
        self.waiting.pop(name, None)
        self.context.event("Normal", "Created", f"Container created: {name}", container)
        self.context.event("Normal", "Started", f"Container started: {name}", container)
        if container.lifecycle and container.lifecycle.postStart:
            self._hooks[name] = asyncio.create_task(self._post_start(container))
        return 0.0

    async def _post_start(self, container: Container) -> None:
        assert container.lifecycle and container.lifecycle.postStart
        try:
            await run_hook(container.lifecycle.postStart, self.context.target(container))
        except HookError as error:
            self.context.event("Warning", "FailedPostStartHook", f"PostStartHook failed: {error}", container)
            self._stop(container.name, "FailedPostStartHook")
        finally:
            self._hooks.pop(container.name, None)
            self.context.wake()

    async def close(self) -> None:
        tasks = list(self._hooks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _crash_loop(self, container: Container) -> float | None:
        """The seconds that a restart has to wait; notes the try when it has not."""
        name, record = container.name, self.context.record
        last = record.containers.get(name) if record else None
        if last is None:
            return None
        now, until = time.time(), self._backoff.until(name, last.finished_at)
        if now >= until:
            self._backoff.next(name, last.finished_at)
            self.not_before.pop(name, None)
            return None
        meta = self.context.pod.metadata
        text = f"restarting failed container {name} in pod {meta.name}_{meta.namespace}"
        self.context.event("Warning", "BackOff", f"Back-off {text}({self.context.uid})", container)
        message = f"back-off {_duration(self._backoff.delay(name))} {text}({self.context.uid})"
        self.not_before[name] = until
        return self._hold(name, "CrashLoopBackOff", message, until - now)

    def _check_image(self, container: Container) -> float | None:
        """The seconds until the next try when the image cannot be had."""
        name, image, now = container.name, container.image, time.time()
        key = f"image {name}"
        try:
            self.context.shared.runtime.check_image(image)
        except RuntimeFailure as failure:
            if container.imagePullPolicy == "Never" and failure.reason == "ErrImagePull":
                message = f'Container image "{image}" is not present with pull policy of Never'
                self.context.event("Warning", "ErrImageNeverPull", message, container)
                return self._hold(name, "ErrImageNeverPull", message, RETRY_SECONDS)
            if failure.reason == "InvalidImageName":
                self.context.event("Warning", "InspectFailed", failure.message, container)
                return self._hold(name, "InvalidImageName", failure.message, 60.0)
            return self._pull_failed(container, failure, key, now)
        self._pull_backoff.reset(key)
        return None

    def _pull_failed(self, container: Container, failure: RuntimeFailure, key: str, now: float) -> float:
        name, image = container.name, container.image
        if self.waiting.get(name, ("", ""))[0] == "ErrImagePull":
            self._pull_backoff.next(key, now)
            wait = self._pull_backoff.delay(key)
            self.not_before[name] = now + wait
            self.context.event("Normal", "BackOff", f'Back-off pulling image "{image}"', container)
            self.context.event("Warning", "Failed", "Error: ImagePullBackOff", container)
            message = f'Back-off pulling image "{image}": ErrImagePull: {failure.message}'
            return self._hold(name, "ImagePullBackOff", message, wait)
        self.context.event("Normal", "Pulling", f'Pulling image "{image}"', container)
        self.context.event("Warning", "Failed", f'Failed to pull image "{image}": {failure.message}', container)
        self.context.event("Warning", "Failed", "Error: ErrImagePull", container)
        return self._hold(name, "ErrImagePull", failure.message, RETRY_SECONDS)

    def _hold(self, name: str, reason: str, message: str, seconds: float) -> float:
        self.waiting[name] = (reason, message)
        return seconds


def _duration(seconds: float) -> str:
    """As Go writes it: 10s, 1m20s, 5m0s."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
