"""`kubectl_lite apply -f FILE`: makes the cluster's objects what the manifests say.

Client-side apply compares three things: what was applied last (an annotation), the manifest, and the live object; only
the difference is sent, as a strategic merge patch for the kinds that we know and a JSON merge patch for others.
`--server-side` leaves the comparing to the server (`kubectl_lite.server_side`). `--prune` deletes what was applied once
and is no longer there.
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import click

from kubectl_lite import pruning
from kubectl_lite.applying import Applying
from kubectl_lite.cli import bool_option, command, group
from kubectl_lite.commands import apply_edit, apply_last
from kubectl_lite.creating import create
from kubectl_lite.deleting import policy_of, wait_until_gone
from kubectl_lite.durations import DURATION, seconds
from kubectl_lite.errors import CommandError, add_source, report_all, usage
from kubectl_lite.last_applied import ANNOTATION, CLIENT_SIDE, manager_of, read, with_last_applied
from kubectl_lite.mapper import Mapping
from kubectl_lite.patching import three_way
from kubectl_lite.resources import Target, of_files
from kubectl_lite.server_side import apply as on_the_server
from kubectl_lite.session import Session
from kubectl_lite.writing import Writing, write_options

OWN = ("server_side", "force_conflicts", "prune", "all_", "overwrite", "prune_allowlist", "force", "subresource")


class Deleting(NamedTuple):
    """How `--force` deletes what cannot be changed, and `--prune` what is no longer there."""

    policy: str
    grace: int
    limit: float | None


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
@click.option("--cascade", default="background", is_flag=False, flag_value="background",
              help="What becomes of what a deleted object owns: background, foreground or orphan.")
@click.option("--timeout", type=DURATION, default="0", help="With --force: how long to wait for a deletion.")
@bool_option("--wait", default=False, help="Taken: --force always waits, --prune never.")
@bool_option("--openapi-patch", default=True, help="Taken: the types that are known merge their lists by keys.")
@click.option("--subresource", default="", help="With --server-side: apply to this subresource of each object.")
@click.option("--all", "all_", is_flag=True, help="With --prune: look at all objects of the namespace.")
@write_options(CLIENT_SIDE, validate=True)
async def _apply_command(
    session: Session, words: tuple[str, ...], filename: tuple[str, ...], recursive: bool, selector: str, **flags: Any
) -> int:
    """Apply a configuration to a resource by file name or stdin."""
    from kube.apimachinery.errors import StatusError

    if words:
        raise usage("apply", f"Unexpected args: [{' '.join(words)}]")
    own, deleting = {name: flags.pop(name) for name in OWN}, _deleting(flags)
    flags["field_manager"] = manager_of(flags["field_manager"], server_side=own["server_side"])
    writing, errors = Applying.read(flags, CLIENT_SIDE), list[Exception]()
    _check_flags(own, selector, writing)
    pruned = pruning.kinds(await session.mapper(), own["prune_allowlist"]) if own["prune"] else []
    found = await of_files(session, filename, recursive, selector, "apply", errors)
    for target in found:
        try:
            if own["server_side"]:
                await _server_side(session, target, writing, own["force_conflicts"], own["subresource"])
            else:
                await _apply(session, target, writing, deleting if own["force"] else None)
        except (StatusError, CommandError) as error:
            errors.append(error)
    if own["prune"] and not errors:
        await _prune(session, found, selector, writing, pruned, deleting.policy)
    writing.done()
    report_all(errors)
    return 1 if errors else 0


def _deleting(flags: dict[str, Any]) -> Deleting:
    """Takes its flags out of `flags`. Raises CommandError."""
    for taken in ("wait", "openapi_patch"):
        flags.pop(taken)
    limit = seconds(flags.pop("timeout"))
    return Deleting(policy_of(flags.pop("cascade")), max(0, flags.pop("grace_period")), limit or None)


def _check_flags(own: dict[str, Any], selector: str, writing: Writing) -> None:
    """Raises CommandError for flags that contradict one another, in kubectl's order."""
    if own["force_conflicts"] and not own["server_side"]:
        raise CommandError("--force-conflicts only works with --server-side")
    if own["server_side"] and writing.dry_run == "client":
        raise CommandError("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)")
    if own["subresource"] and not own["server_side"]:
        raise CommandError("--subresource can only be specified for --server-side")
    if own["force"] and own["server_side"]:
        raise CommandError("--force cannot be used with --server-side")
    if own["force"] and writing.dry_run == "server":
        raise CommandError("--dry-run=server cannot be used with --force")
    if own["all_"] and selector:
        raise CommandError("cannot set --all and --selector at the same time")
    if own["prune"] and not (own["all_"] or selector):
        raise CommandError(
            "all resources selected for prune without explicitly passing --all. To prune all resources, pass the "
            "--all flag. If you did not mean to prune all resources, specify a label selector"
        )


