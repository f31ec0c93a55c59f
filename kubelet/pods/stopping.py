"""The graceful end of one container: preStop hook, the stop signal, and SIGKILL when its time is up.

Called by `kubelet.pods.worker`, which asks `advance` again whenever something may have changed, and gives the
deadline each time: a pod that is deleted again with a shorter grace period ends sooner.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress

from kube.api.core_v1 import LifecycleHandler
from kubelet.pods.hooks import HookError, run_hook
from kubelet.probes import Target


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
        self._send, self._changed, self._report = send, changed, report
        self._killed = False
        self._hook: asyncio.Task[None] | None = None
        if pre_stop is not None and target is not None:
            self._hook = asyncio.create_task(self._run_hook(pre_stop, target))
        else:
            send(None)

    async def _run_hook(self, handler: LifecycleHandler, target: Target) -> None:
        try:
            await run_hook(handler, target)
        except HookError as error:
            self._report("FailedPreStopHook", f"PreStopHook failed: {error}")
        self._send(None)
        self._changed()

    def advance(self, now: float, deadline: float) -> float | None:
        """Kills when the time is up. Returns the seconds until it is, None when there is nothing left to wait for."""
        if self._killed:
            return None
        if now < deadline:
            return deadline - now
        self._killed = True
        if self._hook:
            self._hook.cancel()
        self._send(signal.SIGKILL)
        return None

    async def close(self) -> None:
        if self._hook:
            self._hook.cancel()
            with suppress(asyncio.CancelledError):
                await self._hook
