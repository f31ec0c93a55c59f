"""What a command says when it fails, in kubectl's words, and with which exit code.

`describe(error)` is called once, in `kubectl_lite.__main__`. Commands raise `CommandError` for what they find wrong
themselves and let the API server's `StatusError`s pass through, naming the manifest with `add_source`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the error types pull in pydantic; `version --client` has no time for that
    from kube.apimachinery.errors import Invalid, StatusError


class CommandError(Exception):
    """The command cannot go on. Printed as `error: …` unless the text is a whole sentence (`prefix=False`)."""

    def __init__(self, message: str, code: int = 1, *, prefix: bool = True):
        super().__init__(message)
        self.code, self.prefix = code, prefix


def add_source(error: StatusError, verb: str, source: str) -> StatusError:
    """The same error, its message saying which manifest was at work: `error when creating "f.yaml": …`."""
    error.message = f'error when {verb} "{source}": {error.message}'
    return error


def describe(error: BaseException) -> str:
    """One error as kubectl prints it on standard error, without the last newline."""
    from kube.apimachinery.errors import Invalid, StatusError, Unauthorized

    match error:
        case CommandError():
            return f"error: {error}" if error.prefix else str(error)
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
