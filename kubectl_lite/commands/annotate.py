"""`kubectl_lite annotate`: sets and removes annotations."""

from __future__ import annotations

from typing import Any

import click

from kubectl_lite.cli import bool_option, command
from kubectl_lite.errors import CommandError
from kubectl_lite.key_values import parse, split, taken
from kubectl_lite.resources import Target
from kubectl_lite.selecting import for_each, list_pairs, live, select_options, selected
from kubectl_lite.session import Session
from kubectl_lite.writing import Writing, write_options


@command("annotate")
@click.argument("args", nargs=-1)
@bool_option("--overwrite", default=False, help="Allow annotations to be overwritten.")
@click.option("--list", "list_", is_flag=True, help="Display the annotations of the resource.")
@click.option("--resource-version", default="", help="Precondition for the resource version.")
@select_options
@write_options
async def cli(
    session: Session, args: tuple[str, ...], overwrite: bool, list_: bool, resource_version: str, **flags: Any
) -> int:
    """Update the annotations on a resource."""
    writing = Writing.read(flags, "kubectl-annotate")
    resources, words = split(args)
    sets, removed = parse(words, "annotation")
    if not words and not list_:
        raise CommandError("at least one annotation update is required")
    found = await selected(session, resources, flags, "annotate")

    async def act(target: Target) -> None:
        obj = await live(session, target)
        annotations = obj["metadata"].get("annotations") or {}
        clashes = taken(annotations, sets)
        if clashes and not overwrite:
            raise CommandError(
                f"--overwrite is false but found the following declared annotation(s): {'; '.join(clashes)}"
            )
        after = {k: v for k, v in (annotations | sets).items() if k not in removed}
        if words and writing.dry_run != "client":
            metadata: dict[str, Any] = {"annotations": sets | dict.fromkeys(removed)}
            if resource_version:
                metadata["resourceVersion"] = resource_version
            obj = await session.patch(target.path, {"metadata": metadata}, "merge", **writing.params)
        if list_:
            list_pairs(target, "annotations", after, alone=len(found) == 1)
            return
        writing.say(target, "annotated", obj | {"metadata": obj["metadata"] | {"annotations": after}})

    return await for_each(found, act)
