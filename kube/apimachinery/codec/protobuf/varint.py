"""The one number format of protobuf: seven bits a byte, the lowest first.

Called by the encoder and by OpenAPI's. It calls nothing.
"""

from __future__ import annotations


def varint(value: int) -> bytes:
    """A number that is not negative."""
    if value < _READY:
        return _SMALL[value]
    return _made(value)


def _made(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


_READY = 4096
_SMALL = tuple(_made(value) for value in range(_READY))


def tag(number: int, wire_type: int = 2) -> bytes:
    """What stands before a field's value. 2: bytes with their length, 0: a number."""
    return varint(number << 3 | wire_type)
