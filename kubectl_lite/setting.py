"""What the sub-commands of `set` share: their flags, and the patch that leads to what one of them wants.

Called by `kubectl_lite.commands.set` and `set_env`. What changes in a pod spec is decided by `kubectl_lite.pod_specs`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import click

from kubectl_lite import pod_specs
from kubectl_lite.cli import command
from kubectl_lite.errors import CommandError, report_all
from kubectl_lite.generators.go_empties import with_go_empties
from kubectl_lite.patching import difference
from kubectl_lite.resources import NOTHING_GIVEN, Target
from kubectl_lite.selecting import NO_LOCAL_FILE, live, select_options, selected
from kubectl_lite.session import Session
from kubectl_lite.writing import Writing, write_options

Json = dict[str, Any]
Decide = Callable[[Json], Json]
"""From an object to the object that it shall be."""


async def apply(
    session: Session, words: Sequence[str], flags: Json, what: str, decide: Decide, *, failing: str = "",
    always: bool = False, problems: Sequence[Exception] = (),
) -> int:  # fmt: skip
    """Patches each object to what `decide` makes of it; says nothing of those that are so already, unless `always`.

    `failing` is put before what the server has against a patch; `problems`, which `decide` may fill, are told first.
    """
    from kube.apimachinery.errors import StatusError

    writing = Writing.read(flags, "kubectl-set")
    local, errors = flags.pop("local"), list[Exception]()
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
            try:
                after = await session.patch(target.path, patch, patch_type, **writing.params)
            except StatusError as why:
                raise (CommandError(f"{failing} {why.message}") if failing else why) from why
        writing.say(target, what, with_go_empties(after) if local or writing.dry_run == "client" else after)

    for target in await selected(session, words, flags, "set", whole=bool(flags.get("all_")), local=local):
        try:
            await act(target)
        except (StatusError, CommandError) as error:
            errors.append(error)
    report_all([*problems, *errors])
    return 1 if problems or errors else 0


def on_pods(change: Callable[[Json], Json]) -> Decide:
    """From a change of a pod spec to the object around it. Raises CommandError, naming an object without pods."""

    local = click.get_current_context().params.get("local")

    def decide(obj: Json) -> Json:
        try:
            return pod_specs.with_pod_spec(obj, change(pod_specs.pod_spec(obj)))
        except CommandError as why:
            name = f"{obj['kind'].lower()}{'' if local else 's'}/{obj['metadata']['name']}"
            raise CommandError(f"error: {name} {why}\n", prefix=False) from why

    return decide


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
