"""`kubectl_lite options`: the flags that all commands take."""

from __future__ import annotations

import click

from kubectl_lite.cli import command, global_options
from kubectl_lite.session import Session


@command("options")
def cli(session: Session) -> None:
    """Print the list of flags inherited by all commands."""
    ctx = click.get_current_context()
    bare = click.command("options")(global_options(lambda: None))
    records = [r for p in bare.params if isinstance(p, click.Option) and (r := p.get_help_record(ctx)) is not None]
    formatter = ctx.make_formatter()
    print("The following options can be passed to any command:\n")
    with formatter.indentation():
        formatter.write_dl(sorted(records, key=lambda r: r[0].rpartition("--")[2]))
    print(formatter.getvalue(), end="")
