"""`kubectl_lite label`: sets and removes labels."""

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


@command("label")
@click.argument("args", nargs=-1)
@bool_option("--overwrite", default=False, help="Allow labels to be overwritten.")
@click.option("--list", "list_", is_flag=True, help="Display the labels of the resource.")
@click.option("--resource-version", default="", help="Precondition for the resource version.")
@select_options
@write_options
async def cli(
    session: Session, args: tuple[str, ...], overwrite: bool, list_: bool, resource_version: str, **flags: Any
) -> int:
    """Update the labels on a resource."""
    writing = Writing.read(flags, "kubectl-label")
    resources, words = split(args)
    sets, removed = parse(words, "label")
    if not words and not list_:
        raise CommandError("at least one label update is required")
    found = await selected(session, resources, flags, "label")

    async def act(target: Target) -> None:
        obj = await live(session, target)
        labels = obj["metadata"].get("labels") or {}
        _refuse(labels, sets, overwrite)
        _say_absent(labels, removed)
        after = {k: v for k, v in (labels | sets).items() if k not in removed}
        if words and after != labels and writing.dry_run != "client":
            metadata: dict[str, Any] = {"labels": sets | dict.fromkeys(removed)}
            if resource_version:
                metadata["resourceVersion"] = resource_version
            obj = await session.patch(target.path, {"metadata": metadata}, "merge", **writing.params)
        if list_:
            list_pairs(target, "labels", after, alone=len(found) == 1)
            return
        what = _outcome(labels, after, overwrite, removed)
        writing.say(target, what, obj | {"metadata": obj["metadata"] | {"labels": after}})

    return await for_each(found, act)


def _refuse(labels: dict[str, str], sets: dict[str, str], overwrite: bool) -> None:
    clashes = taken(labels, sets)
    if clashes and not overwrite:
        texts = [f"{clash}, and --overwrite is false" for clash in clashes]
        raise CommandError(texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]")


def _say_absent(labels: dict[str, str], removed: list[str]) -> None:
    for key in removed:
        if key not in labels:
            print(f'label "{key}" not found.')


def _outcome(before: dict[str, str], after: dict[str, str], overwrite: bool, removed: list[str]) -> str:
    if before == after and not removed:
        return "not labeled"
    return "unlabeled" if not overwrite and len(after) < len(before) else "labeled"
