"""Which command a line means: the words that name it are found among its flags, as kubectl finds them.

Called by `kubectl_lite.__main__`, `completing` and `commands.help`. Imports no command but the one that is named.
Source: github.com/spf13/cobra/command.go (Find, SuggestionsFor).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import click

from kubectl_lite.cli import Group, cli, flags_of
from kubectl_lite.command_table import COMMANDS
from kubectl_lite.errors import CommandError

NAME = "kubectl_lite"


class Found(NamedTuple):
    """A command, the words that lead to it, and the words that are for it."""

    command: click.Command
    path: str
    words: list[str]


def find(words: Sequence[str]) -> Found:
    """The command of a whole line; a group when no sub-command of it is named. Imports its module."""
    command: click.Command = cli
    path, rest = NAME, list(words)
    while isinstance(command, Group):
        flags = flags_of(command)
        named = flags.names(rest)
        inner = command.get_command(None, named[0]) if named else None
        if inner is None:
            break
        command, path, rest = inner, f"{path} {inner.name}", flags.without(rest, named[0])
    return Found(command, path, rest)


def check_first(words: Sequence[str]) -> None:
    """Raises CommandError for a first word that is no command, in kubectl's words."""
    named = flags_of(cli).names(words)
    if not named:
        return
    if words[0].startswith("-"):
        raise CommandError(f"Error: flags cannot be placed before plugin name: {words[0]}", prefix=False)
    meant = suggestions(named[0], COMMANDS)
    hint = "\n\nDid you mean this?\n" + "\n".join(f"\t{m}" for m in meant) if meant else ""
    raise CommandError(f'unknown command "{named[0]}" for "{NAME}"{hint}')


def suggestions(word: str, known: Iterable[str]) -> list[str]:
    """What may have been meant: at most two letters away, or begun like that."""
    low = word.lower()
    return [name for name in known if _distance(low, name) <= 2 or name.startswith(low)]


def _distance(one: str, other: str) -> int:
    """Levenshtein's: how many letters must be put in, taken out or changed."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1]
