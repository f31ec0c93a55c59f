"""`kubectl_lite apply -f FILE`: makes the cluster's objects what the manifests say.

Client-side apply compares three things: what was applied last (an annotation), the manifest, and the live object; only
the difference is sent, as a strategic merge patch for the kinds that we know and a JSON merge patch for others.
`--server-side` leaves the comparing to the server. `--prune` deletes what was applied once and is no longer there.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import click

from kubectl_lite.cli import bool_option, command, group
from kubectl_lite.commands import apply_last
from kubectl_lite.creating import create
from kubectl_lite.errors import CommandError, add_source, report, usage
from kubectl_lite.last_applied import ANNOTATION, read, with_last_applied
from kubectl_lite.resources import Target, targets
from kubectl_lite.session import Session
from kubectl_lite.writing import Writing, write_options

CLIENT_SIDE, SERVER_SIDE = "kubectl-client-side-apply", "kubectl"
# What --prune looks at when nobody says: the kinds of kubectl's list that kube-lite serves.
PRUNED = ("configmaps", "endpoints", "pods", "secrets", "services", "daemonsets.apps", "deployments.apps",
          "replicasets.apps", "statefulsets.apps")  # fmt: skip


@command("apply")
@click.argument("words", nargs=-1)
@click.option("-f", "--filename", multiple=True, help="File, directory or - for standard input.")
@click.option("-R", "--recursive", is_flag=True, help="Read the directories of -f recursively.")
@click.option("-l", "--selector", default="", help="Only objects with these labels.")
@click.option("--server-side", is_flag=True, help="Let the server merge, and keep track of who manages which field.")
@click.option("--force-conflicts", is_flag=True, help="With --server-side: take over fields of other managers.")
@bool_option("--overwrite", default=True, help="Resolve conflicts in favour of the manifest.")
@click.option("--force", is_flag=True, help="Delete and create anew what cannot be changed.")
@click.option("--grace-period", default=-1, help="With --force: seconds for a graceful end.")
@click.option("--prune", is_flag=True, help="Delete applied objects that the manifests no longer hold.")
@click.option("--prune-allowlist", multiple=True, help="With --prune: look at these kinds only: group/version/kind.")
@click.option("--all", "all_", is_flag=True, help="With --prune: look at all objects of the namespace.")
@write_options(CLIENT_SIDE, validate=True)
async def _apply_command(
    session: Session, words: tuple[str, ...], filename: tuple[str, ...], recursive: bool, selector: str, **flags: Any
) -> int:
    """Apply a configuration to a resource by file name or stdin."""
    from kube.apimachinery.errors import StatusError

    if words:
        raise usage("apply", f"Unexpected args: [{' '.join(words)}]")
    server_side, conflicts, prune = flags.pop("server_side"), flags.pop("force_conflicts"), flags.pop("prune")
    everything, _, allowed = flags.pop("all_"), flags.pop("overwrite"), flags.pop("prune_allowlist")
    force, grace = flags.pop("force"), flags.pop("grace_period")
    if server_side and flags["field_manager"] == CLIENT_SIDE:
        flags["field_manager"] = SERVER_SIDE
    writing = Applying.read(flags, CLIENT_SIDE)
    _check_flags(server_side, conflicts, prune, everything, selector, writing)
    found = await targets(session, (), files=filename or ("",), recursive=recursive, command="apply")
    found = [t for t in found if not selector or is_selected(t, selector)]
    if not found:
        raise CommandError("no objects passed to apply")
    code = 0
    for target in found:
        try:
            if server_side:
                await _server_side(session, target, writing, conflicts)
            else:
                await _apply(session, target, writing, max(0, grace) if force else None)
        except StatusError as error:
            report(error)
            code = 1
    if prune and not code:
        await _prune(session, found, selector, writing, _kinds(allowed))
    writing.done()
    return code


class Applying(Writing):
    """Whole objects are printed when all are applied, several of them as one List."""

    def say(self, target: Target, what: str, obj: dict[str, Any], **how: bool) -> None:
        if self.output.partition("=")[0] in ("", "name"):
            super().say(target, what, obj, **how)
        else:
            self._applied.append((target, obj))

    @cached_property
    def _applied(self) -> list[tuple[Target, dict[str, Any]]]:
        return []

    def done(self) -> None:
        """Prints what has been collected."""
        if len(self._applied) == 1:
            super().say(*self._applied[0][:1], "", self._applied[0][1])
        elif self._applied:
            objects = [obj for _, obj in self._applied]
            whole = {"apiVersion": "v1", "items": objects, "kind": "List", "metadata": {}}
            super().say(self._applied[0][0], "", whole)


def _check_flags(
    server_side: bool, force: bool, prune: bool, everything: bool, selector: str, writing: Writing
) -> None:
    if force and not server_side:
        raise CommandError("--force-conflicts only works with --server-side")
    if server_side and writing.dry_run == "client":
        raise CommandError("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)")
    if prune and not (everything or selector):
        raise CommandError(
            "all resources selected for prune without explicitly passing --all. To prune all resources, pass the "
            "--all flag. If you did not mean to prune all resources, specify a label selector"
        )


def is_selected(target: Target, selector: str) -> bool:
    from kube.apimachinery.labels import parse

    return parse(selector).matches(((target.object or {}).get("metadata") or {}).get("labels") or {})


async def _server_side(session: Session, target: Target, writing: Writing, force: bool) -> None:
    params = writing.params | {"force": "true" if force else ""}
    answer = await session.patch(target.path, target.object, "apply", **params)
    writing.say(target, "serverside-applied", answer)


async def _apply(session: Session, target: Target, writing: Writing, replacing: int | None) -> None:
    """One object: created when absent, patched when it differs, left alone when it does not.

    One that cannot be patched is created anew, its old self given `replacing` seconds to end, unless that is None.
    """
    from kube.apimachinery.errors import Conflict, Invalid, NotFound, StatusError

    assert target.object is not None
    if not target.name:
        raise CommandError("resource name may not be empty")
    modified = with_last_applied(target.object)
    try:
        live = await session.get(target.path)
    except NotFound:
        try:
            writing.say(target, "created", await create(session, target, modified, writing))
        except StatusError as error:
            raise add_source(error, "creating", target.source) from error
        return None
    _warn_of_missing_annotation(target, live)
    patch, patch_type = difference(target, modified, live)
    if not patch:
        writing.say(target, "unchanged", live)
        return None
    if writing.dry_run != "client":
        try:
            live = await session.patch(target.path, patch, patch_type, **writing.params)
        except StatusError as error:
            if replacing is not None and isinstance(error, Conflict | Invalid):
                return await _anew(session, target, live, modified, writing, replacing)
            raise add_source(error, f"applying patch:\n{patch}\nto:\n{target.path}\nfor:", target.source) from error
    writing.say(target, "configured", live)
    return None


async def _anew(
    session: Session, target: Target, live: dict[str, Any], modified: dict[str, Any], writing: Writing, grace: int
) -> None:
    """Deletes the object and creates it as the manifest says."""
    from kubectl_lite.commands.delete import wait_until_gone

    await session.delete(target.path, {"propagationPolicy": "Background", "gracePeriodSeconds": grace})
    await wait_until_gone(session, target, live["metadata"]["uid"], None)
    writing.say(target, "configured", await create(session, target, modified, writing))


def _warn_of_missing_annotation(target: Target, live: dict[str, Any]) -> None:
    if read(live) is None:
        print(
            f"Warning: resource {target.mapping.plural}/{target.name} is missing the {ANNOTATION} annotation which is "
            "required by kubectl_lite apply. kubectl_lite apply should only be used on resources created declaratively "
            "by either kubectl_lite create --save-config or kubectl_lite apply. The missing annotation will be patched "
            "automatically.",
            file=sys.stderr,
        )


def difference(target: Target, modified: dict[str, Any], live: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The patch that leads from the live object to the manifest, and its type. An empty patch changes nothing."""
    from kube.api import scheme
    from kube.apimachinery.patch import merge, strategic

    original = read(live) or {}
    known = scheme.by_kind(target.mapping.api_version, target.mapping.kind)
    if known:
        return strategic.three_way(original, modified, live, known.type), "strategic"
    return merge.three_way(original, modified, live), "merge"


