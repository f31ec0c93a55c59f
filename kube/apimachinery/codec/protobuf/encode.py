"""The JSON form of an object as a protobuf message, byte by byte as servers written in Go make it.

Called by `documents` and by the API server's views and watches. It calls `shapes` for numbers and types, and makes of
each type once a list of what to write for each field. Go's rules, all of which clients can see:

* Fields stand in the order of their numbers, maps in the order of their keys.
* What Go holds by value is written even when it is zero: strings, numbers, structs, times (empty).
* What Go holds as a pointer is written only when it is there, zero or not; a list only as far as it has items.

Source: gogo/protobuf, k8s.io/*/generated.pb.go.
"""

from __future__ import annotations

import json
from binascii import a2b_base64
from collections.abc import Callable
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from kube.apimachinery.codec.protobuf.varint import tag, varint
from kube.apimachinery.shapes import FieldShape, Shape, embedded_numbers_of, embedded_paths_of, numbers_of
from kube.apimachinery.types import APIModel

Write = Callable[[Any], bytes]
"""A value that is there -> its field, tag and all."""
MAGIC = b"k8s\x00"
_NUMBERS = frozenset({"int32", "int64"})
_NOTHING = tag(2) + b"\x00"
"""A map's value that is null: a time that is not known."""
_STRUCT_LIKE = frozenset({"resource.Quantity", "intstr.IntOrString", "v1.Time", "v1.MicroTime"})


def encode(data: dict[str, Any], model: type[APIModel]) -> bytes:
    """The message of an object in its JSON form."""
    return _struct(model, ())(data)


TRAILER = b"\x1a\x00\x22\x00"
"""What follows the message in its envelope: no contentEncoding, no contentType."""


def seal(api_version: str, kind: str, message: bytes) -> bytes:
    """A body: the message in the envelope that says what it is."""
    return b"%s%s%s" % (seal_head(api_version, kind, len(message)), message, TRAILER)


def seal_head(api_version: str, kind: str, length: int) -> bytes:
    """The envelope up to the message."""
    return b"%s%s%s" % (_seal_start(api_version, kind), tag(2), varint(length))


@lru_cache(maxsize=1024)
def _seal_start(api_version: str, kind: str) -> bytes:
    return MAGIC + nested(1, nested(1, api_version.encode()) + nested(2, kind.encode()))


def nested(number: int, message: bytes) -> bytes:
    """A message (or any bytes) as a field of another."""
    return b"%s%s%s" % (tag(number), varint(len(message)), message)


# ---- structs ----


@cache
def _struct(model: type[APIModel], path: tuple[int, ...]) -> Write:
    """JSON members -> the message, or the one embedded in it at that path, whose fields are the parent's in JSON."""
    fields = embedded_numbers_of(model, path) if path else numbers_of(model)
    steps = {number: (field.name, _field(field), _absent(field)) for number, field in fields.items()}
    for inner in embedded_paths_of(model):
        if inner[:-1] == path:
            steps[inner[-1]] = ("", _length_delimited(tag(inner[-1]), _struct(model, inner)), b"")
    plan = tuple(steps[number] for number in sorted(steps))

    def write(data: dict[str, Any]) -> bytes:
        parts = []
        get = data.get
        for name, write, absent in plan:
            value = get(name) if name else data
            if value is not None:
                parts.append(write(value))
            elif absent:
                parts.append(absent)
        return b"".join(parts)

    return write


def _absent(field: FieldShape) -> bytes:
    """What is written for a field that JSON does not have."""
    if not field.by_value or field.shape.kind in ("list", "map"):
        return b""
    head, shape = tag(field.wire.number), field.shape
    match shape.go:
        case "bool" | "int32" | "int64":
            return tag(field.wire.number, 0) + b"\x00"
        case "intstr.IntOrString":
            return head + _int_or_string(0)
        case "resource.Quantity":
            return head + _quantity("0")
        case "[]uint8":
            return b""
    if shape.kind == "struct":
        assert shape.model
        return _length_delimited(head, _struct(shape.model, ()))({})
    return head + b"\x00"


# ---- fields ----


