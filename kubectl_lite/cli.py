"""The command line: global flags, sub-commands found by name and imported only when they run.

Called by `kubectl_lite.__main__`; calls click, the one door to it. A command is a module (which one, says
`kubectl_lite.command_table`) with `@command(...)` on a function that takes the Session and its own flags; an
asynchronous one when it asks the server, for asyncio itself takes longer to import than `version --client` to run.
Wording of usage errors is kubectl's.
"""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import fields
from typing import Any

import click

from kubectl_lite.command_table import COMMANDS, SECTIONS, module_of
from kubectl_lite.errors import CommandError
from kubectl_lite.global_flags import NAMES, OPTIONS, GlobalFlags
from kubectl_lite.session import Session

AFTER_DASHES = "kubectl_lite.after_dashes"


def after_dashes() -> tuple[str, ...]:
    """The words after `--` of the running command, if it was declared with `takes_command`."""
    return click.get_current_context().meta.get(AFTER_DASHES, ())


def without_values(command: click.Command, ctx: click.Context, args: list[str]) -> list[str]:
    """`--watch=true` is `--watch`, and `--watch=false` is nothing, for the flags that click knows without a value."""
    bare = {name for p in command.get_params(ctx) if isinstance(p, click.Option) and p.is_flag for name in p.opts}
    end = args.index("--") if "--" in args else len(args)
    kept = []
    for arg in args[:end]:
        name, equals, value = arg.partition("=")
        if not equals or name not in bare or value not in ("true", "false"):
            kept.append(arg)
        elif value == "true":
            kept.append(name)
    return kept + args[end:]


def positional(command: click.Command, ctx: click.Context, args: list[str]) -> list[str]:
    """The words that are no flags of the command, nor their values."""
    valued = {name for p in command.get_params(ctx) if isinstance(p, click.Option) and not p.is_flag for name in p.opts}
    return [word for before, word in zip(["", *args], args, strict=False)
            if not word.startswith("-") and before not in valued]  # fmt: skip


class Command(click.Command):
    """A command whose help shows its own flags; the global ones are shown by `kubectl_lite options`.

    Words after `--` are kept apart (`after_dashes`), so that they never count as names.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if getattr(self.callback, "takes_command", False) and "--" in args:
            at = args.index("--")
            ctx.meta[AFTER_DASHES], args = tuple(args[at + 1 :]), args[:at]
        try:
            return super().parse_args(ctx, without_values(self, ctx, args))
        except click.UsageError as error:
            error.ctx = error.ctx or ctx  # so that the message names the command
            raise

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own = [p for p in self.get_params(ctx) if p.name not in NAMES or p in getattr(self.callback, "own", ())]
        records = [r for p in own if isinstance(p, click.Option) and (r := p.get_help_record(ctx)) is not None]
        with formatter.section("Options"):
            formatter.write_dl(records)
        formatter.write_text('\nUse "kubectl_lite options" for a list of global command-line options.')


class Group(click.Group):
    """A group whose flags may be written as those of a command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, without_values(self, ctx, args))


class Commands(Group):
    """Finds a command by name, importing its module only then."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return importlib.import_module(module_of(name)).cli if name in COMMANDS else None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in COMMANDS:
            raise CommandError(unknown(args[0], "kubectl_lite", COMMANDS))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for heading, commands in SECTIONS.items():
            with formatter.section(heading):
                formatter.write_dl(list(commands.items()), col_max=15)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.format_commands(ctx, formatter)
        formatter.write_text('\nUse "kubectl_lite options" for a list of global command-line options.')


def unknown(word: str, path: str, known: Any) -> str:
    """kubectl's sentence for a command that is not there, with those that may have been meant."""
    from difflib import get_close_matches

    meant = get_close_matches(word, list(known), n=3)
    hint = "\n\nDid you mean this?\n" + "".join(f"\t{m}\n" for m in meant) if meant else ""
    return f'unknown command "{word}" for "{path}"{hint}'


def global_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the flags that every command takes; one that the command declares itself is the command's."""
    params: list[click.Parameter] = getattr(function, "__click_params__", [])
    taken = {text for p in params for text in p.opts}
    scratch: Any = lambda: None  # noqa: E731, only a place for click to note options
    for option in OPTIONS:
        option(scratch)
    added = [p for p in scratch.__click_params__ if not taken & set(p.opts)]
    function.__click_params__ = [*reversed(added), *params]  # type: ignore[attr-defined]
    return function


