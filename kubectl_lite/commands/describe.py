"""`kubectl_lite describe`: what there is to know of an object, with what belongs to it and its events."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from kubectl_lite.cli import bool_option, command
from kubectl_lite.describing import events_left, text_of
from kubectl_lite.errors import CommandError, report
from kubectl_lite.resources import Target, fetch, list_of, targets
from kubectl_lite.selecting import LABELS
from kubectl_lite.session import Session

if TYPE_CHECKING:
    from kube.apimachinery.errors import StatusError

Json = dict[str, Any]


@command("describe")
@click.argument("args", nargs=-1)
@click.option("-f", "--filename", multiple=True, help="Files that name the resources to describe.")
@click.option("-R", "--recursive", is_flag=True, help="Read the directories of -f recursively.")
@click.option("-l", "--selector", default="", help=LABELS)
@click.option("-A", "--all-namespaces", is_flag=True, help="Across all namespaces.")
@click.option("--chunk-size", default=500, help="Return large lists in chunks; 0 turns it off.")
@bool_option("--show-events", default=True, help="Show the object's events.")
async def cli(session: Session, args: tuple[str, ...], selector: str, show_events: bool, **flags: Any) -> int:
    """Show details of a specific resource or group of resources."""
    from kube.apimachinery.errors import StatusError

    if not args and not flags["filename"]:
        raise CommandError(
            'You must specify the type of resource to describe. Use "kubectl_lite api-resources" for a complete list '
            "of supported resources."
        )
    found = await targets(
        session, args, files=flags["filename"], recursive=flags["recursive"],
        all_namespaces=flags["all_namespaces"], command="describe",
    )  # fmt: skip
    code, texts, alike = 0, [], False
    for target in found:
        try:
            objects, alike = await _objects(session, target, selector, flags["chunk_size"])
            texts += [await text_of(session, target, obj, show_events) for obj in objects]
        except StatusError as error:
            if left := await _remains(session, target, error) if show_events else "":
                texts.append(left)
                continue
            report(error)
            code = 1
    sys.stdout.write("".join(f"{text}\n" for text in texts) if alike else "\n\n".join(texts))
    if not texts and not code:
        where = f" in {found[0].namespace} namespace." if found[0].namespace else ""
        print(f"No resources found{where}", file=sys.stderr)
    return code


async def _remains(session: Session, target: Target, error: StatusError) -> str:
    """What there is to say of a pod of a file that is not there: its events, if any."""
    from kube.apimachinery.errors import NotFound
    from kubectl_lite.describers.pods import without_pod

    if target.mapping.kind != "Pod" or not target.source or not isinstance(error, NotFound):
        return ""
    events = await events_left(session, target)
    return without_pod(target.name, error.message, events) if events else ""


async def _objects(session: Session, target: Target, selector: str, chunk_size: int) -> tuple[list[Json], bool]:
    """The one object, or all of the collection; when no object has the name, those whose names begin with it.

    The second value says whether it was so.
    """
    from kube.apimachinery.errors import NotFound

    kind = {"apiVersion": target.mapping.api_version, "kind": target.mapping.kind}
    if not target.name:
        listed = await list_of(session, target, {"labelSelector": selector, "limit": max(0, chunk_size)})
        return [kind | item for item in listed.get("items") or ()], False
    try:
        return [await fetch(session, target)], False
    except NotFound:
        listed = await session.get(target.mapping.path(target.namespace))
        alike = [kind | i for i in listed.get("items") or () if i["metadata"]["name"].startswith(target.name)]
        if not alike:
            raise
        return alike, True
