"""`kubectl_lite api-resources`: what the server serves, from its discovery."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from kubectl_lite.cli import command
from kubectl_lite.errors import CommandError
from kubectl_lite.mapper import Mapping
from kubectl_lite.session import Session

_ORDERS: dict[str, Callable[[Mapping], Any]] = {
    "": lambda m: (m.group, m.plural), "name": lambda m: m.plural, "kind": lambda m: m.kind,
}  # fmt: skip


@command("api-resources")
@click.option("--cached", is_flag=True, expose_value=False, help="Taken: kubectl_lite keeps no cache.")
@click.option("--categories", multiple=True, help="Only resources of all of these categories, such as all.")
@click.option("--sort-by", default="", help="Sort by name or kind, instead of by group and name.")
@click.option("--api-group", default=None, help="Only this group; empty for the core group.")
@click.option("--namespaced", is_flag=True, default=None, show_default="true", help="Only (non-)namespaced.")
@click.option("--verbs", multiple=True, help="Only resources with all of these verbs.")
@click.option("--no-headers", is_flag=True, help="Do not print headers.")
@click.option("-o", "--output", default="", help="name or wide.")
async def cli(
    session: Session, api_group: str | None, namespaced: bool | None, verbs: tuple[str, ...],
    categories: tuple[str, ...], sort_by: str, no_headers: bool, output: str,
) -> None:  # fmt: skip
    """Print the supported API resources on the server."""
    from kubectl_lite.printers.table import table

    wanted, among = (set(filter(None, ",".join(given).split(","))) for given in (verbs, categories))
    if output not in ("", "wide", "name"):
        raise CommandError(f"--output {output} is not available")
    if sort_by not in _ORDERS:
        raise CommandError("--sort-by accepts only name or kind")
    shown = [
        m
        for m in (await session.mapper()).mappings
        if m.verbs and wanted <= set(m.verbs) and among <= set(m.categories)
        and api_group in (None, m.group) and namespaced in (None, m.namespaced)
    ]  # fmt: skip
    shown.sort(key=_ORDERS[sort_by])
    if output == "name":
        print("".join(f"{m.qualified}\n" for m in shown), end="")
        return
    head = ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"] + ["VERBS", "CATEGORIES"] * (output == "wide")
    rows = [_row(m, output == "wide") for m in shown]
    print(table(rows if no_headers else [head, *rows]), end="")


def _row(m: Mapping, wide: bool) -> list[str]:
    row = [m.plural, ",".join(m.short_names), m.api_version, str(m.namespaced).lower(), m.kind]
    return row + ([",".join(m.verbs), ",".join(m.categories)] if wide else [])
