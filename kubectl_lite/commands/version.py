"""`kubectl_lite version`: which client, and which server it talks to."""

from __future__ import annotations

import sys
from typing import Any

import click

from kube.version import VERSION
from kubectl_lite.cli import command
from kubectl_lite.errors import CommandError
from kubectl_lite.session import Session


@command("version")
@click.argument("words", nargs=-1)
@click.option("--client", is_flag=True, help="Show the client's version only; asks no server.")
@click.option("-o", "--output", default="", help="One of 'yaml' or 'json'.")
def cli(session: Session, words: tuple[str, ...], client: bool, output: str) -> Any:
    """Print the client and server version information."""
    if words:
        raise CommandError(f"extra arguments: [{' '.join(words)}]")
    if output not in ("", "yaml", "json"):
        raise CommandError("--output must be 'yaml' or 'json'")
    found: dict[str, Any] = {"clientVersion": {"gitVersion": f"v{VERSION}", "platform": sys.platform}}
    return _show(found, output) if client else _ask(session, found, output)


async def _ask(session: Session, found: dict[str, Any], output: str) -> int:
    return _show(found | {"serverVersion": await session.get("/version")}, output)


def _show(found: dict[str, Any], output: str) -> int:
    if output:
        from kubectl_lite.printers.objects import printer_for

        printer = printer_for(output)
        assert printer
        sys.stdout.write(printer(found))
        return 0
    for key, title in (("clientVersion", "Client Version"), ("serverVersion", "Server Version")):
        if key in found:
            print(f"{title}: {found[key]['gitVersion']}")
    return 0
