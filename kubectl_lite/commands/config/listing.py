"""`config get-contexts`, `current-context`, `get-clusters`, `get-users`: what there is, by name."""

from __future__ import annotations

import sys

import click

from kubectl_lite.cli import command
from kubectl_lite.commands.config.words import files_of
from kubectl_lite.errors import CommandError
from kubectl_lite.session import Session


@command("get-contexts")
@click.argument("names", nargs=-1)
@click.option("--no-headers", is_flag=True, help="Do not print headers.")
@click.option("-o", "--output", default="", help='"name" prints names only.')
def get_contexts(session: Session, names: tuple[str, ...], no_headers: bool, output: str) -> int:
    """Describe one or many contexts."""
    from kubectl_lite.printers.table import table

    if output not in ("", "name"):
        raise CommandError(f"--output {output} is not available in kubectl_lite config get-contexts; "
                           "resetting to default output format")  # fmt: skip
    files = files_of(session)
    absent = [n for n in names if n not in files.names("contexts")]
    shown = [n for n in names if n not in absent] if names else files.names("contexts")
    rows = [] if no_headers or output else [["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"]]
    for name in shown:
        body = files.entry("contexts", name) or {}
        mark = "*" if name == files.current else ""
        rows.append([mark, name, *(body.get(k, "") for k in ("cluster", "user", "namespace"))])
    sys.stdout.write("".join(f"{row[1]}\n" for row in rows) if output else table(rows))
    for name in absent:
        print(f"error: context {name} not found", file=sys.stderr)
    return 1 if absent else 0


@command("current-context")
@click.argument("ignored", nargs=-1, expose_value=False)
def current_context(session: Session) -> None:
    """Display the current-context."""
    name = files_of(session).current
    if not name:
        raise CommandError("current-context is not set")
    print(name)


def _listing(name: str, section: str, help_: str) -> click.Command:
    @command(name, help=help_)
    @click.argument("ignored", nargs=-1, expose_value=False)
    def run(session: Session) -> None:
        print("NAME", *files_of(session).names(section), sep="\n")

    return run


get_clusters = _listing("get-clusters", "clusters", "Display clusters defined in the kubeconfig.")
get_users = _listing("get-users", "users", "Display users defined in the kubeconfig.")
