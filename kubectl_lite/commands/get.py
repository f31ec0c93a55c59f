"""`kubectl_lite get`: one or many resources, as a table or in any other format; `-w` follows their changes."""

from __future__ import annotations

import sys
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any

import click

from kubectl_lite import colour
from kubectl_lite.cli import bool_option, command
from kubectl_lite.errors import CommandError
from kubectl_lite.printers.objects import Printer, as_list, printer_for
from kubectl_lite.printers.server_table import TablePrinter, by_name_and_age
from kubectl_lite.resources import Target, list_of, targets
from kubectl_lite.session import TABLE, Session

CHUNK = 500
Json = dict[str, Any]


@dataclass(frozen=True)
class Options:
    """The flags of `get` that more than one function asks."""

    output: str
    selector: str
    field_selector: str
    all_namespaces: bool
    ignore_not_found: bool
    sort_by: str
    watch: bool
    watch_only: bool
    watch_events: bool
    chunk_size: int
    subresource: str
    server_print: bool
    table: TablePrinter
    printer: Printer | None

    @property
    def selectors(self) -> dict[str, str]:
        return {"labelSelector": self.selector, "fieldSelector": self.field_selector}

    @property
    def accept(self) -> str:
        return "application/json" if self.printer or not self.server_print else TABLE


@command("get")
@click.argument("args", nargs=-1)
@click.option("-o", "--output", default="", help="Output format: wide, yaml, json, name, jsonpath=…, custom-columns=….")
@click.option("-l", "--selector", default="", help="Label selector to filter on.")
@click.option("--field-selector", default="", help="Field selector to filter on.")
@click.option("-A", "--all-namespaces", is_flag=True, help="List across all namespaces.")
@click.option("-f", "--filename", multiple=True, help="Files that name the resources to get.")
@click.option("-R", "--recursive", is_flag=True, help="Read the directories of -f recursively.")
@click.option("-w", "--watch", is_flag=True, help="After listing, watch for changes.")
@click.option("--watch-only", is_flag=True, help="Watch for changes without listing first.")
@click.option("--output-watch-events", is_flag=True, help="Show the type of each event.")
@click.option("-L", "--label-columns", multiple=True, help="Labels to show as columns.")
@click.option("--show-labels", is_flag=True, help="Show all labels in the last column.")
@click.option("--show-kind", is_flag=True, help="Show the type of the resource.")
@click.option("--no-headers", is_flag=True, help="Do not print headers.")
@click.option("--show-managed-fields", is_flag=True, help="Keep managedFields in YAML and JSON.")
@click.option("--sort-by", default="", help="Sort lists by this JSONPath expression.")
@click.option("--ignore-not-found", is_flag=True, help="Exit with 0 when the object does not exist.")
@click.option("--chunk-size", default=CHUNK, help="Return large lists in chunks; 0 turns it off.")
@click.option("--subresource", default="", help="Ask for this subresource of each object.")
@click.option("--template", default="", help="The template of -o go-template or jsonpath, or its file.")
@bool_option("--allow-missing-template-keys", default=True, help="Fields that are not there are no error.")
@bool_option("--server-print", default=True, help="Let the server make the columns.")
@click.option("--raw", default="", help="Print what the server answers at this path, as it is.")
async def cli(session: Session, args: tuple[str, ...], raw: str, **flags: Any) -> int:
    """Display one or many resources."""
    options = _options(flags)
    if options.watch_events and not (options.watch or options.watch_only):
        raise CommandError("--output-watch-events option can only be used with --watch or --watch-only")
    if raw:
        return await _raw(session, raw, args, options)
    found = await targets(
        session,
        args,
        files=flags["filename"],
        recursive=flags["recursive"],
        all_namespaces=options.all_namespaces,
        command="get",
    )
    if options.watch or options.watch_only:
        return await _watch(session, found, options)
    if options.printer:
        return await _objects(session, found, options)
    several = len({t.mapping for t in found}) > 1
    return await _tables(session, found, options, show_kind=several or flags["show_kind"] or "/" in "".join(args))


