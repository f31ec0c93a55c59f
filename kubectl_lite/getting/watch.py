"""`get -w`: each change as it comes, until the server or the user ends it. Called by `commands.get`."""

from __future__ import annotations

import sys
from dataclasses import replace

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
    listed = await ask(session, target, replace(options, sort_by=""))
    if not options.watch_only:
        _show(listed, "ADDED", options, printer)
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
            _show(event["object"], event["type"], options, printer)
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


def _show(obj: Json, event: str, options: Options, printer: TablePrinter) -> None:
    if not options.printer and not options.server_print:
        obj = by_name_and_age(obj) if "rows" not in obj else obj
    if options.printer is None:
        text = printer.text(obj, event)
    elif options.watch_events:
        text = "".join(options.printer({"type": event, "object": item}) for item in items_of(obj))
    else:
        text = "".join(("---\n" if options.output == "yaml" else "") + options.printer(item) for item in items_of(obj))
    sys.stdout.write(text)
    sys.stdout.flush()
