"""`kubectl_lite rollout`: follows, lists, undoes, pauses, resumes and restarts rollouts.

Called by the command line. Deployments keep their history in ReplicaSets; what is decided about them is in
`kubectl_lite.rollouts`, without a server. DaemonSets and StatefulSets keep theirs in ControllerRevisions.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click

from kubectl_lite import rollouts
from kubectl_lite.cli import bool_option, command, group
from kubectl_lite.durations import DURATION, seconds
from kubectl_lite.errors import CommandError
from kubectl_lite.resources import Target, fetch
from kubectl_lite.selecting import for_each, live, select_options, selected
from kubectl_lite.session import Session
from kubectl_lite.writing import Writing, print_options, printer_of, write_options

Json = dict[str, Any]
NOTHING = "required resource not specified"
_REVISION = click.option("--revision", default=0, help="The revision to look at.")


async def _found(session: Session, args: tuple[str, ...], flags: Json) -> list[Target]:
    """A bare type is all of its objects."""
    return await selected(session, args, flags, "rollout", nothing=NOTHING, whole=True)


async def _some(session: Session, args: tuple[str, ...], flags: Json) -> list[Target]:
    """The same; that there is none is said, which `history` and `undo` do not."""
    found = await _found(session, args, flags)
    if not found:
        print(f"No resources found in {session.namespace} namespace.", file=sys.stderr)
    return found


@command("status")
@click.argument("args", nargs=-1)
@bool_option("-w", "--watch", default=True, help="Wait until it is done.")
@click.option("--timeout", type=DURATION, default="0", help="How long to wait; 0 is without end.")
@_REVISION
@select_options("-l")
async def _status(
    session: Session, args: tuple[str, ...], watch: bool, timeout: str, revision: int, **flags: Any
) -> int:
    """Show the status of the rollout."""
    import asyncio

    from kubectl_lite.progress import Progress

    async def act(target: Target) -> None:
        try:
            async with (
                asyncio.timeout(seconds(timeout) or None),
                Progress(lambda: f"watching {target.printed}") as line,
            ):
                await _follow(session, target, revision, watch, line.say)
        except TimeoutError:
            raise CommandError("timed out waiting for the condition") from None

    return await for_each(await _some(session, args, flags), act)


async def _follow(
    session: Session, target: Target, revision: int, watch: bool, say: Callable[[str], None]
) -> None:  # fmt: skip
    obj, shown = await live(session, target), ""
    message, done = rollouts.status(obj, revision)
    say(message)
    while watch and not done:
        params = {"fieldSelector": f"metadata.name={target.name}",
                  "resourceVersion": obj["metadata"]["resourceVersion"]}  # fmt: skip
        async with session.watch(target.mapping.path(target.namespace), params=params) as events:
            async for event in events:
                if event["type"] == "DELETED":
                    raise CommandError("object has been deleted")
                if event["type"] == "ERROR":
                    break
                shown, (message, done) = message, rollouts.status(event["object"], revision)
                if message != shown:
                    say(message)
                if done:
                    return
        obj = await fetch(session, target)
        shown, (message, done) = message, rollouts.status(obj, revision)
        if message != shown:
            say(message)


@command("history")
@click.argument("args", nargs=-1)
@print_options
@_REVISION
@select_options("-l")
async def _history(session: Session, args: tuple[str, ...], revision: int, **flags: Any) -> int:
    """View rollout history."""
    by_revision, apart, shown = bool(flags["output"]), "---\n" if flags["output"] == "yaml" else "", 0
    printer = printer_of(flags, sort_keys=False)
    if revision < 0:
        raise CommandError(f"revision must be a positive integer: {revision}")

    async def act(target: Target) -> None:
        nonlocal shown
        obj = await live(session, target)
        found = await _revisions(session, target, obj)
        if printer and by_revision:
            for kept in [_one(found, revision)] if revision else found.values():
                sys.stdout.write((apart if shown else "") + printer(_as_typed(rollouts.as_of(obj, kept))))
                shown += 1
            return
        text = rollouts.table(found)
        if revision and found:
            text = rollouts.details(_one(found, revision), with_cause=True)
        if printer:  # a template alone shows the object, as kubectl has it
            sys.stdout.write(printer(_as_typed(obj)))
        else:
            print(f"{target.printed} {f'with revision #{revision}' if revision else ''}\n{text}")

    return await for_each(await _found(session, args, flags), act)


def _as_typed(obj: Json) -> Json:
    """As Go prints what it has read into its own type."""
    from kubectl_lite.generators.go_empties import with_go_empties
    from kubectl_lite.printers.go_order import in_go_order

    return in_go_order(with_go_empties(obj))


def _one(found: dict[int, Json], revision: int) -> Json:
    if revision not in found:
        raise CommandError("unable to find the specified revision")
    return found[revision]


async def _revisions(session: Session, target: Target, obj: Json) -> dict[int, Json]:
    """What keeps each revision: ReplicaSets, or ControllerRevisions. Raises CommandError for other kinds."""
    from kubectl_lite.describers.common import label_selector

    if target.mapping.kind not in ("Deployment", "DaemonSet", "StatefulSet"):
        raise CommandError(f'error retrieving history for "{target.mapping.kind}", no visitor method exists for '
                           f"{{{target.mapping.group} {target.mapping.kind}}}")  # fmt: skip
    plural = "replicasets" if target.mapping.kind == "Deployment" else "controllerrevisions"
    path = f"/apis/apps/v1/namespaces/{target.namespace}/{plural}"
    listed = await session.get(path, params={"labelSelector": label_selector(obj["spec"]["selector"])})
    found = rollouts.by_revision if plural == "replicasets" else rollouts.of_controller
    return found(obj, listed.get("items") or [])


# ---- changes ----


def _changing(name: str, help_: str, done: str, patch_of: Callable[[Target, Json], Json]) -> click.Command:
    @command(name, help=help_)
    @click.argument("args", nargs=-1)
    @select_options("-l")
    @write_options("kubectl-rollout", dry_run=False)
    async def run(session: Session, args: tuple[str, ...], **flags: Any) -> int:
        writing = Writing.read(flags, "kubectl-rollout")

        async def act(target: Target) -> None:
            obj = await live(session, target)
            patch = patch_of(target, obj)
            if writing.dry_run != "client":
                obj = await session.patch(target.path, patch, "strategic", **writing.params)
            writing.say(target, done, obj)

        return await for_each(await _some(session, args, flags), act)

    return run


def _pause(target: Target, obj: Json) -> Json:
    _only_deployments(target, "pausing")
    if obj["spec"].get("paused"):
        raise CommandError(f'{target.mapping.plural}.{target.mapping.group} "{target.name}" is already paused')
    return {"spec": {"paused": True}}


def _resume(target: Target, obj: Json) -> Json:
    _only_deployments(target, "resuming")
    if not obj["spec"].get("paused"):
        raise CommandError(f'{target.mapping.plural}.{target.mapping.group} "{target.name}" is not paused')
    return {"spec": {"paused": None}}


def _restart(target: Target, obj: Json) -> Json:
    if target.mapping.qualified not in ("deployments.apps", "daemonsets.apps", "statefulsets.apps"):
        raise CommandError(f'{target.mapping.qualified} "{target.name}" restarting is not supported')
    if obj["spec"].get("paused"):
        raise CommandError(
            f'{target.mapping.plural}.{target.mapping.group} "{target.name}" can\'t restart paused deployment '
            "(run rollout resume first)"
        )
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": now}}}}}


def _only_deployments(target: Target, doing: str) -> None:
    if target.mapping.qualified != "deployments.apps":
        raise CommandError(f'{target.mapping.qualified} "{target.name}" {doing} is not supported')


async def _set_back(
    session: Session, target: Target, obj: Json, found: dict[int, Json], revision: int, writing: Writing
) -> tuple[str, Json]:
    """A DaemonSet or StatefulSet goes back; what to say, and what it is now. Raises CommandError."""
    patch = rollouts.patch_back(found, revision)
    if writing.dry_run == "client":
        return f"will roll back to {rollouts.details(rollouts.revision_before(found, revision))}", obj
    return "rolled back", await session.patch(target.path, patch, "strategic", **writing.params)


async def _deployment_back(
    session: Session, target: Target, obj: Json, found: dict[int, Json], revision: int, writing: Writing
) -> tuple[str, Json]:
    """A Deployment goes back, its annotations too; what to say, and what it is now. Raises CommandError."""
    template = rollouts.template_of(found, revision, target.name)
    if obj["spec"].get("paused"):
        raise CommandError(
            "you cannot rollback a paused deployment; resume it first with 'kubectl_lite rollout resume' and try again"
        )
    if template == obj["spec"]["template"]:
        return f"skipped rollback (current template already matches revision {revision})", obj
    before = rollouts.revision_before(found, revision)
    if writing.dry_run == "client":
        return rollouts.details(before), obj
    annotations = rollouts.annotations_of(obj, before)
    patch = [{"op": "replace", "path": "/spec/template", "value": template},
             {"op": "add", "path": "/metadata/annotations", "value": annotations}]  # fmt: skip
    return "rolled back", await session.patch(target.path, patch, "json", **writing.params)


@command("undo")
@click.argument("args", nargs=-1)
@click.option("--to-revision", default=0, help="The revision to go back to; 0 is the one before.")
@select_options("-l")
@write_options()
async def _undo(session: Session, args: tuple[str, ...], to_revision: int, **flags: Any) -> int:
    """Undo a previous rollout."""
    writing = Writing.read(flags, "kubectl-rollout")

    async def act(target: Target) -> None:
        obj = await live(session, target)
        found = await _revisions(session, target, obj)
        back = _deployment_back if target.mapping.kind == "Deployment" else _set_back
        what, obj = await back(session, target, obj, found, to_revision, writing)
        writing.say(target, what, obj)

    return await for_each(await _found(session, args, flags), act)


cli = group(
    "rollout",
    {
        "history": _history,
        "pause": _changing("pause", "Mark the provided resource as paused.", "paused", _pause),
        "restart": _changing("restart", "Restart a resource.", "restarted", _restart),
        "resume": _changing("resume", "Resume a paused resource.", "resumed", _resume),
        "status": _status,
        "undo": _undo,
    },
    help="Manage the rollout of one or many resources.",
)
