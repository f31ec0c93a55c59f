"""How commands are declared: the flags they take, the function they run, the sub-commands of a group.

Called by the modules of `kubectl_lite.commands`; `kubectl_lite.finding` finds among what they declare. A command is a
module (which one, says `kubectl_lite.command_table`) with `@command(...)` on a function that takes the Session and its
own flags; an asynchronous one when it asks the server, for asyncio itself takes longer to import than
`version --client` to run. click keeps the declarations and turns texts into values; the words of a line are read by
`kubectl_lite.pflag`. This is the one door to click's machinery.
"""

from __future__ import annotations

import importlib
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any

import click

from kubectl_lite.command_table import COMMANDS, module_of
from kubectl_lite.errors import CommandError, usage
from kubectl_lite.global_flags import NAMES, OPTIONS, GlobalFlags
from kubectl_lite.pflag import Flag, FlagError, Flags, Parsed, parse_bool
from kubectl_lite.session import Session

AFTER_DASHES = "kubectl_lite.after_dashes"
HELP = Flag("help", "h", "true")


class HelpWanted(Exception):
    """`--help` was among the words: show the page, run nothing."""


def after_dashes() -> tuple[str, ...]:
    """The words after `--` of the running command, if it was declared with `takes_command`."""
    return click.get_current_context().meta.get(AFTER_DASHES, ())


# ---- from words to values ----


def flags_of(command: click.Command) -> Flags:
    """The flags of a command as pflag wants them, `--help` among them."""
    options = [p for p in command.params if isinstance(p, click.Option)]
    shorthands = {_shorthand(o) for o in options}
    return Flags([*map(_flag, options), HELP if "h" not in shorthands else Flag("help", "", "true")])


def long_name(option: click.Option) -> str:
    """`filename` of `-f, --filename`."""
    return next(name for name in option.opts if name.startswith("--"))[2:]


def _shorthand(option: click.Option) -> str:
    return next((name[1:] for name in option.opts if not name.startswith("--")), "")


def _flag(option: click.Option) -> Flag:
    alone = "true" if option.is_flag else option.flag_value if isinstance(option.flag_value, str) else None
    return Flag(long_name(option), _shorthand(option), alone)


class _Parser:
    """What click calls to read words."""

    def __init__(self, command: click.Command, ctx: click.Context) -> None:
        self._command, self._ctx, self._opt_prefixes = command, ctx, {"-", "--"}

    def parse_args(self, args: Sequence[str]) -> tuple[dict[str, Any], list[str], list[click.Parameter]]:
        """From words to the values of click's parameters, what is left over, and the parameters in their order."""
        try:
            parsed = flags_of(self._command).parse(args)
            options = {long_name(p): p for p in self._command.params if isinstance(p, click.Option)}
            given = _values(options, parsed)
        except FlagError as why:
            raise CommandError(f"{why}\nSee '{self._ctx.command_path} --help' for usage.") from why
        if ("help", "true") in parsed.values:
            raise HelpWanted
        required = [name for name, option in options.items() if option.required and option.name not in given]
        if required:
            raise CommandError("required flag(s) " + ", ".join(f'"{name}"' for name in sorted(required)) + " not set")
        words = parsed.args
        if getattr(self._command.callback, "takes_command", False):
            self._ctx.meta[AFTER_DASHES] = tuple(parsed.after_dashes or ())
        else:
            words = words + (parsed.after_dashes or [])
        left = _fill([p for p in self._command.params if isinstance(p, click.Argument)], words, given)
        if left:
            raise usage(self._ctx.command_path.partition(" ")[2], f"unexpected arguments: [{' '.join(left)}]")
        return given, left, list(self._command.params)


def _values(options: Mapping[str, click.Option], parsed: Parsed) -> dict[str, Any]:
    """Each option's last value, or all of them if it may be repeated. Raises FlagError for what is no bool."""
    found: dict[str, Any] = {}
    for name, text in parsed.values:
        if (option := options.get(name)) is None:
            continue
        assert option.name
        if option.multiple:
            found.setdefault(option.name, []).append(text)
        else:
            found[option.name] = _bool(option, text) if option.is_flag else text
    return found