def _kinds(allowed: Sequence[str]) -> list[tuple[str, str]]:
    """From `core/v1/ConfigMap` to API version and kind. Raises CommandError."""
    found = []
    for word in allowed:
        parts = word.split("/")
        if len(parts) != 3:
            raise CommandError(f"invalid GroupVersionKind format: {word}, please follow <group/version/kind>")
        group, version, kind = parts
        found.append((version if group == "core" else f"{group}/{version}", kind))
    return found


async def _prune(
    session: Session, applied: list[Target], selector: str, writing: Writing, kinds: list[tuple[str, str]]
) -> None:
    """Deletes what carries the annotation, matches the selector, and was not among the manifests."""
    mapper = await session.mapper()
    kept = {(t.mapping.qualified, t.namespace, t.name) for t in applied}
    namespaces = sorted({t.namespace for t in applied if t.namespace})
    given = [m for api_version, kind in kinds if (m := mapper.by_kind(api_version, kind))]
    for mapping in given if kinds else map(mapper.by_name, PRUNED):
        for namespace in namespaces:
            listed = await session.get(mapping.path(namespace), params={"labelSelector": selector})
            for item in listed.get("items") or ():
                target = Target(mapping, item["metadata"]["name"], namespace)
                if (mapping.qualified, namespace, target.name) in kept or not read(item):
                    continue
                if writing.dry_run != "client":
                    options = {"propagationPolicy": "Background"}
                    dry = {"dryRun": ["All"]} if writing.dry_run == "server" else {}
                    await session.delete(target.path, options | dry)
                writing.say(target, "pruned", item)


cli = group(
    "apply", {"view-last-applied": apply_last.view, "set-last-applied": apply_last.set_}, default=_apply_command,
    help="Apply a configuration to a resource by file name or stdin.",
)  # fmt: skip
