"""`kubectl_lite attach`: joins our streams to those of a container that runs already."""

from __future__ import annotations

import click

from kubectl_lite.attaching import attach
from kubectl_lite.cli import command
from kubectl_lite.durations import DURATION
from kubectl_lite.errors import CommandError
from kubectl_lite.session import Session


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
