"""`kubectl_lite apply view-last-applied` and `set-last-applied`: the annotation in which apply keeps what it applied.

Used by `kubectl_lite.commands.apply`. Source: k8s.io/kubectl/pkg/cmd/apply.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from kubectl_lite.cli import command
from kubectl_lite.errors import CommandError, usage
from kubectl_lite.last_applied import ANNOTATION, encode, read
from kubectl_lite.resources import NOTHING_GIVEN, Target
from kubectl_lite.selecting import LABELS, file_options, for_each, live, selected
from kubectl_lite.session import Session
from kubectl_lite.writing import Writing, write_options

Json = dict[str, Any]


@command("view-last-applied")
@click.argument("args", nargs=-1)
@click.option("-l", "--selector", default="", help=LABELS)
@click.option("--all", "all_", is_flag=True, help="Select all objects of the type in the namespace.")
@click.option("-o", "--output", default="yaml", help="yaml or json.")
@file_options
async def view(session: Session, args: tuple[str, ...], output: str, **flags: Any) -> int:
    """View the latest last-applied-configuration annotations of a resource or file."""
    from kubectl_lite.printers.yaml_printer import to_yaml

    if output not in ("yaml", "json"):
        raise usage("apply view-last-applied", f"Unexpected -o output mode: {output}, the flag 'output' must be "
                    "one of yaml|json")  # fmt: skip

    async def act(target: Target) -> None:
        kept = read(await live(session, target))
        if kept is None:  # no error of kubectl's either
            return
        text = to_yaml(kept) if output == "yaml" else json.dumps(kept, indent=2, sort_keys=True) + "\n"
        sys.stdout.write(text)

    return await for_each(await selected(session, args, flags, "apply", nothing=NOTHING_GIVEN, whole=True), act)


@command("set-last-applied")
@click.option("--create-annotation", is_flag=True, help="Create the annotation where there is none.")
@click.option("-f", "--filename", multiple=True, help="Files that hold what was applied.")
@write_options()
async def set_(session: Session, create_annotation: bool, **flags: Any) -> int:
    """Set the last-applied-configuration annotation on a live object to match the contents of a file."""
    writing = Writing.read(flags, "kubectl-set-last-applied")

    async def act(target: Target) -> None:
        obj = await session.get(target.path)
        if read(obj) is None and not create_annotation:
            raise CommandError(
                f"no last-applied-configuration annotation found on resource: {target.name}, to create the annotation, "
                "run the command with --create-annotation"
            )
        kept = encode(target.object or {})
        if read(obj) is not None and encode(read(obj) or {}) == kept:
            print(f"set-last-applied {target.name}: no changes required.")
            return
        if writing.dry_run != "client":
            patch = {"metadata": {"annotations": {ANNOTATION: kept}}}
            obj = await session.patch(target.path, patch, "merge", **writing.params)
        writing.say(target, "configured", obj)

    return await for_each(await selected(session, (), flags, "apply", nothing=NOTHING_GIVEN), act)
