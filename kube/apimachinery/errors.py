"""API errors: one small exception tree, each the `Status` that clients see.

Raised by the API server's layers and by the client (which turns a Status body back into the same exception, so
`except Conflict` reads the same on both sides). Field errors of validation are `FieldError`s, gathered in lists
and raised together as `Invalid`. Texts and reasons follow k8s.io/apimachinery's `errors` and `field` packages.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from kube.apimachinery.meta_v1 import Status, StatusCause, StatusDetails
from kube.apimachinery.shapes import Shape, fields_of, struct_shape
from kube.apimachinery.types import APIModel


class StatusError(Exception):
    """An API call failed. `code` and `reason` are the class's own; `details` is what `Status.details` says."""

    code = 500
    reason = "InternalError"

    def __init__(self, message: str, details: StatusDetails | None = None, *, retry_after: int = 0):
        super().__init__(message)
        self.message = message
        self.details = details
        self.retry_after = retry_after
        """Seconds for the `Retry-After` header; 0 sends none."""

    @property
    def status(self) -> Status:
        """The Status object for the response body."""
        details = self.details
        if self.retry_after:
            details = details.model_copy() if details else StatusDetails()
            details.retryAfterSeconds = self.retry_after
        return Status(
            status="Failure", message=self.message, reason=self.reason, details=details, code=self.code
        )


class BadRequest(StatusError):
    code, reason = 400, "BadRequest"


class Unauthorized(StatusError):
    code, reason = 401, "Unauthorized"

    def __init__(self, message: str = "Unauthorized"):
        super().__init__(message)


class Forbidden(StatusError):
    code, reason = 403, "Forbidden"


class NotFound(StatusError):
    code, reason = 404, "NotFound"


class MethodNotAllowed(StatusError):
    code, reason = 405, "MethodNotAllowed"


class NotAcceptable(StatusError):
    code, reason = 406, "NotAcceptable"


class AlreadyExists(StatusError):
    code, reason = 409, "AlreadyExists"


class Conflict(StatusError):
    code, reason = 409, "Conflict"


class Gone(StatusError):
    code, reason = 410, "Gone"


class Expired(StatusError):
    """The resourceVersion or continue token is older than the history that is kept. With `continue_token` the client
    may read on, from the state of now."""

    code, reason = 410, "Expired"
    continue_token = ""

    def __init__(self, message: str, details: StatusDetails | None = None, *, continue_token: str = ""):
        super().__init__(message, details)
        self.continue_token = continue_token

    @property
    def status(self) -> Status:
        status = super().status
        status.metadata.continue_ = self.continue_token
        return status


class RequestEntityTooLarge(StatusError):
    code, reason = 413, "RequestEntityTooLarge"


class UnsupportedMediaType(StatusError):
    code, reason = 415, "UnsupportedMediaType"


class Invalid(StatusError):
    """Validation failed; `details.causes` names every field."""

    code, reason = 422, "Invalid"


class TooManyRequests(StatusError):
    code, reason = 429, "TooManyRequests"


class InternalError(StatusError):
    code, reason = 500, "InternalError"


class UnknownServerError(StatusError):
    """What Kubernetes answers when its own code returned a bare error: 500 and a message without a reason."""

    code, reason = 500, ""


class ServiceUnavailable(StatusError):
    code, reason = 503, "ServiceUnavailable"


class Timeout(StatusError):
    code, reason = 504, "Timeout"


_BY_REASON: dict[str, type[StatusError]] = {
    c.reason: c
    for c in (
        BadRequest, Unauthorized, Forbidden, NotFound, MethodNotAllowed, NotAcceptable, AlreadyExists, Conflict, Gone,
        Expired, RequestEntityTooLarge, UnsupportedMediaType, Invalid, TooManyRequests, InternalError,
        ServiceUnavailable, Timeout,
    )
}  # fmt: skip
_BY_CODE = {400: BadRequest, 401: Unauthorized, 403: Forbidden, 404: NotFound, 405: MethodNotAllowed,
            406: NotAcceptable, 409: Conflict, 410: Gone, 413: RequestEntityTooLarge, 415: UnsupportedMediaType,
            422: Invalid, 429: TooManyRequests, 503: ServiceUnavailable, 504: Timeout}  # fmt: skip


def from_status(status: Status) -> StatusError:
    """The exception for a Status that a server sent."""
    cls = _BY_REASON.get(status.reason) or _BY_CODE.get(status.code) or StatusError
    error = cls.__new__(cls)
    StatusError.__init__(
        error,
        status.message,
        status.details,
        retry_after=status.details.retryAfterSeconds if status.details else 0,
    )
    if cls is StatusError:
        error.code, error.reason = status.code, status.reason
    if isinstance(error, Expired):
        error.continue_token = status.metadata.continue_
    return error


# ---- the usual errors, in Kubernetes' words. `resource` is the Resource concerned (group, plural, kind). ----


def _details(resource: Any, name: str = "", **more: Any) -> StatusDetails:
    return StatusDetails(name=name, group=resource.group, kind=resource.plural, **more)


def not_found(resource: Any, name: str) -> NotFound:
    return NotFound(f'{resource.group_resource} "{name}" not found', _details(resource, name))


def already_exists(resource: Any, name: str) -> AlreadyExists:
    return AlreadyExists(f'{resource.group_resource} "{name}" already exists', _details(resource, name))


MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


def conflict(resource: Any, name: str, why: str = MODIFIED) -> Conflict:
    return Conflict(
        f'Operation cannot be fulfilled on {resource.group_resource} "{name}": {why}', _details(resource, name)
    )


