"""`get -w`: each change as it comes, until the server or the user ends it. Called by `commands.get`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import count

from kubectl_lite.errors import CommandError
from kubectl_lite.getting.ask import ask, items_of
from kubectl_lite.getting.options import Json, Options
from kubectl_lite.printers.server_table import TablePrinter, by_name_and_age
from kubectl_lite.resources import Target
from kubectl_lite.session import Session


async def watch(session: Session, found: list[Target], options: Options) -> int:
    """Lists, unless told not to, then prints each change."""
    target = await _the_one(session, found)
    printer = replace(
        options.table,
        with_namespace=options.all_namespaces and target.mapping.namespaced,
        prefix=f"{target.mapping.printed}/" if options.show_kind else "",
    )
    if options.sort_by:
        print("warning: --watch requested, --sort-by will be ignored for watch events received", file=sys.stderr)
    show = partial(_show, options, printer, documents=count())
    listed = await ask(session, target, options)
    if not options.watch_only:
        show(_in_order(listed, options), "ADDED")
    params: Json = options.selectors | {
        "resourceVersion": (listed.get("metadata") or {}).get("resourceVersion", ""),
        "allowWatchBookmarks": "false",
    }
    if target.name:
        params["fieldSelector"] = f"metadata.name={target.name}"
    path = target.mapping.path(target.namespace)
    async with session.watch(path, params=params, accept=options.accept) as events:
        async for event in events:
            if event["type"] == "ERROR":
                raise CommandError(event["object"].get("message", "the watch ended"))
            show(event["object"], event["type"])
    return 0


async def _the_one(session: Session, found: list[Target]) -> Target:
    if len({target.mapping for target in found}) != 1:
        raise CommandError("you may only specify a single resource type")
    if len(found) > 1:
        for each in found:
            await session.get(each.path)  # one that is not there is told first
        raise CommandError(
            f"watch is only supported on individual resources and resource collections - {len(found)} resources were "
            "found"
        )
    return found[0]


def _in_order(listed: Json, options: Options) -> Json:
    """What is there at first can be sorted; what comes later comes when it comes."""
    rows = "items" if options.printer or not options.server_print else "rows"
    if not options.sort_by or len(listed.get(rows) or ()) < 2:
        return listed
    from kubectl_lite.printers.sorting import ordered

    objects = [row["object"] if rows == "rows" else row for row in listed[rows]]
    return listed | {rows: ordered(listed[rows], options.sort_by, objects)}


def _show(options: Options, printer: TablePrinter, obj: Json, event: str, documents: Iterator[int]) -> None:
    if not options.printer and not options.server_print:
        obj = by_name_and_age(obj) if "rows" not in obj else obj
    if options.printer is None:
        text = printer.text(obj, event)
    elif options.watch_events:
        text = "".join(options.printer({"type": event, "object": item}) for item in items_of(obj))
    else:
        apart = "---\n" if options.output == "yaml" else ""
        text = "".join((apart if next(documents) else "") + options.printer(item) for item in items_of(obj))
    sys.stdout.write(text)
    sys.stdout.flush()
