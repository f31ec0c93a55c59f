"""The version 2 document as protobuf: gnostic's `openapi.v2.Document`, which kubectl up to 1.26 reads.

Called by `documents`. It calls the codec for how a field is written. Only what those clients look at is encoded:
definitions in full, and of the operations their extensions, query parameters and bare responses. Source: gnostic
`openapiv2/OpenAPIv2.proto`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from kube.apimachinery.codec.protobuf.encode import nested

Json = dict[str, Any]
_METHODS = {"get": 2, "put": 3, "post": 4, "delete": 5, "patch": 8}


def encode(document: Json) -> bytes:
    """Document: 1 swagger, 2 info, 8 paths {2 path}, 9 definitions {1 definition}."""
    return b"".join(
        (
            _text(1, document["swagger"]),
            nested(2, _text(1, document["info"]["title"]) + _text(2, document["info"]["version"])),
            nested(8, named(2, ((name, _path_item(item)) for name, item in document["paths"].items()))),
            nested(9, named(1, ((name, _schema(s)) for name, s in document["definitions"].items()))),
        )
    )


def _path_item(item: Json) -> bytes:
    return b"".join(nested(number, _operation(item[m])) for m, number in _METHODS.items() if m in item)


def _operation(operation: Json) -> bytes:
    """Operation: 2 summary …, 5 operation id, 8 parameters, 9 responses, 13 extensions."""
    parameters = b"".join(_query_parameter(p) for p in operation["parameters"] if p["in"] == "query")
    responses = named(1, ((code, nested(1, _text(1, r["description"]))) for code, r in operation["responses"].items()))
    return _text(5, operation["operationId"]) + parameters + nested(9, responses) + extensions(13, operation)


def _query_parameter(parameter: Json) -> bytes:
    """ParametersItem {1 Parameter {2 NonBodyParameter {3 QueryParameterSubSchema {2 in, 3 doc, 4 name, 6 type}}}}."""
    sub = _text(2, "query") + _text(3, parameter["description"]) + _text(4, parameter["name"])
    return nested(8, nested(1, nested(2, nested(3, sub + _text(6, parameter["type"])))))


def _schema(schema: Json) -> bytes:
    parts = [
        _text(1, schema.get("$ref", "")),
        _text(2, schema.get("format", "")),
        _text(4, schema.get("description", "")),
        b"".join(_text(19, name) for name in schema.get("required", ())),
    ]
    if "additionalProperties" in schema:
        parts.append(nested(21, nested(1, _schema(schema["additionalProperties"]))))
    if "type" in schema:
        parts.append(nested(22, _text(1, schema["type"])))
    if "items" in schema:
        parts.append(nested(23, nested(1, _schema(schema["items"]))))
    if "properties" in schema:
        parts.append(nested(25, named(1, ((n, _schema(s)) for n, s in schema["properties"].items()))))
    return b"".join([*parts, extensions(31, schema)])


def extensions(number: int, value: Json) -> bytes:
    """NamedAny {1 name, 2 Any {2 YAML}}; JSON is YAML."""
    return b"".join(
        nested(number, _text(1, key) + nested(2, _text(2, json.dumps(item) + "\n")))
        for key, item in value.items()
        if key.startswith("x-")
    )


def named(number: int, items: Iterable[tuple[str, bytes]]) -> bytes:
    """Entries {1 name, 2 value}."""
    return b"".join(nested(number, _text(1, name) + nested(2, value)) for name, value in items)


def _text(number: int, text: str) -> bytes:
    return nested(number, text.encode()) if text else b""