def invalid(resource: Any, name: str, errors: Sequence[FieldError]) -> Invalid:
    """422 with one cause for each field error. `details.kind` is the Kind here, not the plural."""
    texts = list(dict.fromkeys(str(e) for e in errors))  # the message says a thing once, the causes as often as found
    what = f"{resource.kind}.{resource.group}" if resource.group else resource.kind
    return Invalid(
        f'{what} "{name}" is invalid: {texts[0] if len(texts) == 1 else "[" + ", ".join(texts) + "]"}',
        StatusDetails(name=name, group=resource.group, kind=resource.kind, causes=[e.cause for e in errors]),
    )


# ---- field errors ----


@dataclass(frozen=True, slots=True)
class Path:
    """A place in an object: `Path("spec")["ports"][0]["name"]` prints `spec.ports[0].name`."""

    text: str = ""

    def __getitem__(self, key: str | int) -> Path:
        """A child field (a name), or an element of a list (an index)."""
        return _child(self.text, key)

    def key(self, key: str) -> Path:
        """An element of a map: `metadata.labels[app]`."""
        return Path(f"{self.text}[{key}]")

    def __str__(self) -> str:
        return self.text or "<nil>"


UNNAMED = Path("[]")
"""How Kubernetes prints the path of a field without a name: something about the object as a whole."""


@lru_cache(maxsize=8192)
def _child(text: str, key: str | int) -> Path:
    """Every validation walks the same paths."""
    if isinstance(key, int):
        return Path(f"{text}[{key}]")
    return Path(f"{text}.{key}" if text else key)


def quoted(value: Any) -> str:
    """A value as it stands in an error text: strings quoted, booleans and numbers bare, the rest as JSON.

    The JSON is what Go writes: fields of types in declared order, keys of maps sorted.
    """
    if isinstance(value, str):
        return go_quoted(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    text = json.dumps(_in_go_order(value), separators=(",", ":"), ensure_ascii=False)
    return text.replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")


def go_quoted(text: str) -> str:
    """A string as Go's `%q` writes it."""
    return '"' + "".join(c if c.isprintable() and c not in '"\\' else _escaped(c) for c in text) + '"'


_ESCAPES = {'"': r"\"", "\\": r"\\", "\a": r"\a", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r",
            "\t": r"\t", "\v": r"\v"}  # fmt: skip


def _escaped(char: str) -> str:
    code = ord(char)
    if char in _ESCAPES:
        return _ESCAPES[char]
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _in_go_order(value: Any) -> Any:
    if isinstance(value, APIModel):
        return _sorted_maps(value.to_dict(), struct_shape(type(value)))
    if hasattr(value, "to_json"):  # whatever writes itself
        return json.loads(value.to_json())
    if isinstance(value, list | tuple):
        return [_in_go_order(v) for v in value]
    if isinstance(value, dict):
        return {k: _in_go_order(value[k]) for k in sorted(value)}
    return value


def _sorted_maps(data: Any, shape: Shape) -> Any:
    """The JSON of a typed object, with the keys of its maps sorted."""
    if isinstance(data, dict) and shape.model is not None:
        fields = fields_of(shape.model)
        return {k: _sorted_maps(v, fields[k].shape) for k, v in data.items()}
    if isinstance(data, dict) and shape.item is not None:
        return {k: _sorted_maps(data[k], shape.item) for k in sorted(data)}
    if isinstance(data, list) and shape.item is not None:
        return [_sorted_maps(v, shape.item) for v in data]
    return data


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong with one field: the cause's reason, the path, and the text without the path."""

    reason: str
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"

    @property
    def cause(self) -> StatusCause:
        return StatusCause(reason=self.reason, message=self.message, field=self.field)


def _with_detail(head: str, detail: str) -> str:
    return f"{head}: {detail}" if detail else head


def required(path: Path, detail: str = "") -> FieldError:
    return FieldError("FieldValueRequired", str(path), _with_detail("Required value", detail))


def invalid_value(path: Path, value: Any, detail: str = "") -> FieldError:
    return FieldError("FieldValueInvalid", str(path), _with_detail(f"Invalid value: {quoted(value)}", detail))


def not_supported(path: Path, value: Any, supported: Iterable[str]) -> FieldError:
    """The supported values are listed quoted: a set sorted, a sequence in its own order."""
    ordered = sorted(supported) if isinstance(supported, set | frozenset) else supported
    values = ", ".join(quoted(v) for v in ordered)
    head = f"Unsupported value: {quoted(value)}"
    return FieldError("FieldValueNotSupported", str(path), _with_detail(head, values and f"supported values: {values}"))


def forbidden(path: Path, detail: str = "") -> FieldError:
    return FieldError("FieldValueForbidden", str(path), _with_detail("Forbidden", detail))


def duplicate(path: Path, value: Any) -> FieldError:
    return FieldError("FieldValueDuplicate", str(path), f"Duplicate value: {quoted(value)}")


def not_found_value(path: Path, value: Any) -> FieldError:
    return FieldError("FieldValueNotFound", str(path), f"Not found: {quoted(value)}")


def too_long(path: Path, limit: int) -> FieldError:
    return FieldError("FieldValueTooLong", str(path), f"Too long: may not be more than {limit} bytes")


def too_many(path: Path, actual: int, limit: int) -> FieldError:
    return FieldError("FieldValueTooMany", str(path), f"Too many: {actual}: must have at most {limit} items")


def internal(path: Path, detail: str) -> FieldError:
    return FieldError("InternalError", str(path), f"Internal error: {detail}")