def _field(field: FieldShape) -> Write:
    shape, number = field.shape, field.wire.number
    if shape.kind == "map":
        assert shape.item
        return _map(number, shape.item)
    if shape.kind == "list":
        assert shape.item
        if field.wire.wrapped:
            return _length_delimited(tag(number), _list(1, shape.item))
        return _list(number, shape.item)
    return _single(number, shape)


def _list(number: int, shape: Shape) -> Write:
    item = _single(number, shape)
    return lambda values: b"".join([item(value) for value in values])


def _map(number: int, shape: Shape) -> Write:
    """Entries {1 key, 2 value}; a list as a value is a message of its own, with the items at 1."""
    head = tag(number)
    if shape.kind == "list":
        assert shape.item
        value_of = _length_delimited(tag(2), _list(1, shape.item))
    else:
        value_of = _single(2, shape)

    def write(entries: dict[str, Any]) -> bytes:
        parts = []
        for key in sorted(entries, key=_as_go_sorts) if len(entries) > 1 else entries:
            raw, value = key.encode(), entries[key]
            entry = b"\x0a%s%s%s" % (varint(len(raw)), raw, value_of(value) if value is not None else _NOTHING)
            parts.append(b"%s%s%s" % (head, varint(len(entry)), entry))
        return b"".join(parts)

    return write


def _as_go_sorts(key: str) -> bytes:
    return key.encode()


def _single(number: int, shape: Shape) -> Write:
    """A field that stands there once, or one element of a list."""
    if shape.kind == "struct":
        assert shape.model
        return _lazily(number, shape.model)
    head = tag(number)
    if shape.go in _NUMBERS:
        head = tag(number, 0)
        return lambda value: head + varint(value if value >= 0 else value + 2**64)
    match shape.go:
        case "bool":
            yes, no = tag(number, 0) + b"\x01", tag(number, 0) + b"\x00"
            return lambda value: yes if value else no
        case "[]uint8":
            return _length_delimited(head, a2b_base64)
        case "runtime.RawExtension":
            return _length_delimited(head, _raw_json)
    if shape.go in _STRUCT_LIKE:
        payload = _PAYLOADS[shape.go]
        return lambda value: head + payload(value)
    return _text(head)


def _text(head: bytes) -> Write:
    def write(value: str) -> bytes:
        raw = value.encode()
        return b"%s%s%s" % (head, varint(len(raw)), raw)

    return write


def _length_delimited(head: bytes, message: Write) -> Write:
    def write(value: Any) -> bytes:
        raw = message(value)
        return b"%s%s%s" % (head, varint(len(raw)), raw)

    return write


def _lazily(number: int, model: type[APIModel]) -> Write:
    """The plan of an inner type is made when the first such object is written: most are never met."""
    head = tag(number)
    message: Write | None = None

    def write(value: dict[str, Any]) -> bytes:
        nonlocal message
        if message is None:
            message = _struct(model, ())
        raw = message(value)
        return b"%s%s%s" % (head, varint(len(raw)), raw)

    return write


# ---- types of their own: what follows the tag ----


def _sized(message: bytes) -> bytes:
    return varint(len(message)) + message


@lru_cache(maxsize=4096)
def _time(text: str) -> bytes:
    """{1 seconds, 2 nanoseconds}."""
    moment = datetime.fromisoformat(text)
    seconds = int(moment.replace(microsecond=0).timestamp())
    return _sized(b"\x08%s\x10%s" % (varint(seconds % 2**64), varint(moment.microsecond * 1000)))


def _quantity(text: str) -> bytes:
    return _sized(nested(1, text.encode()))


def _int_or_string(value: int | str) -> bytes:
    """{1 type: 0 number, 1 string; 2 number; 3 string}."""
    if isinstance(value, str):
        return _sized(b"\x08\x01\x10\x00" + nested(3, value.encode()))
    return _sized(b"\x08\x00\x10%s\x1a\x00" % varint(value % 2**64))


def _raw_json(value: Any) -> bytes:
    return nested(1, json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())


_PAYLOADS: dict[str, Callable[[Any], bytes]] = {
    "v1.Time": _time,
    "v1.MicroTime": _time,
    "resource.Quantity": _quantity,
    "intstr.IntOrString": _int_or_string,
}
