"""The entry point of `kubectl_lite`: runs the command line and turns every error into one message and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from kubectl_lite.cli import Group, HelpWanted, cli, flags_of
from kubectl_lite.errors import CommandError, usage
from kubectl_lite.finding import Found, check_first, find


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command line (default: the process's own); returns its exit code."""
    args = list(sys.argv[1:] if argv is None else argv)
    if args[:1] == ["__complete"]:
        from kubectl_lite.completing import complete

        print("\n".join(complete(args[1:])))
        return 0
    try:
        return _run(args)
    except click.UsageError as why:
        from kubectl_lite.usage_errors import text_of

        print(text_of(why), file=sys.stderr)
        return 1
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:  # `kubectl_lite get … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception as why:
        return _failed(why)


def _run(args: list[str]) -> int:
    found = find(args)
    if found.command is cli:
        check_first(args)
    try:
        command = found.command
        if isinstance(command, Group):
            return _bare(found) if command.default is None else _call(command.default, found)
        return _call(command, found)
    except HelpWanted:
        from kubectl_lite.help.page import page

        print(page(found.command, found.path), end="")
        return 0


def _call(command: click.Command, found: Found) -> int:
    with click.Context(command, info_name=found.path) as ctx:
        command.parse_args(ctx, found.words)
        return int(command.invoke(ctx) or 0)


def _bare(found: Found) -> int:
    """A group that is no command by itself: one that wants a second word shows its help, and that is a failure."""
    from kubectl_lite.help.page import page
    from kubectl_lite.pflag import FlagError

    try:
        parsed = flags_of(found.command).parse(found.words)
    except FlagError as why:
        raise CommandError(f"{why}\nSee '{found.path} --help' for usage.") from why
    if ("help", "true") in parsed.values:
        raise HelpWanted
    if parsed.args:
        raise usage(found.path.partition(" ")[2], f'unknown command "{" ".join(parsed.args)}"')
    bare = found.command is cli
    print(page(found.command, found.path), end="",
          file=sys.stdout if bare or found.command.name == "rollout" else sys.stderr)  # fmt: skip
    return 0 if bare else 1


def _failed(why: Exception) -> int:
    """Prints a known failure; one that nobody foresaw keeps its traceback, for it is a bug."""
    from kube.apimachinery.errors import StatusError
    from kubectl_lite.errors import report

    if not isinstance(why, CommandError | StatusError | OSError):
        raise why
    report(why)
    return getattr(why, "code", 1) if isinstance(why, CommandError) else 1


if __name__ == "__main__":
    sys.exit(main())
