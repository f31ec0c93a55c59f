"""`kubectl_lite help COMMAND`: the page that `COMMAND --help` shows."""

from __future__ import annotations

import sys

import click

from kubectl_lite.cli import cli as top
from kubectl_lite.cli import command
from kubectl_lite.session import Session


@command("help")
@click.argument("words", nargs=-1)
def cli(session: Session, words: tuple[str, ...]) -> None:
    """Help about any command."""
    from kubectl_lite.finding import find
    from kubectl_lite.help.page import page

    found = find(words)
    if found.command is top and words:
        shown = " ".join(f"`{word}`" for word in words)
        print(f"Unknown help topic [{shown}]\n", file=sys.stderr)
        print(page(top, found.path).partition("\n\n")[2], end="", file=sys.stderr)
        return
    print(page(found.command, found.path), end="")
