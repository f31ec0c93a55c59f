"""What the sub-commands of `config` share: their files, how many words they take, and flags that may be absent."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

import click

from kubectl_lite.errors import CommandError
from kubectl_lite.kubeconfig_files import KubeconfigFiles
from kubectl_lite.session import Session

Json = dict[str, Any]
KEEP = "\0"
"""The value of a flag that was not given; an empty one takes the field away."""


def files_of(session: Session) -> KubeconfigFiles:
    return KubeconfigFiles(session.flags.kubeconfig)


def exactly(count: int, words: tuple[str, ...], complaint: str = "Unexpected args") -> tuple[str, ...]:
    """The words, if they are so many; else the command's help is shown and CommandError raised."""
    if len(words) != count:
        show_help()
        raise CommandError(f"{complaint}: [{' '.join(words)}]")
    return words


def show_help() -> None:
    from kubectl_lite.help.page import page

    context = click.get_current_context()
    print(page(context.command, context.command_path), end="")


def given(flags: Json) -> Json:
    """The flags that were given, under their names in a kubeconfig."""
    return {name.replace("_", "-"): value for name, value in flags.items() if value not in (KEEP, None)}


def with_files(changes: Json, embed: bool, names: tuple[str, ...]) -> Json:
    """The content of files, or their absolute paths; the one takes the other's place. Raises CommandError."""
    found = dict(changes)
    for name in names:
        path = found.get(name, "")
        if embed and path:
            found |= {name: "", f"{name}-data": _content(name, path)}
        elif path:
            found |= {name: os.path.abspath(path), f"{name}-data": ""}
    return found


def _content(name: str, path: str) -> str:
    try:
        return base64.b64encode(Path(path).read_bytes()).decode()
    except FileNotFoundError as why:
        raise CommandError(f"could not stat {name} file {path}: stat {path}: no such file or directory") from why
    except OSError as why:
        raise CommandError(f"could not read {name} data from {path}: {(why.strerror or '').lower()}") from why
