"""`config set` and `config unset`: one value by its path."""

from __future__ import annotations

import click

from kubectl_lite.cli import command
from kubectl_lite.commands.config.words import exactly, files_of
from kubectl_lite.session import Session


@command("set")
@click.argument("words", nargs=-1)
@click.option("--set-raw-bytes", is_flag=True, help="The value is put into a data field as it is, not in base64.")
def set_(session: Session, words: tuple[str, ...], set_raw_bytes: bool) -> None:
    """Set an individual value in a kubeconfig file."""
    from kubectl_lite.kubeconfig_paths import set_value

    path, value = exactly(2, words)
    set_value(files_of(session), path, value, raw=set_raw_bytes)
    print(f'Property "{path}" set.')


@command("unset")
@click.argument("words", nargs=-1)
def unset(session: Session, words: tuple[str, ...]) -> None:
    """Unset an individual value in a kubeconfig file."""
    from kubectl_lite.kubeconfig_paths import unset_value

    (path,) = exactly(1, words)
    unset_value(files_of(session), path)
    print(f'Property "{path}" unset.')
