"""Lifecycle hooks: what a container wants done after its start and before its end.

Called by `kubelet.pods.worker` and `kubelet.pods.stopping`. It runs commands through the runtime, or makes one
request.
"""

from __future__ import annotations

import asyncio

from kube.api.core_v1 import LifecycleHandler
from kubelet.probes import Target, http_get, resolve_port, run_command


class HookError(Exception):
    """The hook failed; the text is for the event."""


async def run_hook(handler: LifecycleHandler, target: Target) -> None:
    """Raises HookError."""
    try:
        if handler.exec:
            code, output = await run_command(*target.exec_argv(handler.exec.command))
            if code:
                raise HookError(f"command exited with {code}: {output.strip()[:200]}")
        elif action := handler.httpGet:
            headers = {header.name: header.value for header in action.httpHeaders}
            port = resolve_port(target.container, action.port)
            code, _ = await http_get(action.host or target.ip, port, action.path, headers, action.scheme == "HTTPS")
            if code >= 400:
                raise HookError(f"HTTP request failed with status {code}")
        elif handler.sleep:
            await asyncio.sleep(handler.sleep.seconds)
    except OSError as error:
        raise HookError(str(error)) from error
