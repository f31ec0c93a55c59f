"""The page that `--help` shows: the command's own text, then what its declaration says of flags and sub-commands.

Called by `kubectl_lite.__main__`, `commands.help` and `commands.options`. The texts are the files of `texts/`, one a
command (`rollout status` is `texts/rollout-status.txt`): a description, `Examples:`, and last `Usage:`, as they are
shown. They are read only here. Flags are declared, with their sentence, where the command is.
Source of the layout: k8s.io/kubectl/pkg/util/templates.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from kubectl_lite.cli import Command, Group, cli, long_name
from kubectl_lite.command_table import SECTIONS
from kubectl_lite.finding import find

TEXTS = Path(__file__).parent / "texts"
PADDING, NARROWEST = 3, 11
OF_ALL = 'Use "kubectl_lite options" for a list of global command-line options (applies to all commands).\n'


def page(command: click.Command, path: str) -> str:
    """The whole page of a command that is reached by the words of `path`."""
    about, examples, usage = text_of(path)
    parts = [about, _aliases(path), examples]
    if isinstance(command, Group):
        parts.append(_sections() if command is cli else _subcommands(command))
    parts += [_options(own_options(command)), usage, _last(command, path)]
    return "\n".join(part for part in parts if part)


def text_of(path: str) -> tuple[str, str, str]:
    """The three parts of a command's file: what it does, examples (or nothing), usage."""
    name = "-".join(path.split()[1:]) or path
    file = TEXTS / f"{name}.txt"
    if not file.exists():
        return f"{find(path.split()[1:]).command.help}\n", "", f"Usage:\n  {path} [flags] [options]\n"
    rest, _, usage = file.read_text().partition("\nUsage:\n")
    about, heading, examples = rest.partition("\nExamples:\n")
    return about if heading else rest, f"{heading}{examples}"[1:], f"Usage:\n{usage}"


def own_options(command: click.Command) -> list[click.Option]:
    """A command's own flags, by name; those of the bare word, if it is a group."""
    if isinstance(command, Group):
        command = command.default or command
    return sorted((o for o in command.own if not o.hidden), key=long_name) if isinstance(command, Command) else []


def options_text(options: Iterable[click.Option]) -> str:
    """Flags as pflag prints them: `-A, --all-namespaces=false:`, and the sentence below."""
    return "\n".join(f"    {name_and_default(o)}:\n\t{o.help}\n" for o in options)


def name_and_default(option: click.Option) -> str:
    """`-n, --namespace=''`."""
    return f"{', '.join(sorted(option.opts, key=len))}={_default(option)}"


def _default(option: click.Option) -> str:
    """As Go prints it; what a declaration wants shown in place of its default is `show_default`."""
    if isinstance(option.show_default, str):
        return option.show_default
    value = option.default
    if option.multiple:
        return f"[{','.join(value)}]" if isinstance(value, tuple | list) else "[]"
    if option.is_flag:
        return str(value is True).lower()
    if option.type.name == "duration":
        return str(value) if str(value)[-1:].isalpha() else f"{value or 0}s"
    return str(value) if isinstance(value, int) else f"'{value if isinstance(value, str) else ''}'"


def _options(options: list[click.Option]) -> str:
    return f"Options:\n{options_text(options)}" if options else ""


def _aliases(path: str) -> str:
    """Other names of the command, which the group above it knows."""
    *above, name = path.split()[1:] or [""]
    group = find(above).command
    others = [short for short, whole in group.aliases.items() if whole == name] if isinstance(group, Group) else []
    return f"Aliases:\n{', '.join([name, *others])}\n" if others else ""


def _subcommands(command: Group) -> str:
    return f"Available Commands:\n{_table({n: c.help or '' for n, c in sorted(command.commands.items())})}"


def _sections() -> str:
    width = max(len(name) for section in SECTIONS.values() for name in section)
    return "\n".join(f"{heading}:\n{_table(section, width)}" for heading, section in SECTIONS.items())


def _table(rows: dict[str, str], width: int = NARROWEST) -> str:
    width = max(width, *map(len, rows)) + PADDING
    return "".join(f"  {name:{width}}{help_.rstrip('.')}\n" for name, help_ in rows.items())


def _last(command: click.Command, path: str) -> str:
    more = f'Use "{path} <command> --help" for more information about a given command.\n'
    return (more if isinstance(command, Group) else "") + OF_ALL
