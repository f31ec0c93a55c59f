"""The graceful end of containers: preStop hook, the stop signal, and SIGKILL when the time is up.

Called by `kubelet.pods.worker`, which asks `advance` again whenever something may have changed: a pod that is deleted
again with a shorter grace period ends sooner. It calls hooks and the runtime.
Source: kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination.

| at | happens |
|---|---|
| the start | the preStop hook begins; without one (or with no grace at all) the stop signal is sent |
| the end of the hook, or of the grace period | the stop signal is sent; the container has at least two seconds more |
| the end of the grace period, after the stop signal | SIGKILL |
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from kube.api.core_v1 import Container, LifecycleHandler
from kubelet.pods.context import PodContext
from kubelet.pods.hooks import HookError, run_hook
from kubelet.probes import Target
from kubelet.runtime.interface import ContainerRecord

SHORTEST_SECONDS = 2.0
"""So long any container has after the stop signal, whatever its hook has left of the grace period."""


class Stopping:
    """One container on its way out."""

    def __init__(
        self,
        send: Callable[[int | None], object],
        pre_stop: LifecycleHandler | None,
        target: Target | None,
        changed: Callable[[], object],
        report: Callable[[str, str], object],
    ):
        """`send(None)` sends the image's stop signal, `send(number)` that signal."""
        self._send, self._changed, self._report = send, changed, report
        self._killed = False
        self._signalled_at: float | None = None
        self._hook: asyncio.Task[None] | None = None
        if pre_stop is not None and target is not None:
            self._hook = asyncio.create_task(self._run_hook(pre_stop, target))
        else:
            self._signal(0.0)

    async def _run_hook(self, handler: LifecycleHandler, target: Target) -> None:
        try:
            await run_hook(handler, target)
        except HookError as error:
            self._report("FailedPreStopHook", f"PreStopHook failed: {error}")
        self._signal(time.time())
        self._changed()

    def _signal(self, now: float) -> None:
        self._signalled_at = now
        self._send(None)

    def advance(self, now: float, deadline: float) -> float | None:
        """Does what the time demands. Returns the seconds until it demands more; None when nothing is left to do."""
        if self._killed:
            return None
        if self._signalled_at is None and now >= deadline:
            self._cut_hook_short(now)
        if self._signalled_at:  # a hook has used up some of the time
            deadline = max(deadline, self._signalled_at + SHORTEST_SECONDS)
        if now < deadline:
            return deadline - now
        self._killed = True
        self._send(signal.SIGKILL)
        return None

    def _cut_hook_short(self, now: float) -> None:
        if self._hook:
            self._hook.cancel()
        self._report("FailedPreStopHook", "PreStopHook not completed in grace period")
        self._signal(now)

    async def close(self) -> None:
        if self._hook:
            self._hook.cancel()
            with suppress(asyncio.CancelledError):
                await self._hook


class Stops:
    """The containers of one pod that are on their way out."""

    def __init__(self, context: PodContext):
        self.context = context
        self._stopping: dict[str, Stopping] = {}
        self._attempts: dict[str, int] = {}
        self._deadlines: dict[str, float] = {}
        self._pod_deadline = 0.0

    def stop(self, name: str, reason: str) -> None:
        """Begins to end a container. One that is ending already goes on ending; its next attempt is another one."""
        attempt = next((one.attempt for one in self._running() if one.name == name), 0)
        if name in self._stopping and self._attempts[name] == attempt:
            return
        self._attempts[name] = attempt
        context, container = self.context, self.context.container(name)
        if context.is_ending:
            context.event("Normal", "Killing", f"Stopping container {name}", container)
        else:
            context.event("Normal", "Killing", f"Container {name} {reason}, will be restarted", container)
        self._deadlines[name] = time.time() + max(self._grace_of(container), 1)
        hook = container.lifecycle.preStop if container.lifecycle and self._pod_grace() > 0 else None
        self._stopping[name] = Stopping(
            lambda number: context.shared.runtime.signal(context.uid, name, number),
            hook, context.target(container), context.wake,
            lambda reason, text: context.event("Warning", reason, text, container),
        )  # fmt: skip

    def _grace_of(self, container: Container) -> float:
        """Seconds that the container has by itself; a failed probe may say otherwise than the pod."""
        probe = None if self.context.is_ending else container.livenessProbe
        if probe and probe.terminationGracePeriodSeconds is not None:
            return probe.terminationGracePeriodSeconds
        return self._specified_grace()

    def _specified_grace(self) -> float:
        grace = self.context.pod.spec.terminationGracePeriodSeconds
        return 30 if grace is None else grace

    def _pod_grace(self) -> float:
        """Seconds that the pod has to end."""
        meta = self.context.pod.metadata
        if meta.deletionGracePeriodSeconds is not None:
            return max(meta.deletionGracePeriodSeconds, 0)
        return 1 if self.context.gone else self._specified_grace()

    def _running(self) -> Sequence[ContainerRecord]:
        record = self.context.record
        return record.running if record else ()

    def advance(self) -> float | None:
        """Does what the time demands; forgets what runs no more. Returns the seconds until it demands more."""
        now, delays = time.time(), []
        running = {(one.name, one.attempt) for one in self._running()}
        if self.context.is_ending:
            fresh = now + max(self._pod_grace(), 1)
            self._pod_deadline = min(self._pod_deadline or fresh, fresh)
        for name, stopping in list(self._stopping.items()):
            if (name, self._attempts[name]) not in running:
                del self._stopping[name]
                continue
            deadline = self._deadlines[name]
            if self.context.is_ending:
                deadline = min(deadline, self._pod_deadline)
            delays.append(stopping.advance(now, deadline))
        return min((delay for delay in delays if delay is not None), default=None)

    async def close(self) -> None:
        for stopping in self._stopping.values():
            await stopping.close()
