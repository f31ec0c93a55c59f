"""A pod that `run` makes and stays with: created, joined as soon as it runs, removed when asked for.

Called by `kubectl_lite.commands.run`, and by `debug`, which joins containers too; calls `attach`, and `wait`'s loop
for each state of the pod. Source: k8s.io/kubectl/pkg/cmd/run: the exit code is the container's where the pod does not
start it again.
"""

from __future__ import annotations

import sys
from typing import Any

from kubectl_lite.attaching import attach
from kubectl_lite.creating import create
from kubectl_lite.deleting import policy_of, wait_until_gone
from kubectl_lite.durations import seconds
from kubectl_lite.errors import CommandError, report
from kubectl_lite.progress import Progress
from kubectl_lite.resources import Target
from kubectl_lite.session import Session
from kubectl_lite.waiting import until
from kubectl_lite.writing import Writing

Json = dict[str, Any]
ENDED = ("Succeeded", "Failed")


async def run_attached(session: Session, obj: Json, flags: Json, *, remove: bool, quiet: bool, timeout: str) -> int:
    """Creates the pod and joins its streams; returns what the container ended with. Raises CommandError."""
    from kube.apimachinery.errors import StatusError

    writing = Writing.read(flags, "kubectl-run")
    mapping = (await session.mapper()).by_name("pods")
    target = Target(mapping, obj["metadata"]["name"], session.namespace)
    body = obj | {"metadata": obj["metadata"] | {"namespace": session.namespace}}
    created = await create(session, target, body, writing)
    try:
        await _joined(session, target, flags, quiet, seconds(timeout))
        if obj["spec"]["restartPolicy"] == "Always" or flags["leave_stdin_open"]:
            return 0  # there may be no end to wait for
        return await _ended(session, target, obj["spec"]["restartPolicy"], seconds(timeout))
    finally:
        if remove:
            try:
                await session.delete(target.path, {"propagationPolicy": policy_of(flags["cascade"])})
                if not quiet:
                    print(f'pod "{target.name}" deleted', flush=True)
                await wait_until_gone(session, target, created["metadata"]["uid"], None)
            except StatusError as error:
                report(error)


async def _joined(session: Session, target: Target, flags: Json, quiet: bool, limit: float) -> None:
    """Our streams joined to the container's until it ends; its log, when it was too quick for that."""
    try:
        async with Progress(lambda: f"waiting for {target.printed} to run"):
            pod = await until(session, target, _runs, limit)
    except TimeoutError:
        raise CommandError("timed out waiting for the condition") from None
    assert pod is not None
    name = pod["spec"]["containers"][0]["name"]
    if pod["status"]["phase"] in ENDED:
        return await show_log(session, target, name)
    return await attached_or_log(session, target, pod, name, stdin=flags["stdin"], terminal=flags["tty"], quiet=quiet)


async def attached_or_log(session: Session, target: Target, pod: Json, container: str, **flags: bool) -> None:
    """`attach`; the log of a container that ended too early for that."""
    from kube.apimachinery.errors import StatusError

    try:
        await attach(session, pod, container, **flags)
    except (StatusError, CommandError) as why:
        print(f"warning: couldn't attach to pod/{target.name}, falling back to streaming logs: {why}", file=sys.stderr)
        await show_log(session, target, container)


async def show_log(session: Session, target: Target, container: str) -> None:
    async with session.stream(f"{target.path}/log", params={"container": container}) as chunks:
        async for chunk in chunks:
            sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()


def _runs(pod: Json | None) -> bool:
    status = (pod or {}).get("status") or {}
    ready = any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions") or ())
    return status.get("phase") in ENDED or (status.get("phase") == "Running" and ready)


async def _ended(session: Session, target: Target, restart: str, limit: float) -> int:
    """The container's exit code, of a pod that is not always started again. Raises CommandError."""
    wanted = ENDED if restart == "Never" else ("Succeeded",)
    try:
        pod = await until(session, target, lambda p: (p or {}).get("status", {}).get("phase") in wanted, limit)
    except TimeoutError:
        raise CommandError("timed out waiting for the condition") from None
    assert pod is not None
    if pod["status"]["phase"] == "Succeeded":
        return 0
    where = f"pod {target.namespace}/{target.name}"
    statuses = pod["status"].get("containerStatuses") or [{}]
    end = (statuses[0].get("state") or {}).get("terminated") or {}
    if not end.get("exitCode"):
        raise CommandError(f"{where} failed with unknown exit code")
    text = f"{where} terminated ({end.get('reason', '')})\n{end.get('message', '')}"
    raise CommandError(text, code=end["exitCode"], prefix=False)
