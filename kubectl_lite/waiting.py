"""What to wait for, as a pure function of the object, and the one loop that lists and watches until it holds.

Called by `wait`, by the commands that wait for an object of their own (`run`, `debug`, `scale`), and by `deleting`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from kubectl_lite.errors import CommandError
from kubectl_lite.resources import Target
from kubectl_lite.session import Session

Json = dict[str, Any]
Holds = Callable[[Json | None], bool]
A_WEEK = 7 * 24 * 3600.0


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
        obj, version = await look(session, target)
        while not holds(obj):
            if not limit:
                raise TimeoutError
            obj, version, done = await _watch(session, target, holds, obj, version)
            if done:
                return obj
            obj, version = await look(session, target)
        return obj


async def look(session: Session, target: Target) -> tuple[Json | None, str]:
    """The object, None where it is not there, and the revision of that answer."""
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
