"""`kubectl_lite create`: creates what a manifest (`-f`) or the flags of a generator describe; refuses what exists.

The flags of the generators (`create deployment`, `create service clusterip`, …) are in the modules `create_*` beside
this one; what they make is in `kubectl_lite.generators`.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import click

from kubectl_lite.cli import command, group
from kubectl_lite.commands.create_access import ACCESS
from kubectl_lite.commands.create_data import config_map_command, secret_command
from kubectl_lite.commands.create_elsewhere import ELSEWHERE
from kubectl_lite.commands.create_objects import OBJECTS
from kubectl_lite.commands.create_services import service_command
from kubectl_lite.creating import create
from kubectl_lite.errors import add_source, report_all, usage
from kubectl_lite.last_applied import with_last_applied
from kubectl_lite.raw import send_raw
from kubectl_lite.resources import Target, of_files
from kubectl_lite.session import Session
from kubectl_lite.writing import Writing, write_options


@command("create")
@click.argument("words", nargs=-1)
@click.option("-f", "--filename", multiple=True, help="File, directory or - for standard input.")
@click.option("-R", "--recursive", is_flag=True, help="Read the directories of -f recursively.")
@click.option("-l", "--selector", default="", help="Only objects with these labels.")
@click.option("--save-config", is_flag=True, help="Keep the manifest in an annotation, so that apply can follow.")
@click.option("--raw", default="", help="Send the file in a POST to this path.")
@click.option("--edit", is_flag=True, help="Open the manifests in an editor, and create what was made of them.")
@click.option("--windows-line-endings", is_flag=True, help="With --edit: end lines as on Windows.")
@write_options("kubectl-create", validate=True)
async def from_files(
    session: Session, words: tuple[str, ...], filename: tuple[str, ...], recursive: bool, selector: str,
    save_config: bool, raw: str, edit: bool, windows_line_endings: bool, **flags: Any,
) -> int:  # fmt: skip
    """Create a resource from a file or from stdin."""
    from kube.apimachinery.errors import StatusError

    if words:
        raise usage("create", f"Unexpected args: [{' '.join(words)}]")
    if raw:
        return await send_raw(session, "POST", raw, filename)
    writing, errors, shown = Writing.read(flags, "kubectl-create"), list[Exception](), False
    found = await of_files(session, filename, recursive, selector, "create", errors)
    if edit:
        edits = [_edited(target, writing.output or "yaml", windows=windows_line_endings) for target in found]
        found = [target for target in edits if target]
    for target in found:
        assert target.object is not None
        body = with_last_applied(target.object) if save_config else target.object
        try:
            answer = await create(session, target, body, writing)
            print("---\n" if shown and writing.output == "yaml" else "", end="")
            writing.say(target, "created", answer)
            shown = True
        except StatusError as error:
            errors.append(add_source(error, "creating", target.source))
    report_all(errors)
    return 1 if errors else 0


def _edited(target: Target, format_: str, *, windows: bool) -> Target | None:
    """The manifest as the person leaves it; None when nothing was changed. Raises CommandError."""
    from kubectl_lite.editing import HEAD, Editor, without_comments
    from kubectl_lite.manifests import parse
    from kubectl_lite.printers.objects import printer_for

    printer = printer_for(format_, formats=("json", "yaml"))
    assert printer and target.object is not None
    original, editor = printer(target.object), Editor(f".{format_}", windows=windows)
    edited = without_comments(editor.edit(HEAD + original))
    editor.forget()
    if edited == original or not edited.strip():
        why = "saved file was empty" if not edited.strip() else "no changes made"
        print(f"Edit cancelled, {why}.", file=sys.stderr)
        return None
    (manifest,) = parse(edited, "edited-file")
    return replace(target, name=(manifest.object.get("metadata") or {}).get("name", ""), object=manifest.object)


_SUBCOMMANDS: dict[str, click.Command] = {
    **ACCESS, **ELSEWHERE, **OBJECTS,
    "configmap": config_map_command, "secret": secret_command, "service": service_command,
}  # fmt: skip
_SHORT = {
    "cj": "cronjob", "cm": "configmap", "deploy": "deployment", "ing": "ingress", "ns": "namespace",
    "pc": "priorityclass", "pdb": "poddisruptionbudget", "resourcequota": "quota", "sa": "serviceaccount",
    "svc": "service",
}  # fmt: skip


cli = group("create", _SUBCOMMANDS, _SHORT, help="Create a resource from a file, from stdin, or from flags.",
            default=from_files)  # fmt: skip
