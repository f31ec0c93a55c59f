"""What a command says when it fails, in kubectl's words, and with which exit code.

`report(error)` prints one, in `kubectl_lite.__main__` and wherever a command goes on with the next object. Commands
raise `CommandError` for what they find wrong themselves and let the API server's `StatusError`s pass through, naming
the manifest with `add_source`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the error types pull in pydantic; `version --client` has no time for that
    from kube.apimachinery.errors import Invalid, StatusError


class CommandError(Exception):
    """The command cannot go on. Printed as `error: …` unless the text is a whole sentence (`prefix=False`)."""

    def __init__(self, message: str, code: int = 1, *, prefix: bool = True, cause: str = ""):
        super().__init__(message)
        self.code, self.prefix, self.cause = code, prefix, cause


def usage(command: str, message: str) -> CommandError:
    """An error in how a command was called; its last line says where help is."""
    return CommandError(f"{message}\nSee 'kubectl_lite {command} -h' for help and examples")


def add_source(error: StatusError, verb: str, source: str) -> StatusError:
    """The same error, its message saying which manifest was at work: `error when creating "f.yaml": …`."""
    error.message = f'error when {verb} "{source}": {error.message}'
    return error


def report(error: BaseException) -> None:
    """Prints one error on standard error, after what has been printed so far."""
    from kubectl_lite.colour import RED, paint

    sys.stdout.flush()
    head, colon, rest = describe(error).partition(": ")
    print(paint(head + colon.rstrip(), RED, sys.stderr) + colon[1:] + rest, file=sys.stderr)


def report_all(errors: Sequence[Exception]) -> None:
    """Prints several errors, each once; kubectl puts `error:` before one that stands alone only."""
    texts = {describe(error): error for error in errors}
    for text, error in texts.items():
        if len(texts) > 1 and isinstance(error, CommandError) and error.prefix:
            error = CommandError(text.removeprefix("error: "), prefix=False)
        report(error)


def describe(error: BaseException) -> str:
    """One error as kubectl prints it on standard error, without the last newline."""
    from kube.apimachinery.errors import Invalid, StatusError, Unauthorized

    match error:
        case CommandError():
            return (f"error: {error}" if error.prefix else str(error)).removesuffix("\n")
        case Unauthorized():
            return f"error: You must be logged in to the server ({error.message})"
        case Invalid() if error.details:
            return _invalid(error)
        case StatusError():
            return f"Error from server ({error.reason}): {error.message}"
    return f"error: {error}"


def _invalid(error: Invalid) -> str:
    details = error.details
    head = "The request is invalid"
    if details.kind or details.name:
        head = f'The {details.kind} "{details.name}" is invalid'
    elif error.message and not details.causes:
        head = f"The request is invalid: {error.message}"
    lines = list(dict.fromkeys(f"{c.field}: {c.message}" if c.field else c.message for c in details.causes))
    if not lines:
        return head
    if len(lines) == 1:
        return f"{head}: {lines[0]}"
    return f"{head}: \n" + "\n".join(f"* {line}" for line in lines)
