"""`kubectl_lite exec`: runs a command in a container, its streams joined to ours."""

from __future__ import annotations

import click

from kubectl_lite.cli import after_dashes, command
from kubectl_lite.durations import DURATION
from kubectl_lite.errors import CommandError, usage
from kubectl_lite.session import Session


@command("exec", takes_command=True)
@click.argument("words", nargs=-1, metavar="POD -- COMMAND")
@click.option("-f", "--filename", multiple=True, help="Files that name the resource to use.")
@click.option("-c", "--container", default="", help="Container name. If omitted, the pod's first container.")
@click.option("-i", "--stdin", is_flag=True, help="Pass stdin to the container.")
@click.option("-t", "--tty", "terminal", is_flag=True, help="Stdin is a TTY.")
@click.option("-q", "--quiet", is_flag=True, help="Only print output from the remote session.")
@click.option("--pod-running-timeout", type=DURATION, default="1m0s", help="How long to wait for a pod that runs.")
async def cli(
    session: Session, words: tuple[str, ...], filename: tuple[str, ...], container: str, stdin: bool,
    terminal: bool, quiet: bool, pod_running_timeout: str,
) -> int:  # fmt: skip
    """Execute a command in a container."""
    from kubectl_lite.durations import seconds
    from kubectl_lite.picking import container_of, for_streams, pod_of, target_of
    from kubectl_lite.resources import targets
    from kubectl_lite.streams import exit_code, is_terminal, path_of, run

    argv, pod = after_dashes(), words[0] if words else ""
    if len(words) > 1 or (words and filename):
        raise usage("exec", "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead")
    if not pod and not filename:
        raise CommandError("pod, type/name or --filename must be specified")
    if not argv:
        raise CommandError("you must specify at least one command for the container")
    given = [await target_of(session, pod)] if pod else await targets(session, (), files=filename)
    if len(given) > 1:
        raise CommandError("cannot exec into multiple objects at a time")
    target = given[0]
    found = await pod_of(session, target, for_streams, seconds(pod_running_timeout))
    phase = found.get("status", {}).get("phase")
    if phase in ("Succeeded", "Failed"):
        raise CommandError(
            f"cannot exec into a container in a completed pod; current phase is {phase}"
        )
    name = container or container_of(found, "", quiet)
    terminal = is_terminal(stdin, terminal, quiet)
    path = path_of(found, "exec", name, argv, stdin=stdin, stdout=True, stderr=not terminal, tty=terminal)
    return exit_code(await run(session, path, stdin=stdin, terminal=terminal))
