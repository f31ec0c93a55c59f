"""The entry point of `kubectl_lite`: runs the command line and turns every error into one message and an exit code."""

from __future__ import annotations

import os
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
    try:
        return int(cli.main(args, prog_name="kubectl_lite", standalone_mode=False) or 0)
    except click.exceptions.NoArgsIsHelpError as why:
        return _help(why)
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


if __name__ == "__main__":
    sys.exit(main())
