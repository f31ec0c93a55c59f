"""`kubectl_lite events`: what has happened, the latest last; of everything, or of one object.

Source: k8s.io/kubectl/pkg/cmd/events.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from kubectl_lite.cli import command
from kubectl_lite.errors import CommandError
from kubectl_lite.printers.template_printers import Printer
from kubectl_lite.session import Session
from kubectl_lite.writing import print_options, printer_of

Json = dict[str, Any]
Show = Callable[[list[Json]], str]


@command("events")
@click.argument("ignored", nargs=-1, expose_value=False)
@click.option("-A", "--all-namespaces", is_flag=True, help="Across all namespaces.")
@click.option("--for", "for_", default="", help="Only those of this object: TYPE/NAME.")
@click.option("--types", multiple=True, help="Only of these types: Normal, Warning.")
@click.option("-w", "--watch", is_flag=True, help="After listing, watch for more.")
@click.option("--no-headers", is_flag=True, help="Do not print headers.")
@click.option("--chunk-size", default=500, help="Return large lists in chunks; 0 turns it off.")
@print_options
async def cli(session: Session, all_namespaces: bool, for_: str, types: tuple[str, ...], **flags: Any) -> int:
    """List events."""
    printer = printer_of(flags, sort_keys=False) if flags["output"] else None
    wanted = {t.strip().lower() for given in types for t in given.split(",")}
    if wanted - {"normal", "warning"}:
        raise CommandError("valid --types are Normal or Warning")
    path = "/api/v1/events" if all_namespaces else f"/api/v1/namespaces/{session.namespace}/events"
    params = {"fieldSelector": await _selector(session, for_), "limit": flags["chunk_size"]}
    listed, found = await _all(session, path, params)
    kind = {"apiVersion": "v1", "kind": "Event"}
    found = [kind | e for e in found if not wanted or e.get("type", "").lower() in wanted]
    if not found and not flags["watch"]:
        where = "" if all_namespaces else f" in {session.namespace} namespace"
        print(f"No events found{where}.", file=sys.stderr)
    elif printer and not flags["watch"]:
        sys.stdout.write(printer({"kind": "EventList", "apiVersion": "v1", "metadata": {}, "items": _in_order(found)}))
        return 0
    show = _one_by_one(printer) if printer else _Table(all_namespaces, flags["no_headers"]).text
    sys.stdout.write(show(sorted(found, key=_time)))
    if flags["watch"]:
        await _watch(session, path, params | {"resourceVersion": listed["metadata"]["resourceVersion"]}, wanted, show)
    return 0


async def _all(session: Session, path: str, params: Json) -> tuple[Json, list[Json]]:
    """The first page, and the events of all pages."""
    first = page = await session.get(path, params=params)
    found = list(page.get("items") or ())
    while token := page["metadata"].get("continue"):
        page = await session.get(path, params=params | {"continue": token})
        found += page.get("items") or ()
    return first, found


async def _selector(session: Session, for_: str) -> str:
    if not for_:
        return ""
    from kubectl_lite.resources import targets

    if "/" not in for_:
        raise CommandError("--for must be in resource/name form")
    try:
        target = (await targets(session, (for_,)))[0]
    except CommandError as why:
        raise CommandError(str(why), prefix=False) from why
    terms = {"involvedObject.kind": target.mapping.kind, "involvedObject.name": target.name}
    if target.mapping.group:
        terms["involvedObject.apiVersion"] = target.mapping.api_version
    return ",".join(f"{k}={v}" for k, v in terms.items())


async def _watch(session: Session, path: str, params: Json, wanted: set[str], show: Show) -> None:
    params = {k: v for k, v in params.items() if k != "limit"}
    sys.stdout.flush()
    async with session.watch(path, params=params) as events:
        async for event in events:
            if event["type"] == "ERROR":
                raise CommandError(event["object"].get("message", "the watch ended"))
            if event["type"] != "DELETED" and (not wanted or event["object"].get("type", "").lower() in wanted):
                sys.stdout.write(show([event["object"]]))
                sys.stdout.flush()


def _time(e: Json) -> str:
    return (e.get("series") or {}).get("lastObservedTime") or e.get("lastTimestamp") or e.get("eventTime") or ""


def _in_order(events: list[Json]) -> list[Json]:
    """Their fields as Go prints them."""
    from kubectl_lite.printers.go_order import in_go_order

    return [in_go_order(event) for event in events]


def _one_by_one(printer: Printer) -> Show:
    return lambda events: "".join(map(printer, _in_order(events)))


class _Table:
    """Rows that stay aligned while more come."""

    def __init__(self, namespaces: bool, no_headers: bool):
        from kubectl_lite.printers.table import Columns

        self._columns, self._namespaces, self._head = Columns(), namespaces, not no_headers

    def text(self, events: list[Json]) -> str:
        from kubectl_lite.describers.common import Text

        rows = [self._row(e, Text().interval(e)) for e in events]
        if rows and self._head:
            self._head = False
            head = ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]
            rows.insert(0, ["NAMESPACE", *head] if self._namespaces else head)
        return "".join(f"{line}\n" for line in self._columns.lines(rows))

    def _row(self, e: Json, seen: str) -> list[str]:
        about = e.get("involvedObject") or {}
        name = f"{about.get('kind', '')}/{about.get('name', '')}"
        row = [seen, e.get("type", ""), e.get("reason", ""), name, e.get("message", "").strip()]
        return [e["metadata"].get("namespace", ""), *row] if self._namespaces else row
