"""Fetching what `get` prints: a Table, an object or a List for each target; what is missing is told on the way.

Called by the other parts of `getting`. Calls `kubectl_lite.resources`.
"""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_lite.errors import CommandError, report
from kubectl_lite.getting.options import Json, Options
from kubectl_lite.printers.server_table import by_name_and_age
from kubectl_lite.resources import Target, fetch, list_of
from kubectl_lite.session import Session

Answers = list[tuple[Target, Json]]


async def answers(session: Session, found: Sequence[Target], options: Options) -> tuple[Answers, list[Exception]]:
    """What the server has of the targets, and the errors of those that failed."""
    from kube.apimachinery.errors import NotFound, StatusError

    got: Answers = []
    errors: list[Exception] = []
    for target in found:
        try:
            got.append((target, await ask(session, target, options)))
        except StatusError as error:
            if not (isinstance(error, NotFound) and options.ignore_not_found):
                errors.append(error)
    return got, errors


def tell(errors: Sequence[Exception]) -> int:
    """Prints the errors; returns the exit code."""
    for error in errors:
        report(error)
    return 1 if errors else 0


async def ask(session: Session, target: Target, options: Options) -> Json:
    """A Table, or an object or List, as the options' output needs it; long lists in chunks that are joined."""
    answer = await _ask(session, target, options)
    return answer if options.printer or options.server_print else by_name_and_age(answer)


async def _ask(session: Session, target: Target, options: Options) -> Json:
    whole_rows = options.sort_by and not options.printer and options.server_print
    params: Json = {"includeObject": "Object"} if whole_rows else {}
    if target.name:
        if options.selector:
            raise CommandError("name cannot be provided when a selector is specified")
        return await fetch(session, target, options.subresource, params=params, accept=options.accept)
    if options.subresource:
        raise CommandError("subresource cannot be used when bulk resources are specified")
    selectors = options.selectors | params | {"limit": options.chunk_size}
    return await list_of(session, target, selectors, accept=options.accept)


def items_of(answer: Json) -> list[Json]:
    """The items of a list, each with the apiVersion and kind that lists leave out; an object by itself."""
    if not isinstance(answer.get("items"), list):
        return [answer]
    kind = answer["kind"].removesuffix("List")
    return [{"apiVersion": answer["apiVersion"], "kind": kind} | item for item in answer["items"]]
