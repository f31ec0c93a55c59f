"""`kubectl_lite scale`: sets how many replicas there shall be, through the `scale` subresource."""

from __future__ import annotations

from typing import Any

import click

from kubectl_lite.cli import command
from kubectl_lite.durations import DURATION, seconds
from kubectl_lite.errors import CommandError
from kubectl_lite.resources import NOTHING_GIVEN, Target
from kubectl_lite.selecting import for_each, live, select_options, selected
from kubectl_lite.session import Session
from kubectl_lite.waiting import until
from kubectl_lite.writing import Writing, write_options


@command("scale")
@click.argument("args", nargs=-1)
@click.option("--replicas", type=int, default=None, show_default="0", help="The new number of replicas. Required.")
@click.option("--current-replicas", default=-1, help="Precondition for the current size.")
@click.option("--resource-version", default="", help="Precondition for the resource version.")
@click.option("--timeout", type=DURATION, default="0s", help="How long to wait for the new size; 0 does not wait.")
@select_options("--all", "-l")
@write_options()
async def cli(
    session: Session, args: tuple[str, ...], replicas: int | None, current_replicas: int, resource_version: str,
    timeout: str, **flags: Any,
) -> int:  # fmt: skip
    """Set a new size for a deployment, replica set, replication controller, or stateful set."""
    if replicas is None:
        raise CommandError('required flag(s) "replicas" not set')
    if replicas < 0:
        raise CommandError("The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0")
    if current_replicas < -1:
        raise CommandError("The --current-replicas must specify an integer of -1 or greater")
    writing = Writing.read(flags, "kubectl-scale")
    found = await selected(session, args, flags, "scale", nothing=NOTHING_GIVEN)
    if not found:
        raise CommandError("no objects passed to scale")

    done: list[Target] = []

    async def act(target: Target) -> None:
        obj = await _live(session, target, alone=not done)
        _check(obj, current_replicas, resource_version)
        if writing.dry_run != "client":
            precondition = {"metadata": {"resourceVersion": resource_version}} if resource_version else {}
            path = target.mapping.path(target.namespace, target.name, "scale")
            await session.patch(path, precondition | {"spec": {"replicas": replicas}}, "merge", **writing.params)
            if limit := seconds(timeout):
                await _wait(session, target, replicas, limit)
        done.append(target)
        writing.say(target, "scaled", obj)  # as it was before, as kubectl

    return await for_each(found, act)


async def _wait(session: Session, target: Target, replicas: int, limit: float) -> None:
    """Returns when there are as many as there shall be. Raises CommandError after the limit."""

    def holds(obj: dict[str, Any] | None) -> bool:
        status = (obj or {}).get("status") or {}
        generation = (obj or {}).get("metadata", {}).get("generation", 0)
        return status.get("replicas", 0) == replicas and status.get("observedGeneration", 0) >= generation

    try:
        await until(session, target, holds, limit)
    except TimeoutError:
        raise CommandError(f'timed out waiting for "{target.name}" to be synced') from None


async def _live(session: Session, target: Target, *, alone: bool) -> dict[str, Any]:
    from kube.apimachinery.errors import NotFound

    try:
        return await live(session, target)
    except NotFound as error:
        if not alone:
            raise
        raise CommandError(f"no objects passed to scale {error.message}") from error


def _check(obj: dict[str, Any], replicas: int, resource_version: str) -> None:
    """Raises CommandError when a precondition does not hold."""
    now = obj.get("spec", {}).get("replicas", 0)
    if replicas >= 0 and now != replicas:
        raise CommandError(f"Expected replicas to be {replicas}, was {now}")
    version = obj["metadata"].get("resourceVersion")
    if resource_version and version != resource_version:
        raise CommandError(f"Expected resource version to be {resource_version}, was {version}")