@click.group(cls=Commands, name="kubectl_lite", context_settings={"help_option_names": ["-h", "--help"]})
@global_options
@click.pass_context
def cli(ctx: click.Context, **flags: Any) -> None:
    """kubectl_lite controls a kube-lite (or any Kubernetes) cluster."""
    ctx.obj = flags


def bool_option(*names: str, default: bool, help: str) -> Callable[..., Any]:
    """A flag that may be given a value, `--overwrite=false`; bare it is true."""
    return click.option(*names, default=str(default).lower(), is_flag=False, flag_value="true",
                        callback=lambda _ctx, _param, text: text == "true", help=help)  # fmt: skip


Run = Callable[..., "Awaitable[int | None] | int | None"]


def command(name: str, *, takes_command: bool = False, **settings: Any) -> Callable[[Run], click.Command]:
    """Makes a function `run(session, **flags) -> exit code or None`, asynchronous or not, a command."""

    def wrap(function: Run) -> click.Command:
        own = list(getattr(function, "__click_params__", []))
        own_names = {p.name for p in own}

        def run(**flags: Any) -> None:
            ctx = click.get_current_context()
            session = Session(_merge_flags(ctx, {k: v for k, v in flags.items() if k not in own_names}))
            answer = function(session, **{k: v for k, v in flags.items() if k in own_names})
            code = answer if answer is None or isinstance(answer, int) else _in_loop(session, answer)
            if code or session.must_fail:
                ctx.exit(code or 1)

        run.__doc__ = function.__doc__
        run.__click_params__ = own  # type: ignore[attr-defined]
        run.own = own  # type: ignore[attr-defined]
        run.takes_command = takes_command  # type: ignore[attr-defined]
        return click.command(name, **({"cls": Command} | settings))(global_options(run))

    return wrap


class Subcommands(Group):
    """`rollout status`, `create configmap`: the second word of a command, by its name or an alias."""

    aliases: Mapping[str, str] = {}

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return super().get_command(ctx, self.aliases.get(name, name))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and self.get_command(ctx, args[0]) is None:
            hint = f"See '{ctx.command_path} -h' for help and examples"
            raise CommandError(f'unknown command "{" ".join(positional(self, ctx, args))}"\n{hint}')
        _, found, rest = super().resolve_command(ctx, args)
        return found and found.name, found, rest

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        path, width = ctx.command_path, max(13, *map(len, self.commands))
        summaries = {name: made.get_short_help_str(80).rstrip(".") for name, made in sorted(self.commands.items())}
        commands = "\n".join(f"  {name:{width}} {summary}" for name, summary in summaries.items())
        formatter.write(f"""{self.help}

Available Commands:
{commands}

Usage:
  {path} SUBCOMMAND [options]

Use "{path} <command> --help" for more information about a given command.
Use "kubectl_lite options" for a list of global command-line options (applies to all commands).
""")


class WithDefault(Subcommands):
    """`cluster-info` and `cluster-info dump`: without a second word it is the command `default`."""

    default: click.Command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not any(word in self.commands or word in ("-h", "--help") for word in args):
            args = ["default", *args]
        return super().parse_args(ctx, args)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return self.default if name == "default" else super().get_command(ctx, name)


def group(
    name: str, subcommands: Mapping[str, click.Command], aliases: Mapping[str, str] | None = None, **settings: Any
) -> click.Group:
    """A command of several, by their second word. Global flags may stand between the words."""

    @global_options
    @click.pass_context
    def between(ctx: click.Context, **flags: Any) -> None:
        ctx.find_root().obj.update({k: v for k, v in flags.items() if v and k in NAMES and v != "0"})

    settings = {"cls": Subcommands, "commands": dict(subcommands)} | settings
    made = click.group(name, **settings)(between)
    made.aliases = aliases or {}  # type: ignore[attr-defined]
    return made


def _merge_flags(ctx: click.Context, flags: dict[str, Any]) -> GlobalFlags:
    """A flag after the command's name wins over one before it."""
    before = ctx.find_root().obj or {}
    given = {f.name: (flags.get(f.name), before.get(f.name), f.default) for f in fields(GlobalFlags)}
    return GlobalFlags(**{
        name: next((v for v in values[:2] if v and v != "0"), values[2]) for name, values in given.items()
    })  # fmt: skip


def _in_loop(session: Session, answer: Any) -> int | None:
    import asyncio

    return asyncio.run(_inside(session, answer))


async def _inside(session: Session, answer: Coroutine[Any, Any, int | None]) -> int | None:
    async with session:
        return await answer
