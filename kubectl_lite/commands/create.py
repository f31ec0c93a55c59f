"""`kubectl_lite create -f FILE`: creates what a manifest describes; refuses what exists already."""

from __future__ import annotations

import sys
from typing import Any

import click

from kubectl_lite.cli import command
from kubectl_lite.errors import add_source, describe
from kubectl_lite.last_applied import with_last_applied
from kubectl_lite.resources import Target, targets
from kubectl_lite.session import Session
from kubectl_lite.writing import Writing, write_options


@command("create")
@click.option("-f", "--filename", multiple=True, help="File, directory or - for standard input.")
@click.option("-R", "--recursive", is_flag=True, help="Read the directories of -f recursively.")
@click.option("--save-config", is_flag=True, help="Keep the manifest in an annotation, so that apply can follow.")
@write_options
async def cli(session: Session, filename: tuple[str, ...], recursive: bool, save_config: bool, **flags: Any) -> int:
    """Create a resource from a file or from stdin."""
    from kube.apimachinery.errors import StatusError

    writing, code = Writing.read(flags, "kubectl-create"), 0
    for target in await targets(session, (), files=filename or ("",), recursive=recursive, command="create"):
        assert target.object is not None
        body = with_last_applied(target.object) if save_config else target.object
        try:
            writing.say(target, "created", await create(session, target, body, writing))
        except StatusError as error:
            print(describe(add_source(error, "creating", target.source)), file=sys.stderr)
            code = 1
    return code


async def create(session: Session, target: Target, body: dict[str, Any], writing: Writing) -> dict[str, Any]:
    """Sends one object; a client-side dry run sends nothing and returns what would have been sent."""
    if writing.dry_run == "client":
        return body
    return await session.post(target.mapping.path(target.namespace), body, **writing.params)
