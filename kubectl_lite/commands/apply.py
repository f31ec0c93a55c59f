"""`kubectl_lite apply -f FILE`: makes the cluster's objects what the manifests say.

Client-side apply compares three things: what was applied last (an annotation), the manifest, and the live object; only
the difference is sent, as a strategic merge patch for the kinds that we know and a JSON merge patch for others.
`--server-side` leaves the comparing to the server. `--prune` deletes what was applied once and is no longer there.
"""

from __future__ import annotations

import sys
from typing import Any

import click

from kubectl_lite.cli import bool_option, command
from kubectl_lite.creating import create
from kubectl_lite.errors import CommandError, add_source, report
from kubectl_lite.last_applied import ANNOTATION, read, with_last_applied
from kubectl_lite.resources import Target, targets
from kubectl_lite.session import Session
from kubectl_lite.writing import Writing, write_options

CLIENT_SIDE = "kubectl-client-side-apply"
# What --prune looks at when nobody says: the kinds of kubectl's list that kube-lite serves.
PRUNED = ("configmaps", "endpoints", "pods", "secrets", "services", "daemonsets.apps", "deployments.apps",
          "replicasets.apps", "statefulsets.apps")  # fmt: skip


@command("apply")
@click.option("-f", "--filename", multiple=True, help="File, directory or - for standard input.")
@click.option("-R", "--recursive", is_flag=True, help="Read the directories of -f recursively.")
@click.option("-l", "--selector", default="", help="Only objects with these labels.")
@click.option("--server-side", is_flag=True, help="Let the server merge, and keep track of who manages which field.")
@click.option("--force-conflicts", is_flag=True, help="With --server-side: take over fields of other managers.")
@bool_option("--overwrite", default=True, help="Resolve conflicts in favour of the manifest.")
@click.option("--prune", is_flag=True, help="Delete applied objects that the manifests no longer hold.")
@click.option("--all", "all_", is_flag=True, help="With --prune: look at all objects of the namespace.")
@write_options
async def cli(session: Session, filename: tuple[str, ...], recursive: bool, selector: str, **flags: Any) -> int:
    """Apply a configuration to a resource by file name or stdin."""
    from kube.apimachinery.errors import StatusError

    server_side, force, prune = flags.pop("server_side"), flags.pop("force_conflicts"), flags.pop("prune")
    everything, _ = flags.pop("all_"), flags.pop("overwrite")
    writing = Writing.read(flags, "kubectl" if server_side else CLIENT_SIDE)
    _check_flags(server_side, force, prune, everything, selector, writing)
    found = await targets(session, (), files=filename or ("",), recursive=recursive, command="apply")
    found = [t for t in found if not selector or is_selected(t, selector)]
    if not found:
        raise CommandError("no objects passed to apply")
    code = 0
    for target in found:
        try:
            await (_server_side(session, target, writing, force) if server_side else _apply(session, target, writing))
        except StatusError as error:
            report(error)
            code = 1
    if prune and not code:
        await _prune(session, found, selector, writing)
    return code


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


async def _apply(session: Session, target: Target, writing: Writing) -> None:
    """One object: created when absent, patched when it differs, left alone when it does not."""
    from kube.apimachinery.errors import NotFound, StatusError

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
        return
    _warn_of_missing_annotation(target, live)
    patch, patch_type = difference(target, modified, live)
    if not patch:
        writing.say(target, "unchanged", live)
        return
    if writing.dry_run != "client":
        try:
            live = await session.patch(target.path, patch, patch_type, **writing.params)
        except StatusError as error:
            raise add_source(error, f"applying patch:\n{patch}\nto:\n{target.path}\nfor:", target.source) from error
    writing.say(target, "configured", live)


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


async def _prune(session: Session, applied: list[Target], selector: str, writing: Writing) -> None:
    """Deletes what carries the annotation, matches the selector, and was not among the manifests."""
    mapper = await session.mapper()
    kept = {(t.mapping.qualified, t.namespace, t.name) for t in applied}
    namespaces = sorted({t.namespace for t in applied if t.namespace})
    for name in PRUNED:
        mapping = mapper.by_name(name)
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