def _bool(option: click.Option, text: str) -> bool:
    try:
        return parse_bool(text)
    except ValueError as why:
        names = ", ".join(sorted(option.opts, key=len))
        raise FlagError(f'invalid argument "{text}" for "{names}" flag: {why}') from None


def _fill(arguments: list[click.Argument], words: Sequence[str], given: dict[str, Any]) -> list[str]:
    """Gives each argument its words; returns those that are left over."""
    left = list(words)
    for argument in arguments:
        assert argument.name
        if argument.nargs == -1:
            given[argument.name], left = tuple(left), []
        elif left:
            given[argument.name] = left.pop(0)
    return left


# ---- commands ----


class Command(click.Command):
    """A command whose words are read as kubectl reads them."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings, add_help_option=False)

    def make_parser(self, ctx: click.Context) -> Any:
        return _Parser(self, ctx)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx  # so that the message names the command
            raise

    @property
    def own(self) -> list[click.Option]:
        """Its flags, without the global ones."""
        return [p for p in getattr(self.callback, "own", ()) if isinstance(p, click.Option)]


def global_options(own: Iterable[click.Parameter] = ()) -> list[click.Parameter]:
    """The flags that every command takes; one that the command declares itself is the command's."""
    taken = {text for p in own for text in p.opts}
    scratch: Any = lambda: None  # noqa: E731, only a place for click to note options
    for option in OPTIONS:
        option(scratch)
    return [p for p in scratch.__click_params__ if not taken & set(p.opts)]


def bool_option(*names: str, default: bool, help: str) -> Callable[..., Any]:
    """A flag that is true when bare, and may be given a value: `--overwrite=false`."""
    return click.option(*names, default=default, is_flag=True, help=help)


Run = Callable[..., "Awaitable[int | None] | int | None"]


def command(name: str, *, takes_command: bool = False, **settings: Any) -> Callable[[Run], click.Command]:
    """Makes a function `run(session, **flags) -> exit code or None`, asynchronous or not, a command."""

    def wrap(function: Run) -> click.Command:
        own = list(getattr(function, "__click_params__", []))
        own_names = {p.name for p in own}

        def run(**flags: Any) -> int:
            session = Session(GlobalFlags(**{k: v for k, v in flags.items() if k in NAMES - own_names}))
            answer = function(session, **{k: v for k, v in flags.items() if k in own_names})
            code = answer if answer is None or isinstance(answer, int) else _in_loop(session, answer)
            return code or int(session.must_fail)

        run.__doc__ = function.__doc__
        run.__click_params__ = [*global_options(own), *own]  # type: ignore[attr-defined]
        run.own = own[::-1]  # type: ignore[attr-defined]
        run.takes_command = takes_command  # type: ignore[attr-defined]
        return click.command(name, **({"cls": Command} | settings))(run)

    return wrap


# ---- groups ----


class Group(click.Group):
    """`rollout status`, `create configmap`: the second word of a command, by its name or an alias.

    Without one it is the command `default`, if it has such; else it shows its help.
    """

    aliases: Mapping[str, str] = {}
    default: click.Command | None = None

    def get_command(self, ctx: click.Context | None, name: str) -> click.Command | None:
        return self.commands.get(self.aliases.get(name, name))


class Commands(Group):
    """Finds a command by name, importing its module only then."""

    def list_commands(self, ctx: click.Context | None) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context | None, name: str) -> click.Command | None:
        module = module_of(name)
        return importlib.import_module(module).cli if module else None


def group(
    name: str, subcommands: Mapping[str, click.Command], aliases: Mapping[str, str] | None = None, *, help: str,
    default: click.Command | None = None,
) -> Group:  # fmt: skip
    """A command of several, by their second word. Flags may stand between the words."""
    made = Group(name, commands=dict(subcommands), help=help, add_help_option=False)
    made.params = default.params if default else global_options()
    made.aliases, made.default = aliases or {}, default
    return made


cli = Commands("kubectl_lite", help="kubectl_lite controls a kube-lite (or any Kubernetes) cluster.")
cli.params = global_options()


def _in_loop(session: Session, answer: Any) -> int | None:
    import asyncio

    return asyncio.run(_inside(session, answer))


async def _inside(session: Session, answer: Coroutine[Any, Any, int | None]) -> int | None:
    async with session:
        return await answer