async def _raw(session: Session, path: str, args: tuple[str, ...], options: Options) -> int:
    if args:
        raise CommandError("arguments may not be passed when --raw is specified")
    if options.watch or options.watch_only or options.selector:
        raise CommandError(
            "--raw may not be specified with other flags that filter the server request or alter the output"
        )
    if options.output:
        raise CommandError("--raw and --output are mutually exclusive")
    if not path.startswith("/"):
        raise CommandError(f'--raw must be a valid URL path: parse "{path}": invalid URI for request')
    async with session.stream(path, params={}) as chunks:
        async for chunk in chunks:
            sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
    return 0


def _options(flags: Json) -> Options:
    output = flags["output"]
    labels = tuple(label for given in flags["label_columns"] for label in given.split(","))
    return Options(
        output,
        flags["selector"],
        flags["field_selector"],
        flags["all_namespaces"],
        flags["ignore_not_found"],
        flags["sort_by"],
        flags["watch"],
        flags["watch_only"],
        flags["output_watch_events"],
        max(0, flags["chunk_size"]),
        flags["subresource"],
        flags["server_print"],
        TablePrinter(
            wide=output == "wide",
            no_headers=flags["no_headers"],
            label_columns=labels,
            show_labels=flags["show_labels"],
            event_column=flags["output_watch_events"],
            coloured=colour.enabled(sys.stdout),
        ),
        printer_for(
            output, template=flags["template"], allow_missing=flags["allow_missing_template_keys"],
            no_headers=flags["no_headers"], managed_fields=flags["show_managed_fields"],
        ),
    )


# ---- tables ----


async def _tables(session: Session, found: list[Target], options: Options, show_kind: bool) -> int:
    """Prints one table a type, a blank line between them; objects given by name share their type's table."""
    code, printed = 0, False
    for group in _by_type(found):
        mapping = group[0].mapping
        kind = f"{mapping.printed}/" if show_kind and len(_by_type(found)) > 1 else ""
        printer = replace(
            options.table,
            with_namespace=options.all_namespaces and mapping.namespaced,
            prefix=kind or (f"{mapping.printed}/" if show_kind and not group[0].name else ""),
        )
        text = ""
        for target in group:
            try:
                text += printer.text(_sorted_table(await _fetch(session, target, options), options))
            except Exception as error:
                code = _absent(error, options) or code
        if text:
            blank = "\n" if printed and not options.table.no_headers else ""
            sys.stdout.write(blank + text)
            printed = True
    if not printed and not code and not any(t.name for t in found):
        _say_nothing_found(found, options)
    return code


def _by_type(found: list[Target]) -> list[list[Target]]:
    groups: dict[Any, list[Target]] = defaultdict(list)
    for target in found:
        groups[target.mapping].append(target)
    return list(groups.values())


def _say_nothing_found(found: list[Target], options: Options) -> None:
    namespace = next((t.namespace for t in found if t.namespace), "")
    if not options.ignore_not_found:
        where = f" in {namespace} namespace." if namespace and not options.all_namespaces else ""
        print(f"No resources found{where}", file=sys.stderr)


def _absent(error: Exception, options: Options) -> int:
    """Prints the failure of one name and goes on to the next, as kubectl does. Other errors are raised."""
    from kube.apimachinery.errors import NotFound, StatusError
    from kubectl_lite.errors import report

    if not isinstance(error, StatusError):
        raise error
    if isinstance(error, NotFound) and options.ignore_not_found:
        return 0
    report(error)
    return 1


async def _fetch(session: Session, target: Target, options: Options) -> Json:
    """A table or object or list; long lists in chunks that are joined."""
    answer = await _ask(session, target, options)
    return answer if options.printer or options.server_print else by_name_and_age(answer)


