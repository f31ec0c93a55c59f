"""The entry point of `kubectl_lite`: runs the command line and turns every error into one message and an exit code."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence

import click

from kubectl_lite.cli import cli


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command line (default: the process's own); returns its exit code."""
    args = list(sys.argv[1:] if argv is None else argv)
    if args[:1] == ["__complete"]:
        from kubectl_lite.completing import complete

        print("\n".join(complete(args[1:])))
        return 0
    args = _boolean_values(args)
    try:
        return int(cli.main(args, prog_name="kubectl_lite", standalone_mode=False) or 0)
    except click.exceptions.NoArgsIsHelpError as why:
        return _help(why)
    except click.UsageError as why:
        print(_usage(why), file=sys.stderr)
        return 1
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:  # `kubectl_lite get … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception as why:
        return _failed(why)


def _help(why: click.exceptions.NoArgsIsHelpError) -> int:
    """No word at all asks for help; a word that wants a second one is a mistake, and kubectl helps on stderr."""
    path = why.ctx.command_path if why.ctx else "kubectl_lite"
    bare = path == "kubectl_lite"
    print(why.format_message(), file=sys.stdout if bare or path.endswith(" rollout") else sys.stderr)
    return 0 if bare else 1


def _failed(why: Exception) -> int:
    """Prints a known failure; one that nobody foresaw keeps its traceback, for it is a bug."""
    from kube.apimachinery.errors import StatusError
    from kubectl_lite.errors import CommandError, report

    if not isinstance(why, CommandError | StatusError | OSError):
        raise why
    report(why)
    return getattr(why, "code", 1) if isinstance(why, CommandError) else 1


def _boolean_values(args: list[str]) -> list[str]:
    """`--watch=true` is `--watch`, and `--watch=false` is nothing, as for kubectl's flags."""
    end = args.index("--") if "--" in args else len(args)
    flags = [re.sub(r"^(--[a-z-]+)=true$", r"\1", a) for a in args[:end] if not _is_no_flag(a, args)]
    return flags + args[end:]


def _is_no_flag(arg: str, args: list[str]) -> bool:
    # Some default to true, so that their false has a meaning of its own; `--watch` does so for `rollout status` only.
    name = arg.removesuffix("=false")
    if "=" in name:  # the end of a value: `--for=condition=Ready=false`
        return False
    kept = {"--wait", "--validate", "--cascade", "--show-events", "--namespaced", "--overwrite"}
    if "rollout" in args:
        kept.add("--watch")
    return name != arg and name not in kept


def _usage(why: click.UsageError) -> str:
    command = why.ctx.command_path if why.ctx else "kubectl_lite"
    hint = f"See '{command} --help' for usage."
    if isinstance(why, click.NoSuchOption):
        name = why.option_name
        flag = f"unknown flag: {name}" if name.startswith("--") else f"unknown shorthand flag: '{name[1]}' in {name}"
        return f"error: {flag}\n{hint}"
    return f"error: {why.format_message()}\n{hint}"


if __name__ == "__main__":
    sys.exit(main())
