"""`kubectl_lite apply edit-last-applied`: what apply keeps of its last run, in an editor.

Used by `kubectl_lite.commands.apply`. Nothing but the annotation changes. Source: k8s.io/kubectl/pkg/cmd/util/editor,
the "apply" mode. It leaves out kubectl's check of the text's fields, which the server does not see.
"""

from __future__ import annotations

import sys
from typing import Any

import click

from kubectl_lite.cli import command
from kubectl_lite.editing import Editor, without_comments
from kubectl_lite.errors import CommandError, report
from kubectl_lite.last_applied import ANNOTATION, CLIENT_SIDE, encode, read
from kubectl_lite.manifests import parse
from kubectl_lite.printers.objects import as_list, printer_for
from kubectl_lite.resources import NOTHING_GIVEN, from_manifest
from kubectl_lite.selecting import file_options, live_objects, selected
from kubectl_lite.session import Session
from kubectl_lite.writing import Writing, write_options

Json = dict[str, Any]
HEAD = """\
# Please edit the 'last-applied-configuration' annotations below.
# Lines beginning with a '#' will be ignored, and an empty file will abort the edit.
#
"""


@command("edit-last-applied")
@click.argument("args", nargs=-1)
@click.option("--windows-line-endings", is_flag=True, help="End lines as on Windows.")
@file_options
@write_options(CLIENT_SIDE, dry_run=False, validate=True)
async def edit(session: Session, args: tuple[str, ...], windows_line_endings: bool, **flags: Any) -> int:
    """Edit the latest last-applied-configuration annotations of a resource or object."""
    printer_for(flags["output"], formats=("json", "yaml"))
    format_ = flags["output"] or "yaml"
    writing = Writing.read(flags, CLIENT_SIDE)
    objects = await live_objects(session, await selected(session, args, flags, "edit", nothing=NOTHING_GIVEN,
                                                         whole=True))  # fmt: skip
    if objects is None:
        return 1
    kept = [config for config in map(read, objects) if config is not None]
    if not kept:
        raise CommandError("no last-applied-configuration annotation found on resources, to create the annotation, use "
                           "command `kubectl_lite apply set-last-applied --create-annotation`")  # fmt: skip
    printer = printer_for(format_)
    assert printer
    text = printer(kept[0] if len(kept) == 1 else as_list(kept) | {"metadata": {}})
    editor = Editor(f".{format_}", windows=windows_line_endings)
    edited = _edited(editor, text, HEAD if format_ == "yaml" else "", await _what(session, kept[0]))
    if edited is None:
        return 0
    try:
        for manifest in edited:
            await _keep(session, manifest, kept[0], writing)
    except Exception:
        print(f'A copy of your changes has been stored to "{editor.path}"', file=sys.stderr)
        raise
    editor.forget()
    return 0


async def _what(session: Session, config: Json) -> str:
    """How errors call the first object: `services "myapp"`."""
    mapping = (await session.mapper()).by_kind(config["apiVersion"], config["kind"])
    return f'{mapping.qualified if mapping else config["kind"]} "{config["metadata"]["name"]}"'


def _edited(editor: Editor, text: str, head: str, what: str) -> list[Any] | None:
    """The manifests that were saved; None when nothing has changed. Raises CommandError for the same mistake twice."""
    shown, problems = text, ""
    while True:
        comments = head + problems if head else ""
        saved = without_comments(editor.edit(comments + shown))
        if problems and saved == shown:
            print(f'A copy of your changes has been stored to "{editor.path}"', file=sys.stderr)
            raise CommandError("Edit cancelled, no valid changes were saved.")
        if saved == text:
            editor.forget()
            print("Edit cancelled, no changes made.", file=sys.stderr)
            return None
        try:
            if manifests := list(parse(saved, "edited-file")):
                return manifests
            reason = 'unknown object type "nil"'
        except CommandError as why:
            reason = str(why)
        report(CommandError(f"{what} is invalid"))
        shown, problems = saved, f"# {what} was not valid:\n# * <nil>: Invalid value: {reason}\n#\n"


async def _keep(session: Session, manifest: Any, first: Json, writing: Writing) -> None:
    """Writes one annotation. Only the first object can be known again, as in kubectl: others count as edited."""
    target = from_manifest(session, await session.mapper(), manifest)
    if manifest.object == first:
        return writing.say(target, "skipped", manifest.object)
    patch = {"metadata": {"annotations": {ANNOTATION: encode(manifest.object)}}}
    await session.patch(target.path, patch, "merge", fieldManager=writing.field_manager)
    return writing.say(target, "edited", manifest.object)
