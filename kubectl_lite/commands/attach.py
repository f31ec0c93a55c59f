"""`kubectl_lite attach`: joins our streams to those of a container that runs already."""

from __future__ import annotations

import sys
from typing import Any

import click

from kubectl_lite.cli import command
from kubectl_lite.durations import DURATION
from kubectl_lite.errors import CommandError
from kubectl_lite.session import Session

Json = dict[str, Any]


@command("attach")
@click.argument("pod", default="")
@click.option("-c", "--container", default="", help="Container name. If omitted, the pod's first container.")
@click.option("-i", "--stdin", is_flag=True, help="Pass stdin to the container.")
@click.option("-t", "--tty", "terminal", is_flag=True, help="Stdin is a TTY.")
@click.option("-q", "--quiet", is_flag=True, help="Only print output from the remote session.")
@click.option("--pod-running-timeout", type=DURATION, default="1m0s", help="How long to wait for a pod that runs.")
async def cli(
    session: Session, pod: str, container: str, stdin: bool, terminal: bool, quiet: bool, pod_running_timeout: str
) -> int:
    """Attach to a process that is already running inside an existing container."""
    from kubectl_lite.durations import seconds
    from kubectl_lite.picking import for_streams, pod_of, target_of

    if not pod:
        raise CommandError("at least 1 argument is required for attach")
    target = await target_of(session, pod)
    found = await pod_of(session, target, for_streams, seconds(pod_running_timeout))
    return await attach(session, found, container, stdin=stdin, terminal=terminal, quiet=quiet)


async def attach(session: Session, pod: Json, container: str, *, stdin: bool, terminal: bool, quiet: bool) -> int:
    """Joins the streams of one container; a terminal only where the container has one."""
    from kubectl_lite.picking import container_of
    from kubectl_lite.streams import exit_code, is_terminal, path_of, run

    phase = pod.get("status", {}).get("phase")
    if phase in ("Succeeded", "Failed"):
        raise CommandError(f"cannot attach a container in a completed pod; current phase is {phase}")
    try:
        name = container_of(pod, container, quiet)
    except CommandError as why:
        raise CommandError(f"cannot attach to the container: {why}") from why
    spec, is_ephemeral = _spec_of(pod, name)
    if terminal and not spec.get("tty"):
        if not quiet:
            print(f"error: Unable to use a TTY - container {name} did not allocate one", file=sys.stderr)
        terminal = False
    terminal = is_terminal(stdin, terminal or bool(spec.get("tty")), quiet)
    if not quiet:
        print("If you don't see a command prompt, try pressing enter.", file=sys.stderr)
    path = path_of(pod, "attach", name, (), stdin=stdin, stdout=True, stderr=not terminal, tty=terminal)
    code = exit_code(await run(session, path, stdin=stdin, terminal=terminal, redraw=True))
    if terminal and not quiet and pod["spec"].get("restartPolicy") == "Always":
        print(_how_to_go_on(pod["metadata"]["name"], name, is_ephemeral))
    return code


def _spec_of(pod: Json, name: str) -> tuple[Json, bool]:
    """The container, and whether it is an ephemeral one."""
    spec = pod["spec"]
    for field in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(field) or ():
            if container["name"] == name:
                return container, field == "ephemeralContainers"
    raise CommandError(f"container {name} not found in pod {pod['metadata']['name']}")


def _how_to_go_on(pod: str, container: str, is_ephemeral: bool) -> str:
    line = f"'kubectl_lite attach {pod} -c {container} -i -t'"
    if is_ephemeral:
        return (
            f"Session ended, the ephemeral container will not be restarted but may be reattached using {line} "
            "if it is still running"
        )
    return f"Session ended, resume using {line} command when the pod is running"
