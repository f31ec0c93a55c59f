"""What the sub-commands of `set` share: their flags, and the patch that leads to what one of them wants.

Called by `kubectl_lite.commands.set` and `set_env`. What changes in a pod spec is decided by `kubectl_lite.pod_specs`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import click

from kubectl_lite import pod_specs
from kubectl_lite.cli import command
from kubectl_lite.errors import CommandError
from kubectl_lite.patching import difference
from kubectl_lite.resources import NOTHING_GIVEN, Target
from kubectl_lite.selecting import NO_LOCAL_FILE, for_each, live, select_options, selected
from kubectl_lite.session import Session
from kubectl_lite.writing import Writing, write_options

Json = dict[str, Any]
Decide = Callable[[Json], Json]
"""From an object to the object that it shall be."""


async def apply(
    session: Session, words: Sequence[str], flags: Json, what: str, decide: Decide, *, always: bool = False
) -> int:
    """Patches each object to what `decide` makes of it; says nothing of those that are so already, unless `always`."""
    writing = Writing.read(flags, "kubectl-set")
    local = flags.pop("local")
    if not words and not flags["filename"]:
        raise CommandError(NOTHING_GIVEN)
    if local and not flags["filename"]:
        raise CommandError(NO_LOCAL_FILE)

    async def act(target: Target) -> None:
        obj = target.object if local and target.object else await live(session, target)
        after = decide(obj)
        patch, patch_type = difference(target.mapping, obj, after)
        if not patch and not always:
            return
        if patch and writing.dry_run != "client" and not local:
            after = await session.patch(target.path, patch, patch_type, **writing.params)
        writing.say(target, what, after)

    return await for_each(await selected(session, words, flags, "set", whole=bool(flags.get("all_"))), act)


def on_pods(change: Callable[[Json], Json]) -> Decide:
    """From a change of a pod spec to the object around it."""

    local = click.get_current_context().params.get("local")

    def decide(obj: Json) -> Json:
        try:
            return pod_specs.with_pod_spec(obj, change(pod_specs.pod_spec(obj)))
        except CommandError as why:
            if not pod_specs.path_to_pod_spec(obj["kind"]) or "already has" in str(why):
                plural = "" if local else "s"
                raise CommandError(f"{obj['kind'].lower()}{plural}/{obj['metadata']['name']} {why}") from why
            raise

    return decide


def split(args: Sequence[str], is_change: Callable[[str], bool]) -> tuple[list[str], list[str]]:
    """The resources, then the changes."""
    at = next((i for i, word in enumerate(args) if is_change(word)), len(args))
    return list(args[:at]), list(args[at:])


_LOCAL = click.option("--local", is_flag=True, help="Do not ask the server; print what becomes of the files.")
Run = Callable[..., Awaitable[int]]


def setter(
    name: str, help_: str, *options: Callable[..., Any], by: Sequence[str] = ("--all", "-l"), recursive: bool = False
) -> Callable[[Run], click.Command]:
    """A sub-command with its own options and those of all. `by` is what it selects objects by, besides names."""
    shared = select_options(*by, recursive=recursive), write_options("kubectl-set")

    def wrap(function: Run) -> click.Command:
        for option in (click.argument("args", nargs=-1), _LOCAL, *options, *shared):
            function = option(function)
        return command(name, help=help_)(function)

    return wrap
