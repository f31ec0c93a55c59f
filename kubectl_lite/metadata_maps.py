"""`label` and `annotate`: both set and remove keys of a map in an object's metadata; they differ in their words.

Called by `kubectl_lite.commands.label` and `annotate`, which give the words. Source: k8s.io/kubectl/pkg/cmd/label and
annotate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from kubectl_lite.cli import bool_option, command
from kubectl_lite.errors import CommandError
from kubectl_lite.key_values import parse, split, taken
from kubectl_lite.resources import Target
from kubectl_lite.selecting import (
    EVERYTHING,
    NO_LOCAL_FILE,
    NOTHING_NAMED,
    for_each,
    list_pairs,
    live,
    select_options,
    selected,
)
from kubectl_lite.session import Session
from kubectl_lite.writing import Writing, write_options

Pairs = dict[str, str]


@dataclass(frozen=True)
class Words:
    """What one of the two commands says, and when it asks the server."""

    command: str
    singular: str
    clash: Callable[[list[str]], str]
    """The refusal to overwrite, from one text for each key that is taken."""
    outcome: Callable[[Pairs, Pairs, bool, list[str]], str]
    """From the map before and after, `--overwrite` and the removed keys: `labeled`."""
    tells_absent: bool
    """Whether a key to remove that is not there is worth a line, and no change is worth no request."""

    @property
    def plural(self) -> str:
        """The field of the metadata, too."""
        return f"{self.singular}s"


def command_of(words: Words) -> click.Command:
    """The command that speaks these words."""

    @command(words.command, help=f"Update the {words.plural} on a resource.")
    @click.argument("args", nargs=-1)
    @bool_option("--overwrite", default=False, help=f"Allow {words.plural} to be overwritten.")
    @click.option("--list", "list_", is_flag=True, help=f"Display the {words.plural} of the resource.")
    @click.option("--resource-version", default="", help="Precondition for the resource version.")
    @click.option("--local", is_flag=True, help="Do not ask the server; print what would become of the files.")
    @select_options(*EVERYTHING)
    @write_options(f"kubectl-{words.command}")
    async def run(
        session: Session, args: tuple[str, ...], overwrite: bool, list_: bool, resource_version: str, **flags: Any
    ) -> int:
        writing = Writing.read(flags, f"kubectl-{words.command}")
        resources, changes = split(args, words.singular)
        sets, removed = parse(changes, words.singular)
        if not args and not flags["filename"]:
            raise CommandError(NOTHING_NAMED)
        if not changes and not list_:
            raise CommandError(f"at least one {words.singular} update is required")
        if list_ and writing.output:
            raise CommandError("--list and --output may not be specified together")
        local = flags.pop("local")
        if local and not flags["filename"]:
            raise CommandError(NO_LOCAL_FILE)
        by_name = not (flags["all_"] or flags["selector"] or flags["field_selector"])
        found = await selected(session, resources, flags, words.command, local=local)
        if resource_version and len(found) > 1:
            raise CommandError("--resource-version may only be used with a single resource")
        metadata: dict[str, Any] = {words.plural: sets | dict.fromkeys(removed)}
        metadata |= {"resourceVersion": resource_version} if resource_version else {}

        async def act(target: Target) -> None:
            obj = target.object if local and target.object else await live(session, target)
            version = obj["metadata"].get("resourceVersion")
            if resource_version and version != resource_version and not local:
                await session.patch(target.path, {"metadata": metadata}, "merge", **writing.params)  # is refused
            before = obj["metadata"].get(words.plural) or {}
            _check(words, before, sets, removed, overwrite)
            after = {k: v for k, v in (before | sets).items() if k not in removed}
            wanted = bool(changes) and not (words.tells_absent and after == before)
            if wanted and writing.dry_run != "client" and not local:
                obj = await session.patch(target.path, {"metadata": metadata}, "merge", **writing.params)
            if list_:
                list_pairs(target, words.plural, after, alone=by_name and len(found) == 1)
                return
            what = words.outcome(before, after, overwrite, removed)
            writing.say(target, what, obj | {"metadata": obj["metadata"] | {words.plural: after}})

        return await for_each(found, act)

    return run


def _check(words: Words, before: Pairs, sets: Pairs, removed: list[str], overwrite: bool) -> None:
    clashes = taken(before, sets)
    if clashes and not overwrite:
        raise CommandError(words.clash(clashes))
    for key in removed if words.tells_absent else ():
        if key not in before:
            print(f'{words.singular} "{key}" not found.')