async def _server_side(session: Session, target: Target, writing: Writing, force: bool, subresource: str) -> None:
    if not target.name:
        raise CommandError("resource name may not be empty")
    answer = await on_the_server(session, target, writing, force, subresource)
    _warn_of_deletion(answer)
    writing.say(target, "serverside-applied", answer)


async def _apply(session: Session, target: Target, writing: Writing, replacing: Deleting | None) -> None:
    """One object: created when absent, patched when it differs, left alone when it does not.

    One that cannot be patched is created anew, its old self deleted as `replacing` says, unless that is None.
    """
    from kube.apimachinery.errors import Conflict, Invalid, NotFound, StatusError

    assert target.object is not None
    _check_name(target)
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
    patch, patch_type = three_way(target.mapping, read(live) or {}, modified, live)
    if not patch and writing.dry_run != "client":  # which says «configured» of everything
        _warn_of_deletion(live)
        writing.say(target, "unchanged", live)
        return None
    if writing.dry_run != "client":
        try:
            live = await session.patch(target.path, patch, patch_type, **writing.params)
        except StatusError as error:
            if replacing is not None and isinstance(error, Conflict | Invalid):
                return await _anew(session, target, live, modified, writing, replacing)
            raise add_source(error, f"applying patch:\n{patch}\nto:\n{target.path}\nfor:", target.source) from error
        _warn_of_deletion(live)
    writing.say(target, "configured", live)
    return None


def _check_name(target: Target) -> None:
    """Raises CommandError for an object without a name, saying that it could not be asked for."""
    if target.name:
        return
    if prefix := ((target.object or {}).get("metadata") or {}).get("generateName"):
        raise CommandError(f"from {prefix}: cannot use generate name with apply")
    mapping = target.mapping
    version = mapping.api_version if mapping.group else f"/{mapping.version}"
    raise CommandError(
        f'error when retrieving current configuration of:\nResource: "{version}, Resource={mapping.plural}", '
        f'GroupVersionKind: "{version}, Kind={mapping.kind}"\nName: "", Namespace: "{target.namespace}"\n'
        f'from server for: "{target.source}": resource name may not be empty'
    )


async def _anew(
    session: Session, target: Target, live: dict[str, Any], modified: dict[str, Any], writing: Writing, how: Deleting
) -> None:
    """Deletes the object and creates it as the manifest says."""
    await session.delete(target.path, {"propagationPolicy": how.policy, "gracePeriodSeconds": how.grace})
    await wait_until_gone(session, target, live["metadata"]["uid"], how.limit)
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


def _warn_of_deletion(obj: dict[str, Any]) -> None:
    meta = obj["metadata"]
    if meta.get("deletionTimestamp"):
        print(f"Warning: Detected changes to resource {meta['name']} which is currently being deleted.",
              file=sys.stderr)  # fmt: skip


async def _prune(
    session: Session, applied: list[Target], selector: str, writing: Writing, kinds: list[Mapping], policy: str
) -> None:
    """Deletes what is no longer among the manifests."""
    async for target, item in pruning.prunable(session, applied, selector, kinds):
        if writing.dry_run != "client":
            dry = {"dryRun": ["All"]} if writing.dry_run == "server" else {}
            await session.delete(target.path, {"propagationPolicy": policy} | dry)
        writing.say(target, "pruned", item)


cli = group(
    "apply",
    {"edit-last-applied": apply_edit.edit, "set-last-applied": apply_last.set_, "view-last-applied": apply_last.view},
    default=_apply_command, help="Apply a configuration to a resource by file name or stdin.",
)  # fmt: skip
