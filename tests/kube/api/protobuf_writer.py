"""The other direction of the protobuf codec, for tests: a client's encoder, after generated.proto's rules.

It shares the field numbers with the decoder under test but none of its code; scalars that are no pointers are always
written, as clients in Go do.
"""

from __future__ import annotations

import json
from base64 import b64decode
from datetime import datetime
from typing import Any

from kube.apimachinery.shapes import FieldShape, Shape, fields_of
from kube.apimachinery.types import APIModel


def envelope(api_version: str, kind: str, raw: bytes) -> bytes:
    meta = _bytes(1, api_version.encode()) + _bytes(2, kind.encode())
    return b"k8s\x00" + _bytes(1, meta) + _bytes(2, raw) + _bytes(3, b"") + _bytes(4, b"")


def message(data: dict[str, Any], model: type[APIModel], path: tuple[int, ...] = ()) -> bytes:
    """The message of a struct; embedded messages are written whole."""
    parts: list[tuple[int, bytes]] = []
    fields = [f for f in fields_of(model).values() if f.wire.number]
    for field in fields:
        if field.wire.inline == path:
            parts.append((field.wire.number, _field(data, field)))
    inner = {
        f.wire.inline[len(path)]
        for f in fields
        if len(f.wire.inline) > len(path) and f.wire.inline[: len(path)] == path
    }
    parts += [(number, _bytes(number, message(data, model, (*path, number)))) for number in inner]
    return b"".join(part for _, part in sorted(parts))


def _field(data: dict[str, Any], field: FieldShape) -> bytes:
    number, shape, value = field.wire.number, field.shape, data.get(field.name)
    if value is None:
        zero = not field.pointer and shape.go in ("string", "int32", "int64", "bool")
        return _value(number, {"string": "", "bool": False}.get(shape.go, 0), shape) if zero else b""
    if shape.kind == "list":
        return b"".join(_value(number, v, shape.item) for v in value)
    if shape.kind == "map":
        return b"".join(_bytes(number, _bytes(1, k.encode()) + _entry(v, shape.item)) for k, v in value.items())
    return _value(number, value, shape)


def _entry(value: Any, shape: Shape) -> bytes:
    if shape.kind == "list":
        return _bytes(2, b"".join(_value(1, v, shape.item) for v in value))
    return b"" if value is None else _value(2, value, shape)


def _value(number: int, value: Any, shape: Shape) -> bytes:
    if shape.kind == "struct":
        return _bytes(number, message(value, shape.model))
    match shape.go:
        case "bool" | "int32" | "int64":
            return _varint(number << 3) + _varint(int(value) % 2**64)
        case "intstr.IntOrString":
            text = isinstance(value, str)
            ints = b"\x08\x01\x10\x00" if text else b"\x08\x00\x10" + _varint(value % 2**64)
            return _bytes(number, ints + _bytes(3, value.encode() if text else b""))
        case "resource.Quantity":
            return _bytes(number, _bytes(1, value.encode()))
        case "v1.Time" | "v1.MicroTime":
            moment = datetime.fromisoformat(value)
            seconds = _varint(8) + _varint(int(moment.timestamp()))
            return _bytes(number, seconds + _varint(16) + _varint(moment.microsecond * 1000))
        case "runtime.RawExtension":
            return _bytes(number, _bytes(1, json.dumps(value).encode()))
        case "[]uint8":
            return _bytes(number, b64decode(value))
    return _bytes(number, value.encode())


def _bytes(number: int, data: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))
