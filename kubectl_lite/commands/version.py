"""`kubectl_lite version`: which client, and which server it talks to."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from kubectl_lite.cli import command
from kubectl_lite.errors import CommandError
from kubectl_lite.session import Session
from kubectl_lite.versions import client_version


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
    found: dict[str, Any] = {"clientVersion": client_version()}
    return _show(found, output) if client else _ask(session, found, output)


async def _ask(session: Session, found: dict[str, Any], output: str) -> int:
    """A server that does not answer does not keep the client's version from being shown."""
    from kube.apimachinery.errors import StatusError
    from kubectl_lite.errors import report
    from kubectl_lite.versions import credentials_wanted

    try:
        server = await session.get("/version")
    except (CommandError, StatusError) as why:
        _show(found, output)
        report(credentials_wanted(why))
        return 1
    _show(found | {"serverVersion": server}, output)
    if warning := skew(found["clientVersion"], server):
        print(warning, file=sys.stderr)
    return 0


def skew(client: dict[str, Any], server: dict[str, Any]) -> str:
    """What there is to say when the two are more than one minor version apart."""
    ours, theirs = (tuple(int(info[k].rstrip("+")) for k in ("major", "minor")) for info in (client, server))
    if ours[0] == theirs[0] and abs(ours[1] - theirs[1]) <= 1:
        return ""
    return (f"WARNING: version difference between client ({ours[0]}.{ours[1]}) and server ({theirs[0]}.{theirs[1]}) "
            "exceeds the supported minor version skew of +/-1")  # fmt: skip


def _show(found: dict[str, Any], output: str) -> int:
    if output == "json":
        print(json.dumps(found, indent=2))
    elif output == "yaml":
        from kubectl_lite.printers.yaml_printer import to_yaml

        print(to_yaml(found))
    else:
        for key, title in (("clientVersion", "Client Version"), ("serverVersion", "Server Version")):
            if key in found:
                print(f"{title}: {found[key]['gitVersion']}")
    return 0
