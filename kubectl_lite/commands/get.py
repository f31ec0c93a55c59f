"""`kubectl_lite get`: one or many resources, as a table or in any other format; `-w` follows their changes."""

from __future__ import annotations

import sys
from typing import Any

import click

from kubectl_lite import colour
from kubectl_lite.cli import bool_option, command
from kubectl_lite.errors import CommandError
from kubectl_lite.getting.options import Json, Options
from kubectl_lite.printers.objects import FORMATS, printer_for
from kubectl_lite.printers.server_table import TablePrinter
from kubectl_lite.resources import targets
from kubectl_lite.selecting import FIELDS, LABELS
from kubectl_lite.session import Session

CHUNK = 500


@command("get")
@click.argument("args", nargs=-1)
@click.option("-o", "--output", default="", help=f"Output format. One of: ({', '.join(FORMATS)}).")
@click.option("-l", "--selector", default="", help=LABELS)
@click.option("--field-selector", default="", help=FIELDS)
@click.option("-A", "--all-namespaces", is_flag=True, help="Across all namespaces, whatever -n says.")
@click.option("-f", "--filename", multiple=True, help="Filename, directory, or URL to files that name the resources.")
@click.option("-R", "--recursive", is_flag=True, help="Read the directories of -f recursively.")
@click.option("-w", "--watch", is_flag=True, help="After listing, watch for changes.")
@click.option("--watch-only", is_flag=True, help="Watch for changes without listing first.")
@click.option("--output-watch-events", is_flag=True, help="With -w: show whether it was ADDED, MODIFIED or DELETED.")
@click.option("-L", "--label-columns", multiple=True, help="Labels to show as columns, separated by commas.")
@click.option("--show-labels", is_flag=True, help="Show all labels in the last column.")
@click.option("--show-kind", is_flag=True, help="Print the type before each name: service/myapp.")
@click.option("--no-headers", is_flag=True, help="Print the rows of a table without the names of its columns.")
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
        from kubectl_lite.getting.watch import watch

        return await watch(session, found, options)
    if options.printer:
        from kubectl_lite.getting.objects import print_objects

        return await print_objects(session, found, options)
    from kubectl_lite.getting.tables import print_tables

    return await print_tables(session, found, options)


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
        flags["show_kind"],
        TablePrinter(
            wide=output == "wide",
            no_headers=flags["no_headers"],
            label_columns=labels,
            show_labels=flags["show_labels"],
            event_column=flags["output_watch_events"],
            coloured=colour.enabled(sys.stdout),
        ),
        printer_for(
            output,
            template=flags["template"],
            allow_missing=flags["allow_missing_template_keys"],
            no_headers=flags["no_headers"],
            managed_fields=flags["show_managed_fields"],
        ),
    )
