"""`kubectl_lite patch`: changes fields with a strategic merge, JSON merge or JSON patch."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from kubectl_lite.cli import command
from kubectl_lite.errors import CommandError
from kubectl_lite.resources import Target
from kubectl_lite.selecting import for_each, live, select_options, selected
from kubectl_lite.session import Session
from kubectl_lite.writing import Writing, write_options


@command("patch")
@click.argument("args", nargs=-1)
@click.option("-p", "--patch", "text", default="", help="The patch, as JSON or YAML.")
@click.option("--patch-file", default="", help="A file that holds the patch.")
@click.option("--type", "patch_type", default="strategic", help="json, merge or strategic.")
@click.option("--subresource", default="", help="Patch this subresource: status, scale or resize.")
@click.option("--local", is_flag=True, help="Do not ask the server; print what becomes of the files.")
@select_options()
@write_options("kubectl-patch")
async def cli(session: Session, args: tuple[str, ...], text: str, patch_file: str, **flags: Any) -> int:
    """Update fields of a resource using strategic merge patch, a JSON merge patch, or a JSON patch."""
    patch_type, subresource, local = flags.pop("patch_type"), flags.pop("subresource"), flags.pop("local")
    if patch_type not in ("json", "merge", "strategic"):
        raise CommandError(f'--type must be one of [json merge strategic], not "{patch_type}"')
    if bool(text) == bool(patch_file):
        raise CommandError(
            "cannot specify --patch and --patch-file together"
            if text
            else "must specify --patch or --patch-file containing the contents of the patch"
        )
    patch = _parse(_text(patch_file) if patch_file else text)
    patch = {} if patch is None else patch
    writing = Writing.read(flags, "kubectl-patch")
    if local and not flags["filename"]:
        raise CommandError("cannot specify --local and server resources")

    async def act(target: Target) -> None:
        before = target.object if local and target.object else await live(session, target)
        if local or writing.dry_run == "client":
            after = _locally(target, before, patch, patch_type)
        else:
            path = target.mapping.path(target.namespace, target.name, subresource)
            after = await session.patch(path, patch, patch_type, **writing.params)
        what = "patched" if writing.dry_run == "server" or _changed(before, after) else "patched (no change)"
        if subresource == "scale":  # what comes back is no longer the object
            target = replace(target, mapping=replace(target.mapping, singular="scale", group="autoscaling"))
        writing.say(target, what, after, quiet_dry_run=True)

    return await for_each(await selected(session, args, flags, "patch", local=local), act)


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError as why:
        raise CommandError(f"unable to read patch file: open {path}: {(why.strerror or '').lower()}") from why


def _parse(text: str) -> Any:
    from kube.apimachinery.codec import yaml_body

    if text.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(text)
        except ValueError:
            return text.encode()  # the server says what is wrong with it
    try:
        return yaml_body.loads(text.encode())[0]
    except ValueError as why:
        raise CommandError(f"unable to parse {text!r}: {why}") from why


def _changed(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether anything but the bookkeeping differs."""
    return _bare(before) != _bare(after)


def _bare(obj: dict[str, Any]) -> dict[str, Any]:
    metadata = {k: v for k, v in obj["metadata"].items() if k not in ("managedFields", "resourceVersion")}
    return obj | {"metadata": metadata}


def _locally(target: Target, obj: dict[str, Any], patch: Any, patch_type: str) -> dict[str, Any]:
    """What the server would make of it, for `--dry-run=client`."""
    from kube.api import scheme
    from kube.apimachinery.errors import StatusError
    from kube.apimachinery.patch import json_patch, merge, strategic

    if patch_type == "json":
        try:
            return json_patch.apply(obj, patch)
        except StatusError as why:
            causes = why.details.causes if why.details else ()
            raise CommandError(causes[0].message if causes else str(why)) from why
    known = scheme.by_kind(target.mapping.api_version, target.mapping.kind)
    if patch_type == "strategic" and known:
        return strategic.apply(obj, patch, known.type)
    return merge.apply(obj, patch)
