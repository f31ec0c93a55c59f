"""`kubectl_lite diff`: what `apply` would change, as a unified diff of the live object and the server's dry run.

Source: k8s.io/kubectl/pkg/cmd/diff. The exit code is diff's: 0 for none, 1 for differences, more for failures.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import click

from kubectl_lite.cli import command
from kubectl_lite.errors import CommandError, report
from kubectl_lite.last_applied import ANNOTATION, CLIENT_SIDE, manager_of, read
from kubectl_lite.patching import three_way
from kubectl_lite.resources import Target, matching, targets
from kubectl_lite.session import Session

Json = dict[str, Any]


@command("diff")
@click.option("-f", "--filename", multiple=True, help="File, directory or - for standard input.")
@click.option("-R", "--recursive", is_flag=True, help="Read the directories of -f recursively.")
@click.option("-l", "--selector", default="", help="Only objects with these labels.")
@click.option("--server-side", is_flag=True, help="As apply --server-side would.")
@click.option("--force-conflicts", is_flag=True, help="With --server-side: take over fields of other managers.")
@click.option("--field-manager", default=CLIENT_SIDE, help="Name of the manager of the written fields.")
@click.option("--show-managed-fields", is_flag=True, help="Keep managedFields.")
@click.option("--prune", is_flag=True, help="Show as gone what apply --prune would delete.")
@click.option("--prune-allowlist", multiple=True, help="With --prune: look at these kinds only: group/version/kind.")
@click.option("--concurrency", default=1, help="Taken; kube-lite's client asks one after the other.")
async def cli(session: Session, filename: tuple[str, ...], recursive: bool, selector: str, **flags: Any) -> int:
    """Diff the live version against a would-be applied version."""
    from kube.apimachinery.errors import StatusError

    try:
        return await _diff(session, filename, recursive, selector, flags)
    except (StatusError, CommandError) as why:
        report(why)
        return 2  # 1 would mean that there are differences


async def _diff(session: Session, filename: tuple[str, ...], recursive: bool, selector: str, flags: Json) -> int:
    if not filename:
        raise CommandError("must specify one of -f and -k")
    found = matching(await targets(session, (), files=filename, recursive=recursive, command="diff"), selector)
    with tempfile.TemporaryDirectory(prefix="LIVE-") as live, tempfile.TemporaryDirectory(prefix="MERGED-") as merged:
        for target in found:
            await _one(session, target, Path(live), Path(merged), flags)
        async for target, item in _gone(session, found, selector, flags):
            _write(target, item, None, Path(live), Path(merged), flags | {"show_managed_fields": True})
        return _run(live, merged)


async def _one(session: Session, target: Target, live: Path, merged: Path, flags: Json) -> None:
    """Writes the object as it is and as it would be, each into its folder."""
    from kube.apimachinery.errors import NotFound

    try:
        before: Json | None = await session.get(target.path)
    except NotFound:
        before = None
    _write(target, before, await _would_be(session, target, before, flags), live, merged, flags)


async def _gone(
    session: Session, applied: list[Target], selector: str, flags: Json
) -> AsyncIterator[tuple[Target, Json]]:
    """What `apply --prune` would delete."""
    from kubectl_lite.pruning import kinds, prunable

    if flags["prune"]:
        among = kinds(await session.mapper(), flags["prune_allowlist"])
        async for target, item in prunable(session, applied, selector, among):
            yield target, item


def _write(target: Target, before: Json | None, after: Json | None, live: Path, merged: Path, flags: Json) -> None:
    """Nothing is written of what is not there, before or after."""
    from kubectl_lite.printers.objects import without_managed_fields
    from kubectl_lite.printers.yaml_printer import to_yaml

    if not flags["show_managed_fields"]:
        before, after = (obj and without_managed_fields(obj) for obj in (before, after))
    if target.mapping.kind == "Secret":
        before, after = _masked(before, after)
    m = target.mapping
    name = ".".join(filter(None, (m.group, m.version, m.kind, target.namespace, target.name)))
    for folder, obj in ((live, before), (merged, after)):
        (folder / name).write_text(to_yaml(obj) if obj else "")


async def _would_be(session: Session, target: Target, before: Json | None, flags: Json) -> Json:
    assert target.object is not None
    params = {"dryRun": "All", "fieldManager": flags["field_manager"]}
    if flags["server_side"]:
        params |= {"fieldManager": manager_of(flags["field_manager"], server_side=True),
                   "force": "true" if flags["force_conflicts"] else ""}  # fmt: skip
        return await session.patch(target.path, target.object, "apply", **params)
    if before is None:
        return await session.post(target.mapping.path(target.namespace), target.object, **params)
    modified = _with_annotation_of(before, target.object)
    patch, patch_type = three_way(target.mapping, read(before) or {}, modified, before)
    return await session.patch(target.path, patch, patch_type, **params) if patch else before


def _with_annotation_of(live: Json, obj: Json) -> Json:
    """What was last applied is no difference worth showing: it stays as it is."""
    metadata = obj.get("metadata") or {}
    have = (live["metadata"].get("annotations") or {}).get(ANNOTATION)
    if have is None:
        return obj
    return obj | {"metadata": metadata | {"annotations": (metadata.get("annotations") or {}) | {ANNOTATION: have}}}


def _masked(before: Json | None, after: Json | None) -> tuple[Json | None, Json | None]:
    """Stars for a Secret's values; where a value differs, the stars say before and after."""
    old, new = ((obj or {}).get("data") or {} for obj in (before, after))
    same = {k for k in old if new.get(k) == old[k]}

    def stars(data: Json, other: Json, note: str) -> Json:
        return {k: "***" if k in same or k not in other else f"*** ({note})" for k in data}

    masked_old = before and (before | ({"data": stars(old, new, "before")} if old else {}))
    return masked_old, after and (after | ({"data": stars(new, old, "after")} if new else {}))


def _run(live: str, merged: str) -> int:
    words = shlex.split(os.environ.get("KUBECTL_EXTERNAL_DIFF") or "diff") or ["diff"]
    arguments = [live, merged] if len(words) > 1 else ["-u", "-N", live, merged]
    try:
        return subprocess.run([*words, *arguments], check=False).returncode
    except OSError as why:
        reason = "executable file not found in $PATH" if isinstance(why, FileNotFoundError) else why.strerror
        raise CommandError(f'failed to run "{words[0]}": {reason}', code=2) from why
