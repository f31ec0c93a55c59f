"""The live objects that a command works on: by name, by file, by selector, or all of a type.

Called by the commands that change existing objects (`label`, `scale`, `set` and their like) and by those that look at
them (`rollout`, `wait`). Calls `kubectl_lite.resources` and the session. Wording follows k8s.io/cli-runtime.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

import click

from kubectl_lite.errors import CommandError, report_all
from kubectl_lite.resources import Target, fetch, list_of, targets
from kubectl_lite.session import Session

Json = dict[str, Any]
OPTIONS: Json = {"filename": (), "recursive": False, "selector": "", "field_selector": "", "all_": False,
                 "all_namespaces": False}  # fmt: skip


def file_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds `-f` and `-R` to a command."""
    return select_options()(function)


LABELS = ("Label selector to filter on: key=value, key!=value, 'key in (a, b)', 'key notin (a, b)', key, '!key'; "
          "several with commas.")  # fmt: skip
FIELDS = "Field selector to filter on: field=value, field!=value. The server knows a few fields of each type only."
_SELECT = {
    "-l": click.option("-l", "--selector", default="", help=LABELS),
    "--field-selector": click.option("--field-selector", default="", help=FIELDS),
    "--all": click.option("--all", "all_", is_flag=True, help="Select all objects of the type in the namespace."),
    "-A": click.option("-A", "--all-namespaces", is_flag=True, help="Across all namespaces, whatever -n says."),
}  # fmt: skip
EVERYTHING = ("-l", "--field-selector", "--all", "-A")


def select_options(*names: str, recursive: bool = False) -> Callable[..., Any]:
    """Adds `-f`, `-R` (with its default) and those of `EVERYTHING` that are named to a command."""

    def wrap(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in (
            click.option("-R", "--recursive", is_flag=True, default=recursive,
                         help="Process the directories of -f with all that is below them."),
            click.option("-f", "--filename", multiple=True, help="Filename, directory, or URL to files that name the "
                         "resources; - is standard input."),
            *map(_SELECT.__getitem__, names),
        ):  # fmt: skip
            function = option(function)
        return function

    return wrap


async def selected(
    session: Session, args: Sequence[str], flags: Json, command: str, *, nothing: str = "", whole: bool = False,
    local: bool = False,
) -> list[Target]:  # fmt: skip
    """The targets, each named; collections are listed. Takes its own flags out of `flags`.

    `nothing` is what to say when nothing was given; `whole` allows a bare type, which means all of it. With `local` the
    objects of files stay as they stand there.
    """
    own = {name: flags.pop(name, empty) for name, empty in OPTIONS.items()}
    if not args and not own["filename"]:
        raise CommandError(nothing or NOTHING_NAMED)
    given = await targets(
        session, args, files=own["filename"], recursive=own["recursive"],
        all_namespaces=own["all_namespaces"], command=command, local=local,
    )  # fmt: skip
    filters = {"labelSelector": own["selector"], "fieldSelector": own["field_selector"]}
    named: list[Target] = []
    for target in given:
        if target.name:
            named.append(target)
        elif not (whole or own["all_"] or own["all_namespaces"] or any(filters.values())):
            raise CommandError("resource(s) were provided, but no name was specified")
        else:
            named += await _listed(session, target, filters)
    return named


NO_LOCAL_FILE = "can only use local files by -f pod.yaml or --filename=pod.json when --local=true is set"
NOTHING_NAMED = "one or more resources must be specified as <resource> <name> or <resource>/<name>"


async def _listed(session: Session, target: Target, filters: Json) -> list[Target]:
    listed = await list_of(session, target, filters)
    kind = {"apiVersion": target.mapping.api_version, "kind": target.mapping.kind}
    return [
        replace(target, name=item["metadata"]["name"], namespace=item["metadata"].get("namespace", ""),
                object=kind | item)
        for item in listed.get("items") or ()
    ]  # fmt: skip


async def live(session: Session, target: Target) -> Json:
    """The object as the server has it; not asked for again when a list has just brought it."""
    if target.object is not None and not target.source:
        return target.object
    return await fetch(session, target)


async def live_objects(session: Session, found: list[Target]) -> list[Json] | None:
    """All objects; None when one of them is not there, which is said."""
    from kube.apimachinery.errors import StatusError

    objects, errors = [], []
    for target in found:
        try:
            objects.append(await live(session, target))
        except StatusError as error:
            errors.append(error)
    report_all(errors)
    return None if errors else objects


async def for_each(found: Sequence[Target], act: Callable[[Target], Awaitable[None]]) -> int:
    """Does one thing to each object; failures are printed when all are done. Returns the exit code."""
    from kube.apimachinery.errors import StatusError

    errors: list[Exception] = []
    for target in found:
        try:
            await act(target)
        except (StatusError, CommandError) as error:
            errors.append(error)
    report_all(errors)
    return 1 if errors else 0


def list_pairs(target: Target, what: str, pairs: dict[str, str], *, alone: bool) -> None:
    """`--list` of labels or annotations: sorted, under a heading when there are several objects."""
    if not alone:
        print(f"Listing {what} for {target.mapping.kind}.{target.mapping.group}/{target.name}:")
    for key, value in sorted(pairs.items()):
        print(f"{'' if alone else ' '}{key}={value}")
