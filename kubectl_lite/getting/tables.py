"""`get` as people read it: one table a type. Called by `commands.get`."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from kubectl_lite.getting.ask import Answers, answers, tell
from kubectl_lite.getting.options import Json, Options
from kubectl_lite.resources import Target
from kubectl_lite.session import Session


async def print_tables(session: Session, found: list[Target], options: Options) -> int:
    """Prints one table a type, a blank line between them; objects given by name share their type's table."""
    got, errors = await answers(session, found, options)
    groups = by_type(got)
    show_kind = options.show_kind or len(groups) > 1
    printed = False
    for group in groups:
        if text := _table(group, options, show_kind):
            blank = "\n" if printed and not options.table.no_headers else ""
            sys.stdout.write(blank + text)
            printed = True
    if not printed and not errors and not any(target.name for target in found):
        _say_nothing_found(found, options)
    return tell(errors)


def by_type(got: Iterable[tuple[Target, Any]]) -> list[list[tuple[Target, Any]]]:
    """The answers of each type, in the order in which the types were first asked for."""
    groups: dict[Any, list[tuple[Target, Any]]] = defaultdict(list)
    for target, answer in got:
        groups[target.mapping].append((target, answer))
    return list(groups.values())


def _table(group: Answers, options: Options, show_kind: bool) -> str:
    mapping = group[0][0].mapping
    printer = replace(
        options.table,
        with_namespace=options.all_namespaces and mapping.namespaced,
        prefix=f"{mapping.printed}/" if show_kind else "",
    )
    rows = [
        row for target, answer in group
        for row in (answer if target.name else _sorted(answer, options)).get("rows") or ()
    ]  # fmt: skip
    return printer.text(group[0][1] | {"rows": rows})


def _sorted(table: Json, options: Options) -> Json:
    rows = table.get("rows") or []
    if not options.sort_by or len(rows) < 2:
        return table
    from kubectl_lite.printers.sorting import ordered

    return table | {"rows": ordered(rows, options.sort_by, [row["object"] for row in rows])}


def _say_nothing_found(found: list[Target], options: Options) -> None:
    namespace = next((t.namespace for t in found if t.namespace), "")
    if not options.ignore_not_found:
        where = f" in {namespace} namespace." if namespace and not options.all_namespaces else ""
        print(f"No resources found{where}", file=sys.stderr)