async def _ask(session: Session, target: Target, options: Options) -> Json:
    params: Json = {"includeObject": "Object"} if options.sort_by and options.accept == TABLE else {}
    if target.name:
        if options.selector:
            raise CommandError("name cannot be provided when a selector is specified")
        path = target.mapping.path(target.namespace, target.name, options.subresource)
        return await session.get(path, params=params, accept=options.accept)
    if options.subresource:
        raise CommandError("subresource cannot be used when bulk resources are specified")
    selectors = options.selectors | params | {"limit": options.chunk_size}
    whole = await list_of(session, target, selectors, accept=options.accept)
    rows = "rows" if options.accept == TABLE else "items"
    page = whole
    while token := (page.get("metadata") or {}).get("continue"):
        page = await session.get(target.path, params=selectors | {"continue": token}, accept=options.accept)
        whole[rows] = (whole.get(rows) or []) + (page.get(rows) or [])
    return whole


def _sorted_table(table: Json, options: Options) -> Json:
    if not options.sort_by:
        return table
    rows = sorted(table.get("rows") or (), key=lambda row: _sort_key(row["object"], options.sort_by))
    return table | {"rows": rows}


def _sort_key(obj: Json, path: str) -> tuple[int, Any, str]:
    from kubectl_lite.printers.jsonpath import find, parse

    path = path if path.startswith("{") else "{" + (path if path.startswith(".") else f".{path}") + "}"
    found = find(parse(path).actions[0], obj)
    value = found[0] if found else None
    if isinstance(value, int | float):
        return (1, value, "")
    return (0 if value is None else 2, 0, str(value))


# ---- objects ----


async def _objects(session: Session, found: list[Target], options: Options) -> int:
    """Prints whole objects: one by itself, several as one List."""
    items, code, single = [], 0, len(found) == 1 and bool(found[0].name)
    for target in found:
        try:
            answer = await _fetch(session, target, options)
        except Exception as error:
            code = _absent(error, options) or code
            continue
        items += [answer] if target.name else _typed_items(answer)
    if options.sort_by:
        items.sort(key=lambda item: _sort_key(item, options.sort_by))
    assert options.printer
    if single and items:
        sys.stdout.write(options.printer(items[0]))
    elif items or not (code or single):
        sys.stdout.write(options.printer(as_list(items)))
    return code


def _typed_items(answer: Json) -> list[Json]:
    """The items of a list, each with the apiVersion and kind that lists leave out."""
    kind = answer["kind"].removesuffix("List")
    return [{"apiVersion": answer["apiVersion"], "kind": kind} | item for item in answer.get("items") or ()]


# ---- watching ----


async def _watch(session: Session, found: list[Target], options: Options) -> int:
    """Lists, then prints each change as it comes, until the server or the user ends it."""
    if len(_by_type(found)) != 1:
        raise CommandError("you may only specify a single resource type")
    target = found[0]
    if len(found) > 1:
        for each in found:
            await session.get(each.path)  # one that is not there is told first
        raise CommandError(
            f"watch is only supported on individual resources and resource collections - {len(found)} resources were "
            "found"
        )
    printer = replace(options.table, with_namespace=options.all_namespaces and target.mapping.namespaced)
    listed = await _fetch(session, target, replace(options, sort_by=""))
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


def _show(obj: Json, event: str, options: Options, printer: TablePrinter) -> None:
    if not options.printer and not options.server_print:
        obj = by_name_and_age(obj) if "rows" not in obj else obj
    if options.printer is None:
        text = printer.text(obj, event)
    elif options.watch_events:
        text = "".join(options.printer({"type": event, "object": item}) for item in _each(obj))
    else:
        text = "".join(("---\n" if options.output == "yaml" else "") + options.printer(item) for item in _each(obj))
    sys.stdout.write(text)
    sys.stdout.flush()


def _each(obj: Json) -> list[Json]:
    return _typed_items(obj) if isinstance(obj.get("items"), list) else [obj]


