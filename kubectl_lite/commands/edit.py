"""`kubectl_lite edit`: shows objects in an editor and sends what was changed.

Source: k8s.io/kubectl/pkg/cmd/util/editor. What the server refuses is shown again, above the person's own text, until
it is accepted, left unchanged, or emptied; then a copy stays on disk.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from kubectl_lite.cli import command
from kubectl_lite.editing import HEAD, Editor, without_comments
from kubectl_lite.errors import CommandError, report
from kubectl_lite.manifests import parse
from kubectl_lite.patching import difference
from kubectl_lite.printers.objects import as_list, printer_for
from kubectl_lite.resources import NOTHING_GIVEN, Target
from kubectl_lite.selecting import file_options, live_objects, selected
from kubectl_lite.session import Session
from kubectl_lite.writing import Writing, write_options

if TYPE_CHECKING:
    from kube.apimachinery.errors import StatusError

Json = dict[str, Any]


@command("edit")
@click.argument("args", nargs=-1)
@click.option("--output-patch", is_flag=True, help="Print the patch when something was edited.")
@click.option("--save-config", is_flag=True, help="Keep it in an annotation.")
@click.option("--subresource", default="", help="Edit this subresource: status or scale.")
@click.option("--windows-line-endings", is_flag=True, help="End lines as on Windows.")
@file_options
@write_options("kubectl-edit", dry_run=False, validate=True)
async def cli(session: Session, args: tuple[str, ...], **flags: Any) -> int:
    """Edit a resource from the default editor."""
    own = {name: flags.pop(name) for name in ("output_patch", "save_config", "subresource", "windows_line_endings")}
    printer_for(flags["output"], formats=("json", "yaml"))
    format_ = flags["output"] or "yaml"
    writing = Writing.read(flags, "kubectl-edit")
    found = await selected(session, args, flags, "edit", nothing=NOTHING_GIVEN, whole=True)
    objects = await live_objects(session, found)
    if objects is None:
        return 1
    printer = printer_for(format_)
    assert printer
    original = printer(objects[0] if len(objects) == 1 else as_list(objects) | {"metadata": {}})
    editor = Editor(f".{format_}", windows=own["windows_line_endings"])
    return await _until_accepted(session, found, objects, original, own, writing, editor)


async def _until_accepted(
    session: Session, found: list[Target], objects: list[Json], original: str, own: Json, writing: Writing,
    editor: Editor,
) -> int:  # fmt: skip
    shown, problems = original, ""
    while True:
        text = HEAD + "".join(f"# {line}\n" for line in problems.splitlines()) + ("#\n" if problems else "") + shown
        edited = without_comments(editor.edit(text))
        if edited == shown or not edited.strip():
            return _cancelled(editor, problems, empty=not edited.strip())
        try:
            changes = _changes(found, objects, edited)
        except CommandError as why:
            report(CommandError(f'{found[0].mapping.qualified} "{found[0].name}" is invalid'))
            shown, problems = edited, f"The edited file had a syntax error: {why}"
            continue
        if not any(difference(target.mapping, before, after)[0] for target, before, after in changes):
            return _cancelled(editor, problems, empty=False)
        _refuse_other_names(changes, editor)
        problems = await _send(session, changes, own, writing)
        if not problems:
            editor.forget()
            return 0
        shown = edited


def _cancelled(editor: Editor, problems: str, empty: bool) -> int:
    if problems:
        print(f'A copy of your changes has been stored to "{editor.path}"', file=sys.stderr)
        raise CommandError("Edit cancelled, no valid changes were saved.")
    editor.forget()
    print(f"Edit cancelled, {'saved file was empty' if empty else 'no changes made'}.", file=sys.stderr)
    return 0


def _changes(found: list[Target], before: list[Json], text: str) -> list[tuple[Target, Json, Json]]:
    """Each object's target with how it was and how it shall be. Raises CommandError for what is no such object."""
    after = [manifest.object for manifest in parse(text, "edited-file")]
    if len(after) != len(before):
        raise CommandError("the number of objects was changed")
    return list(zip(found, before, after, strict=True))


def _refuse_other_names(changes: list[tuple[Target, Json, Json]], editor: Editor) -> None:
    for _, before, after in changes:
        same = all(before.get(name) == after.get(name) for name in ("apiVersion", "kind"))
        if not same or before["metadata"]["name"] != (after.get("metadata") or {}).get("name"):
            print(f'A copy of your changes has been stored to "{editor.path}"', file=sys.stderr)
            raise CommandError("At least one of apiVersion, kind and name was changed")


async def _send(session: Session, changes: list[tuple[Target, Json, Json]], own: Json, writing: Writing) -> str:
    """Patches what differs; returns what the server had against it."""
    from kube.apimachinery.errors import StatusError

    problems = []
    for target, before, after in changes:
        patch, patch_type = difference(target.mapping, before, after)
        if not patch:
            print(f"{target.printed} skipped")
            continue
        if own["output_patch"]:
            import json

            print(f"Patch: {json.dumps(patch, separators=(',', ':'))}")
        try:
            path = target.mapping.path(target.namespace, target.name, own["subresource"])
            writing.say(target, "edited", await session.patch(path, patch, patch_type, **writing.params))
        except StatusError as why:
            problems.append(_problem(target, why))
    return "\n".join(problems)


def _problem(target: Target, why: StatusError) -> str:
    """Says in one line that it failed; returns the lines for the head of the file."""
    from kube.apimachinery.errors import Invalid, NotFound

    what = f'{target.mapping.qualified} "{target.name}"'
    if isinstance(why, Invalid):
        causes = (why.details.causes if why.details else None) or ()
        report(CommandError(f"{what} is invalid"))
        return "\n".join([f"{what} was not valid:", *(f"* {c.field}: {c.message}" for c in causes)])
    reason = "could not be found on the server" if isinstance(why, NotFound) else f"could not be patched: {why.message}"
    report(CommandError(f"{what} {reason}"))
    return f"{what} {reason}"
