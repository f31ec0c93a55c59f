"""The version 3 documents as protobuf: gnostic's `openapi.v3.Document`.

Called by `documents`. It calls `gnostic` for what both versions share. Each message is a table: JSON member -> number
and how its value is written. Source: gnostic `openapiv3/OpenAPIv3.proto`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kube.apimachinery.codec.protobuf.encode import nested
from kube.apimachinery.codec.protobuf.varint import tag, varint
from kube.apimachinery.openapi.gnostic import Json, extensions, named

Message = Callable[[Any], bytes]
"""A value -> a message (or text), without tag and length."""
Field = Callable[[int, Any], bytes]
"""(number, a value) -> the field or fields."""


def encode(document: Json) -> bytes:
    return _DOCUMENT(document)


def _message(extensions_at: int, **fields: tuple[int, Field]) -> Message:
    """A member that is in no table is a KeyError: nothing is left out unseen."""
    table = {name.strip("_"): field for name, field in fields.items()}

    def write_message(value: Json) -> bytes:
        known = [(*table[name], member) for name, member in value.items() if not name.startswith("x-")]
        known.sort(key=lambda found: found[0])
        return b"".join([*(write(number, member) for number, write, member in known), extensions(extensions_at, value)])

    return write_message


def _one(message: Message) -> Field:
    return lambda number, value: nested(number, message(value))


def _many(message: Message) -> Field:
    return lambda number, values: b"".join(nested(number, message(value)) for value in values)


def _map(message: Message) -> Field:
    return lambda number, value: named(number, ((name, message(item)) for name, item in value.items()))


def _alone(field: Field) -> Field:
    """A message that has that one field, at 1."""
    return lambda number, value: nested(number, field(1, value))


def _text(number: int, value: str) -> bytes:
    return nested(number, value.encode()) if value else b""


def _texts(number: int, values: list[str]) -> bytes:
    return b"".join(nested(number, value.encode()) for value in values)


def _flag(number: int, value: bool) -> bytes:
    return tag(number, 0) + varint(1) if value else b""


def _or_reference(message: Message) -> Message:
    """{1 the thing itself, 2 Reference {1 $ref}}."""

    def write(value: Json) -> bytes:
        return nested(2, _text(1, value["$ref"])) if "$ref" in value else nested(1, message(value))

    return write


def _schema(value: Json) -> bytes:
    return _SCHEMA(value)


_ANY_SCHEMA = _or_reference(_schema)
_SCHEMA = _message(
    36, uniqueItems=(20, _flag), required=(23, _texts), type=(25, _text), allOf=(26, _many(_ANY_SCHEMA)),
    oneOf=(27, _many(_ANY_SCHEMA)), items=(30, _alone(_one(_ANY_SCHEMA))), properties=(31, _alone(_map(_ANY_SCHEMA))),
    additionalProperties=(32, _alone(_one(_ANY_SCHEMA))), description=(34, _text), format=(35, _text),
)  # fmt: skip
_CONTENT = _alone(_map(_message(5, schema=(1, _one(_ANY_SCHEMA)))))
_PARAMETER = _message(
    14, name=(1, _text), in_=(2, _text), description=(3, _text), required=(4, _flag), schema=(10, _one(_ANY_SCHEMA))
)
_BODY = _message(4, content=(2, _CONTENT), required=(3, _flag))
_RESPONSE = _message(5, description=(1, _text), content=(3, _CONTENT))


def _responses(number: int, value: Json) -> bytes:
    """Responses: 2 by code."""
    return nested(number, _map(_or_reference(_RESPONSE))(2, value))


_OPERATION = _message(
    13, tags=(1, _texts), description=(3, _text), operationId=(5, _text),
    parameters=(6, _many(_or_reference(_PARAMETER))), requestBody=(7, _one(_or_reference(_BODY))),
    responses=(8, _responses),
)  # fmt: skip
_METHODS = {"get": 4, "put": 5, "post": 6, "delete": 7, "patch": 10}
_PATH_ITEM = _message(
    14, parameters=(13, _many(_or_reference(_PARAMETER))),
    **{method: (number, _one(_OPERATION)) for method, number in _METHODS.items()},
)  # fmt: skip
_SECURITY_SCHEME = _message(9, type=(1, _text), description=(2, _text), name=(3, _text), in_=(4, _text))
_COMPONENTS = _message(
    10, schemas=(1, _alone(_map(_ANY_SCHEMA))), securitySchemes=(7, _alone(_map(_or_reference(_SECURITY_SCHEME))))
)
_DOCUMENT = _message(
    9, openapi=(1, _text), info=(2, _one(_message(7, title=(1, _text), version=(6, _text)))),
    paths=(4, _alone(_map(_PATH_ITEM))), components=(5, _one(_COMPONENTS)),
    security=(6, _many(lambda value: _map(lambda scopes: _texts(1, scopes))(1, value))),
)  # fmt: skip
