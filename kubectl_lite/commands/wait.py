"""`kubectl_lite wait`: returns when objects are created, deleted, in a condition, or have a value at a JSONPath.

Source: k8s.io/kubectl/pkg/cmd/wait. What an object must look like is a pure function of it; one loop lists and watches.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import click

from kubectl_lite.cli import command
from kubectl_lite.durations import DURATION, seconds
from kubectl_lite.errors import CommandError
from kubectl_lite.progress import Progress
from kubectl_lite.resources import NOTHING_GIVEN, Target, fetch
from kubectl_lite.selecting import EVERYTHING, for_each, select_options, selected
from kubectl_lite.session import Session
from kubectl_lite.writing import Writing, print_options

Json = dict[str, Any]
Holds = Callable[[Json | None], bool]
NO_FILE = """you must specify resources by --filename when --local is set.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'"""
A_WEEK = 7 * 24 * 3600.0


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
    return target.object is not None or (await _look(session, target))[0] is not None


async def _created(session: Session, target: Target, writing: Writing, deadline: float) -> None:
    left = max(0.01, deadline - asyncio.get_running_loop().time())
    try:
        async with Progress(lambda: f"waiting for {target.printed} to be created"):
            obj = await until(session, target, condition_of("create"), left)
    except TimeoutError:
        raise CommandError("timed out waiting for the condition") from None
    writing.say(target, "condition met", obj or {})


# ---- what to wait for ----


def condition_of(text: str) -> Holds:
    """The test that `--for` asks for; it is given None for an object that is not there. Raises CommandError."""
    lowered = text.lower()
    if lowered == "delete":
        return lambda obj: obj is None
    if lowered == "create":
        return lambda obj: obj is not None
    if lowered.startswith("condition="):
        name, _, value = text.partition("=")[2].partition("=")
        return _condition(name, value or "true")
    if lowered.startswith("jsonpath="):
        return _json_path(text.partition("=")[2])
    raise CommandError(f'unrecognized condition: "{text}"')


def _condition(name: str, value: str) -> Holds:
    def holds(obj: Json | None) -> bool:
        if obj is None:
            return False
        status = obj.get("status") or {}
        for c in status.get("conditions") or ():
            if c.get("type", "").lower() == name.lower():
                seen = c.get("observedGeneration", 0) or status.get("observedGeneration", 0)
                stale = seen and seen < obj["metadata"].get("generation", 0)
                return not stale and c.get("status", "").lower() == value.lower()
        return False

    return holds


def _json_path(text: str) -> Holds:
    from kubectl_lite.printers.jsonpath import JSONPathError, parse, relaxed

    path, value = _split(text)
    try:
        parsed = parse(relaxed(path))
    except JSONPathError as why:
        raise CommandError(str(why)) from why

    def holds(obj: Json | None) -> bool:
        found = parsed.find(obj) if obj is not None else []
        if value is None:
            return any(v not in (None, "", [], {}) for v in found)
        if len(found) > 1:
            raise CommandError("given jsonpath expression matches more than one value")
        if found and isinstance(found[0], dict | list):
            raise CommandError("jsonpath leads to a nested object or list which is not supported")
        return bool(found) and _text(found[0]) == value

    return holds


def _split(text: str) -> tuple[str, str | None]:
    """`{.a}=b` -> `{.a}`, `b`; the value may be missing, and a filter inside the braces may hold `==`."""
    at = text.rfind("}=")
    if at < 0:
        path, equals, value = (text, "", "") if text.endswith("}") else text.partition("=")
    else:
        path, equals, value = text[: at + 1], "=", text[at + 2 :]
    value = value.strip("'\"")
    if equals and not value:
        raise CommandError(
            "jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3"
        )
    if not path:
        raise CommandError("jsonpath expression cannot be empty")
    return path, value if equals else None


def _text(value: Any) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


# ---- waiting ----


async def until(session: Session, target: Target, holds: Holds, limit: float) -> Json | None:
    """The object as soon as the test holds for it. Raises TimeoutError after `limit` seconds."""
    async with asyncio.timeout(limit) if limit else asyncio.timeout(None):
        obj, version = await _look(session, target)
        while not holds(obj):
            if not limit:
                raise TimeoutError
            obj, version, done = await _watch(session, target, holds, obj, version)
            if done:
                return obj
            obj, version = await _look(session, target)
        return obj


async def _look(session: Session, target: Target) -> tuple[Json | None, str]:
    params = {"fieldSelector": f"metadata.name={target.name}"}
    listed = await session.get(target.mapping.path(target.namespace), params=params)
    kind = {"apiVersion": target.mapping.api_version, "kind": target.mapping.kind}
    obj = next((kind | item for item in listed.get("items") or ()), None)
    return obj, listed["metadata"]["resourceVersion"]


async def _watch(
    session: Session, target: Target, holds: Holds, obj: Json | None, version: str
) -> tuple[Json | None, str, bool]:
    params = {"fieldSelector": f"metadata.name={target.name}", "resourceVersion": version}
    async with session.watch(target.mapping.path(target.namespace), params=params) as events:
        async for event in events:
            if event["type"] == "ERROR":
                break
            gone = event["type"] == "DELETED"
            if holds(None if gone else event["object"]):
                return event["object"], version, True
    return obj, version, False
