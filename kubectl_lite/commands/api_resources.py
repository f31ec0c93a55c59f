"""`kubectl_lite api-resources`: what the server serves, from its discovery."""

from __future__ import annotations

import click

from kubectl_lite.cli import command
from kubectl_lite.mapper import Mapping
from kubectl_lite.session import Session


@command("api-resources")
@click.option("--api-group", default=None, help="Only this group; empty for the core group.")
@click.option("--namespaced", is_flag=True, default=None, help="Only (non-)namespaced.")
@click.option("--verbs", default="", help="Only resources with all of these verbs.")
@click.option("--no-headers", is_flag=True, help="Do not print headers.")
@click.option("-o", "--output", default="", type=click.Choice(["", "name", "wide"]), help="name or wide.")
async def cli(
    session: Session, api_group: str | None, namespaced: bool | None, verbs: str, no_headers: bool, output: str
) -> None:
    """Print the supported API resources on the server."""
    from kubectl_lite.printers.table import table

    wanted = set(filter(None, verbs.split(",")))
    shown = [
        m
        for m in (await session.mapper()).mappings
        if m.verbs and wanted <= set(m.verbs)
        and api_group in (None, m.group) and namespaced in (None, m.namespaced)
    ]  # fmt: skip
    shown.sort(key=lambda m: (m.group, m.plural))
    if output == "name":
        print(*(m.qualified for m in shown), sep="\n")
        return
    head = ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND"] + ["VERBS", "CATEGORIES"] * (output == "wide")
    rows = [_row(m, output == "wide") for m in shown]
    print(table(rows if no_headers else [head, *rows]), end="")


def _row(m: Mapping, wide: bool) -> list[str]:
    row = [m.plural, ",".join(m.short_names), m.api_version, str(m.namespaced).lower(), m.kind]
    return row + ([",".join(m.verbs), ",".join(m.categories)] if wide else [])
