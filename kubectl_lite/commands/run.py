"""`kubectl_lite run NAME --image=IMAGE`: creates one pod. It leaves out attaching to it (`exec` does that)."""

from __future__ import annotations

from typing import Any

import click

from kubectl_lite.cli import command
from kubectl_lite.creating import send
from kubectl_lite.errors import CommandError
from kubectl_lite.session import Session
from kubectl_lite.writing import write_options


@command("run")
@click.argument("name")
@click.argument("argv", nargs=-1, type=click.UNPROCESSED)
@click.option("--image", default="", help="The image for the container to run.")
@click.option("--env", multiple=True, help="Environment variables: name=value.")
@click.option("--port", default=0, help="The port that this container exposes.")
@click.option("-l", "--labels", default="", help="Labels: a=b,c=d.")
@click.option("--annotations", multiple=True, help="Annotations: a=b.")
@click.option("--command", is_flag=True, help="The words are the command, not its arguments.")
@click.option("--restart", default="Always", type=click.Choice(["Always", "OnFailure", "Never"]))
@click.option("--image-pull-policy", default="", help="Always, IfNotPresent or Never.")
@click.option("-i", "--stdin", is_flag=True, help="Keep stdin open.")
@click.option("-t", "--tty", is_flag=True, help="Allocate a terminal.")
@click.option("--save-config", is_flag=True, help="Keep it in an annotation.")
@write_options
async def cli(session: Session, name: str, argv: tuple[str, ...], image: str, **flags: Any) -> int:
    """Create and run a particular image in a pod."""
    from kubectl_lite.generators.workloads import pod

    if not image:
        raise CommandError('required flag(s) "image" not set')
    return await send(session, pod(name, image, flags, argv), flags, "kubectl-run")
