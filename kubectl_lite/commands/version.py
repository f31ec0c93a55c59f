"""`kubectl_lite version`: which client, and which server it talks to."""

from __future__ import annotations

import sys
from typing import Any

import click

from kube.version import VERSION
from kubectl_lite.cli import command
from kubectl_lite.session import Session


@command("version")
@click.option("--client", is_flag=True, help="Show the client's version only; asks no server.")
@click.option("-o", "--output", default="", type=click.Choice(["", "yaml", "json"]), help="One of 'yaml' or 'json'.")
async def cli(session: Session, client: bool, output: str) -> int:
    """Print the client and server version information."""
    client_version = {"gitVersion": f"v{VERSION}", "platform": sys.platform}
    found: dict[str, Any] = {"clientVersion": client_version}
    if not client:
        found["serverVersion"] = await session.get("/version")
    if output:
        from kubectl_lite.printers.objects import printer_for

        printer = printer_for(output)
        assert printer
        sys.stdout.write(printer(found))
        return 0
    print(f"Client Version: {found['clientVersion']['gitVersion']}")
    if not client:
        print(f"Server Version: {found['serverVersion']['gitVersion']}")
    return 0
