"""The JSON form of an object out of a protobuf body.

Called by the codec for requests that come as `application/vnd.kubernetes.protobuf`. It calls `shapes` for numbers and
types; nothing else says how a message is laid out. It leaves out what the JSON then still has to pass.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from kube.apimachinery import base64
from kube.apimachinery.codec.protobuf.encode import MAGIC
from kube.apimachinery.shapes import FieldShape, Shape, embedded_numbers_of, embedded_paths_of, numbers_of
from kube.apimachinery.times import format_micro_time, format_time
from kube.apimachinery.types import APIModel

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Wired = int | bytes
"""What a field holds on the wire: a varint, or bytes."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a protobuf body says of itself, and the message inside."""

    api_version: str
    kind: str
    raw: bytes


def open_envelope(body: bytes) -> Envelope:
    """Raises ValueError on a body that is not Kubernetes protobuf."""
    if not body.startswith(MAGIC):
        raise ValueError("provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]")
    outer = dict(_message(body[len(MAGIC) :]))
    meta = dict(_message(_bytes(outer.get(1, b""))))
    api_version, kind = (_bytes(meta.get(n, b"")).decode() for n in (1, 2))
    return Envelope(api_version, kind, _bytes(outer.get(2, b"")))


def decode(raw: bytes, model: type[APIModel]) -> dict[str, Any]:
    """The JSON form of a message. Raises ValueError on bytes that are no message of that type."""
    return _struct(raw, model, ())


def _message(data: bytes) -> Iterator[tuple[int, Wired]]:
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, wire_type = tag >> 3, tag & 7
        if wire_type == VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        if wire_type == BYTES:
            length, at = _varint(data, at)
        else:
            length = {FIXED64: 8, FIXED32: 4}.get(wire_type, -1)
        if length < 0 or at + length > len(data) or number == 0:
            raise ValueError("proto: illegal wireType or unexpected EOF")
        yield number, data[at : at + length]
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70:
        if at >= len(data):
            raise ValueError("unexpected EOF")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError("proto: integer overflow")


def _struct(data: bytes, model: type[APIModel], path: tuple[int, ...]) -> dict[str, Any]:
    """A message, or one embedded in it whose fields are the parent's in JSON."""
    fields = embedded_numbers_of(model, path) if path else numbers_of(model)
    embedded = embedded_paths_of(model)
    found: dict[str, Any] = {}
    for number, value in _message(data):
        field = fields.get(number)
        if field:
            _put(found, field, value)
        elif (*path, number) in embedded:
            found |= _struct(_bytes(value), model, (*path, number))
    return found


def _put(found: dict[str, Any], field: FieldShape, value: Wired) -> None:
    shape = field.shape
    if shape.kind == "list":
        assert shape.item
        if field.wire.wrapped:
            found[field.name] = [_value(v, shape.item) for n, v in _message(_bytes(value)) if n == 1]
            return
        found.setdefault(field.name, []).extend(_items(value, shape.item))
    elif shape.kind == "map":
        assert shape.item
        key, item = _map_entry(_bytes(value), shape.item)
        found.setdefault(field.name, {})[key] = item
    else:
        decoded = _value(value, shape)
        # Go sends what is not a pointer even when it is zero: absent and zero are one there.
        if field.pointer or decoded not in ("", 0, False, None) or shape.go == "intstr.IntOrString":
            found[field.name] = decoded


def _items(value: Wired, shape: Shape) -> list[Any]:
    """One element; or several numbers packed into one field."""
    if isinstance(value, bytes) and shape.go in ("int32", "int64", "bool"):
        numbers, at = [], 0
        while at < len(value):
            number, at = _varint(value, at)
            numbers.append(_value(number, shape))
        return numbers
    return [_value(value, shape)]


def _map_entry(data: bytes, shape: Shape) -> tuple[str, Any]:
    entry = dict(_message(data))
    key = _text(entry.get(1, b""))
    if shape.kind == "list":  # a list as a map's value is a message of its own, with the items at 1
        assert shape.item
        return key, [_value(v, shape.item) for n, v in _message(_bytes(entry.get(2, b""))) if n == 1]
    default: Wired = 0 if shape.go in ("int32", "int64", "bool") else b""
    return key, _value(entry.get(2, default), shape)


def _value(value: Wired, shape: Shape) -> Any:
    if shape.kind == "struct":
        assert shape.model
        return _struct(_bytes(value), shape.model, ())
    return _READERS.get(shape.go, _text)(value)


def _bytes(value: Wired) -> bytes:
    if not isinstance(value, bytes):
        raise ValueError("proto: wrong wireType")
    return value


def _text(value: Wired) -> str:
    return _bytes(value).decode("utf-8", "replace")


def _number(value: Wired) -> int:
    """Negative numbers are sent as 64-bit two's complement."""
    if not isinstance(value, int):
        raise ValueError("proto: wrong wireType")
    return value - 2**64 if value >= 2**63 else value


def _moment(value: Wired) -> datetime | None:
    parts = dict(_message(_bytes(value)))
    if not parts:
        return None
    seconds, nanos = _number(parts.get(1, 0)), _number(parts.get(2, 0))
    return _EPOCH + timedelta(seconds=seconds, microseconds=nanos // 1000)


def _time(value: Wired) -> str | None:
    moment = _moment(value)
    return moment and format_time(moment)


def _micro_time(value: Wired) -> str | None:
    moment = _moment(value)
    return moment and format_micro_time(moment)


def _quantity(value: Wired) -> str:
    return _text(dict(_message(_bytes(value))).get(1, b"")) or "0"


def _int_or_string(value: Wired) -> int | str:
    """{1 type: 0 number, 1 string; 2 number; 3 string}."""
    parts = dict(_message(_bytes(value)))
    return _text(parts.get(3, b"")) if parts.get(1, 0) == 1 else _number(parts.get(2, 0))


def _raw_json(value: Wired) -> Any:
    """RawExtension and FieldsV1: {1 JSON text}."""
    text = _bytes(dict(_message(_bytes(value))).get(1, b""))
    return json.loads(text) if text else None


_READERS: dict[str, Callable[[Wired], Any]] = {
    "int32": _number,
    "int64": _number,
    "bool": lambda value: bool(_number(value)),
    "[]uint8": lambda value: base64.encode(_bytes(value)),
    "v1.Time": _time,
    "v1.MicroTime": _micro_time,
    "resource.Quantity": _quantity,
    "intstr.IntOrString": _int_or_string,
    "runtime.RawExtension": _raw_json,
}
