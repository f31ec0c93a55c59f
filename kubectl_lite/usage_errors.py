"""What click finds wrong in a command line, in the words of kubectl's own flag parser.

Called by `kubectl_lite.__main__`, which prints the text and ends with 1. Pure.
Source: github.com/spf13/pflag/errors.go.
"""

from __future__ import annotations

import click

_GO_TYPES = {"integer": ("ParseInt", click.INT), "float": ("ParseFloat", click.FLOAT)}


def text_of(error: click.UsageError) -> str:
    """The whole text for standard error."""
    path = error.ctx.command_path if error.ctx else "kubectl_lite"
    hint = f"\nSee '{path} --help' for usage."
    match error:
        case click.MissingParameter(param=click.Argument() as argument):
            return f"error: {argument.make_metavar(error.ctx)} is required\nSee '{path} -h' for help and examples"
        case click.BadParameter(param=click.Option() as option):
            return f"error: {_bad_value(option, error)}{hint}"
    return f"error: {error.format_message()}{hint}"


def _bad_value(option: click.Option, error: click.BadParameter) -> str:
    """`invalid argument "x" for "-r, --replicas" flag: strconv.ParseInt: parsing "x": invalid syntax`."""
    names = ", ".join(sorted(option.opts, key=len))
    value = error.message.partition("'")[2].partition("'")[0]
    if option.type.name in ("duration", "pairs") or not option.expose_value:
        _, _, why = error.message.partition("' ")
        return f'invalid argument "{value}" for "{names}" flag: {why}'
    parser, _ = _GO_TYPES.get(option.type.name, ("", None))
    why = f'strconv.{parser}: parsing "{value}": invalid syntax' if parser else error.message
    return f'invalid argument "{value}" for "{names}" flag: {why}'
