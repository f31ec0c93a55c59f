"""From the body of a request to an object, or to the words that say why the body is none.

Called by the API server's handlers, and by the patches for the object that a patch results in. It calls pydantic for
the fast way: one call that parses, checks every type and every field name. Only a body that fails it is walked slowly
(`walk`) to normalise it or to say why. Defaults and validation come later and are not here.

Source: k8s.io/apimachinery `runtime/serializer`, apiserver `endpoints/handlers/create.go`, `response.go`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import ValidationError

from kube.apimachinery.codec import go_json, protobuf, yaml_body
from kube.apimachinery.codec.known_kinds import internal_package, is_known
from kube.apimachinery.codec.walk import Place, Walk
from kube.apimachinery.errors import BadRequest, UnsupportedMediaType
from kube.apimachinery.meta_v1 import DeleteOptions
from kube.apimachinery.scheme import Resource
from kube.apimachinery.types import APIModel

FieldValidation = Literal["Ignore", "Warn", "Strict"]

JSON, YAML, PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"
UNKNOWN_FORMAT = (
    f"the body of the request was in an unknown format - accepted media types include: {JSON}, {YAML}, {PROTOBUF}"
)
_SCHEME = "pkg/api/legacyscheme/scheme.go:30"
_JSON_HEAD = "couldn't get version/kind; json parse error: "
_TYPE_META = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'


class DecodingError(ValueError):
    """The data does not fit the type. The text is Go's, without a head; `str(error)`."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """An object, and what to warn the client of: `unknown field "spec.bogus"`."""

    object: Any
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed body, before its type is looked at. `problems`: what the format itself complains of, if strict."""

    api_version: str
    kind: str
    read: Callable[[type[APIModel]], tuple[Any, list[str]]]
    """Makes the object; returns it and its strict problems. Raises DecodingError."""


def decode(
    body: bytes,
    content_type: str,
    resource: Resource,
    field_validation: FieldValidation = "Warn",
    *,
    also_accept: Collection[str] = (),
) -> Decoded:
    """The object of a create or update request; its kind and apiVersion are the resource's where the body has none.

    `also_accept` names further apiVersions under which the kind may be sent (`policy/v1beta1` for evictions).
    Raises BadRequest or UnsupportedMediaType, in Kubernetes' words.
    """
    media_type = content_type.partition(";")[0].strip().lower() or JSON
    if media_type == JSON:
        quick = _decode_quickly(body, resource, field_validation)
        if quick is not None:
            return quick
    try:
        document = _open(body, media_type)
    except ValueError as error:
        detail = f"(must be of type {resource.kind}): {error} ({_summary(body)})"
        raise BadRequest(f"the object provided is unrecognized {detail}") from error
    return _decode_document(document, resource, field_validation, also_accept)


def decode_delete_options(body: bytes, content_type: str) -> DeleteOptions:
    """The body of a DELETE; an empty one is the defaults. Raises BadRequest or UnsupportedMediaType."""
    if not body:
        return DeleteOptions()
    try:
        document = _open(body, content_type.partition(";")[0].strip().lower() or JSON)
        if document.kind not in ("", "DeleteOptions"):
            raise ValueError(_not_registered(document.api_version, document.kind))
        options, _ = document.read(DeleteOptions)
    except ValueError as error:
        raise BadRequest(str(error)) from error
    return options


def to_object(data: dict[str, Any], model: type[APIModel]) -> tuple[Any, list[str]]:
    """A typed object from parsed JSON (the result of a patch), and its unknown or repeated fields.

    Raises DecodingError with Go's text, which the caller puts into its own sentence.
    """
    _check_depth(data)
    try:
        return model.__pydantic_validator__.validate_python(data, extra="forbid"), []
    except ValidationError:
        return _walked(data, model)


def _walked(data: dict[str, Any], model: type[APIModel]) -> tuple[Any, list[str]]:
    walk = Walk()
    try:
        _check_depth(data)
        plain = walk.struct(data, model, Place())
        return model.__pydantic_validator__.validate_python(plain), walk.problems
    except ValueError as error:  # pydantic's is one too: what the walk lets through but the type does not
        raise DecodingError(str(error)) from error


_MOST_PROBLEMS = 100
"""More strict problems than these are not told. Source: sigs.k8s.io/json, decode.go."""

_DEEPEST = 150
"""What is stored must be read again, and pydantic reads JSON no deeper than 200. No type comes near."""


def _check_depth(data: Any) -> None:
    level, depth = [data], 0
    while level:
        if depth > _DEEPEST:
            raise DecodingError("exceeded max depth")
        level = [child for value in level for child in _children(value)]
        depth += 1


def _children(value: Any) -> list[Any]:
    """The members that can have members."""
    items = value.values() if isinstance(value, dict) else value
    return [item for item in items if type(item) in (dict, list) or isinstance(item, dict)]


# ---- the fast way ----


def _decode_quickly(body: bytes, resource: Resource, field_validation: FieldValidation) -> Decoded | None:
    """The object of a body that is right in everything, else None."""
    extra = "ignore" if field_validation == "Ignore" else "forbid"
    try:
        found = resource.type.__pydantic_validator__.validate_json(body, extra=extra)
        if field_validation != "Ignore" and go_json.has_repeated_keys(body):
            return None
    except ValueError:
        return None
    if found.kind != resource.kind or found.apiVersion != resource.api_version:
        return None
    return Decoded(found)


# ---- the slow way ----


def _open(body: bytes, media_type: str) -> Document:
    """Raises ValueError with what is wrong with the format, UnsupportedMediaType."""
    match media_type:
        case "application/json":
            return _json_document(_parse_json(body), [])
        case "application/yaml":
            value, repeated = yaml_body.loads(body)
            problems = ["yaml: unmarshal errors:\n  " + "\n  ".join(repeated)] if repeated else []
            return _json_document({} if value is None else value, problems)
        case "application/vnd.kubernetes.protobuf":
            return _protobuf_document(protobuf.open_envelope(body))
    raise UnsupportedMediaType(UNKNOWN_FORMAT)


def _parse_json(body: bytes) -> Any:
    try:
        return go_json.loads(body)
    except ValueError as error:
        raise ValueError(f"{_JSON_HEAD}{error}") from error


def _json_document(value: Any, problems: list[str]) -> Document:
    if value is None:
        value = {}
    if not isinstance(value, dict):
        raise ValueError(f"{_JSON_HEAD}json: cannot unmarshal {_word(value)} into Go value of type {_TYPE_META}")
    for name in ("apiVersion", "kind"):
        if not isinstance(value.get(name, ""), str | None):
            word = _word(value[name])
            raise ValueError(f"{_JSON_HEAD}json: cannot unmarshal {word} into Go struct field .{name} of type string")

    def read(model: type[APIModel]) -> tuple[Any, list[str]]:
        found, unknown = _walked(value, model)
        return found, problems + unknown

    return Document(value.get("apiVersion") or "", value.get("kind") or "", read)


def _protobuf_document(envelope: protobuf.Envelope) -> Document:
    def read(model: type[APIModel]) -> tuple[Any, list[str]]:
        try:
            data = protobuf.decode(envelope.raw, model)
        except ValueError as error:
            raise DecodingError(str(error)) from error
        return to_object(data, model)

    return Document(envelope.api_version, envelope.kind, read)


def _decode_document(
    document: Document, resource: Resource, field_validation: FieldValidation, also_accept: Collection[str]
) -> Decoded:
    kind = document.kind or resource.kind
    api_version = document.api_version or resource.api_version
    version = api_version.rpartition("/")[2]
    if api_version.count("/") > 1:
        raise BadRequest(f"the object provided is unrecognized (must be of type {resource.kind}): "
                         f"unexpected GroupVersion string: {api_version}")  # fmt: skip
    head = f'{kind} in version "{version}" cannot be handled as a {resource.kind}: '
    if (kind, api_version) != (resource.kind, resource.api_version) and api_version not in also_accept:
        raise BadRequest(_refusal(head, api_version, kind, resource))
    try:
        found, problems = document.read(resource.type)
    except DecodingError as error:
        raise BadRequest(f"{head}{error}") from error
    problems = problems[:_MOST_PROBLEMS]
    if problems and field_validation == "Strict":
        raise BadRequest(f"{head}strict decoding error: {', '.join(problems)}")
    found.kind, found.apiVersion = resource.kind, resource.api_version
    return Decoded(found, problems if field_validation == "Warn" else [])


def _refusal(head: str, api_version: str, kind: str, resource: Resource) -> str:
    """Why an object of another kind or version cannot stand at this resource's URL."""
    if not is_known(api_version, kind):
        return head + _not_registered(api_version, kind)
    if kind == resource.kind:
        expected = resource.api_version
        return f"the API version in the data ({api_version}) does not match the expected API version ({expected})"
    version = api_version.rpartition("/")[2]
    wanted = f"{internal_package(resource.group)}.{resource.kind}"
    return f"{head}converting ({version}.{kind}) to ({wanted}): unknown conversion"


def _not_registered(api_version: str, kind: str) -> str:
    return f'no kind "{kind}" is registered for version "{api_version}" in scheme "{_SCHEME}"'


def _word(value: Any) -> str:
    match value:
        case bool():
            return "bool"
        case str():
            return "string"
        case list():
            return "array"
        case dict():
            return "object"
        case _:
            return "number"


def _summary(body: bytes) -> str:
    """The start of a body that cannot be read: as it is if it looks like JSON, else in hexadecimal."""
    if not body:
        return "<empty>"
    start, more = body[:30], " ..." if len(body) > 30 else ""
    return (start.decode("utf-8", "replace") if start.startswith(b"{") else start.hex()) + more
