"""`kubectl_lite options`: the flags that all commands take."""

from __future__ import annotations

import click

from kubectl_lite.cli import command, global_options, long_name
from kubectl_lite.session import Session


@command("options")
@click.argument("ignored", nargs=-1, expose_value=False)
def cli(session: Session) -> None:
    """Print the list of flags inherited by all commands."""
    from kubectl_lite.help.page import options_text

    options = [o for o in global_options() if isinstance(o, click.Option) and not o.hidden]
    print("The following options can be passed to any command:\n")
    print(options_text(sorted(options, key=long_name)), end="")
