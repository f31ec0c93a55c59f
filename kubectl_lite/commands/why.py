"""`kubectl_lite why service/NAME`: where the way to a Service breaks, why, and the command that repairs it.

Called by the command line. It gathers, judges and shows (`kubectl_lite.why`). Exit code 1 when something is broken.
"""

from __future__ import annotations

import ipaddress
import json
import sys

import click

from kubectl_lite.cli import command
from kubectl_lite.debugging import service_named
from kubectl_lite.errors import CommandError
from kubectl_lite.session import Session


@command("why")
@click.argument("service", metavar="service/NAME[:PORT]")
@click.option("--from", "client", default="", help="The address of a client outside the cluster.")
@click.option("-o", "--output", type=click.Choice(["json"]), help="For machines.")
async def cli(session: Session, service: str, client: str, output: str | None) -> int:
    """Walk the whole way to a Service and say where it breaks."""
    from kubectl_lite.why.gather import Gatherer
    from kubectl_lite.why.judge import first_broken, judge
    from kubectl_lite.why.show import as_json, lines

    asked = service_named(service)
    name, namespace = asked.name, asked.namespace or session.namespace
    facts = await Gatherer(session, namespace, name, asked.port, _address(client)).gather()
    findings = judge(facts)
    if output == "json":
        print(json.dumps(as_json(name, namespace, findings), indent=2))
    else:
        print("\n".join(lines(name, namespace, findings, sys.stdout)))
    return 1 if first_broken(findings) else 0


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text)) if text else ""
    except ValueError as error:
        raise CommandError(f"--from: {error}") from error
