"""`kubectl_lite wait`: returns when objects are created, deleted, in a condition, or have a value at a JSONPath.

Source: k8s.io/kubectl/pkg/cmd/wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import click

from kubectl_lite.cli import command
from kubectl_lite.durations import DURATION, seconds
from kubectl_lite.errors import CommandError
from kubectl_lite.progress import Progress
from kubectl_lite.resources import NOTHING_GIVEN, Target, fetch
from kubectl_lite.selecting import EVERYTHING, for_each, select_options, selected
from kubectl_lite.session import Session
from kubectl_lite.waiting import A_WEEK, condition_of, look, until
from kubectl_lite.writing import Writing, print_options

Json = dict[str, Any]
NO_FILE = """you must specify resources by --filename when --local is set.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'"""


@command("wait")
@click.argument("args", nargs=-1)
@click.option(
    "--for", "for_", default="",
    help="create, delete, condition=NAME[=VALUE], jsonpath={PATH}[=VALUE].",
)  # fmt: skip
@click.option("--timeout", type=DURATION, default="30s", help="How long to wait; negative is a week, 0 looks once.")
@click.option("--local", is_flag=True, help="Name the objects by files only; they are the server's nonetheless.")
@select_options(*EVERYTHING, recursive=True)
@print_options
async def cli(session: Session, args: tuple[str, ...], for_: str, timeout: str, local: bool, **flags: Any) -> int:
    """Wait for a specific condition on one or many resources."""
    if local and not flags["filename"]:
        raise CommandError(NO_FILE)
    writing = Writing.read(flags, "kubectl-wait")
    holds, limit = condition_of(for_), seconds(timeout)
    limit = A_WEEK if limit < 0 else limit
    deadline = asyncio.get_running_loop().time() + limit
    found = await _found(session, args, flags, for_, deadline)
    if not found and for_.lower() != "delete":
        raise CommandError("no matching resources found")

    async def act(target: Target) -> None:
        if for_.lower() == "create":
            return await _created(session, target, writing, deadline)
        if not await _exists(session, target):
            if for_.lower() != "delete":
                await fetch(session, target)  # says that it is not there
            return None
        left = max(0.0, deadline - asyncio.get_running_loop().time())
        try:
            if limit and not left:  # those before took all the time
                raise TimeoutError
            async with Progress(lambda: f"waiting for {for_} of {target.printed}"):
                obj = await until(session, target, holds, left)
        except TimeoutError:
            text = "timed out waiting for the condition on" if limit else "condition not met for"
            raise CommandError(f"{text} {target.mapping.plural}/{target.name}") from None
        writing.say(target, "condition met", obj or {})
        return None

    return await for_each(found, act)


async def _found(
    session: Session, args: Sequence[str], flags: Json, condition: str, deadline: float
) -> list[Target]:  # fmt: skip
    """The objects to look at. `--for=create` waits for a selector to select something."""
    while True:
        found = await selected(session, args, dict(flags), "wait", nothing=NOTHING_GIVEN)
        if found or condition.lower() != "create" or asyncio.get_running_loop().time() >= deadline:
            return found
        await asyncio.sleep(0.2)


async def _exists(session: Session, target: Target) -> bool:
    return target.object is not None or (await look(session, target))[0] is not None


async def _created(session: Session, target: Target, writing: Writing, deadline: float) -> None:
    left = max(0.01, deadline - asyncio.get_running_loop().time())
    try:
        async with Progress(lambda: f"waiting for {target.printed} to be created"):
            obj = await until(session, target, condition_of("create"), left)
    except TimeoutError:
        raise CommandError("timed out waiting for the condition") from None
    writing.say(target, "condition met", obj or {})
