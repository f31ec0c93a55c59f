"""Long answers compressed with gzip, for clients that can read it; what many answers share is compressed once.

Called by `responses`. It calls zlib, in a thread. A list is its head, which differs from answer to answer, and its
items: the two are compressed apart and joined, which a stream of deflate allows at the end of a byte.

    gzip = header, deflate(head) to the end of a byte, deflate(items), CRC of both, length of both

Source: RFC 1951, RFC 1952; when and how much: k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/writers.go.
"""

from __future__ import annotations

import asyncio
import zlib

_WORTH_IT = 128 << 10
_FASTEST, _RAW = 1, -15
_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"
"""Deflate, no name, no time, the fastest way, no operating system."""


def is_worth_it(length: int, accept_encoding: bytes) -> bool:
    return length > _WORTH_IT and b"gzip" in accept_encoding


async def compressed(body: bytes, tail: bytes, kept: dict[str, bytes] | None, form: str) -> bytes:
    """Both as one gzip. `kept`: where the compressed tail is, or will be, under the name of its form."""
    packed = kept.get(form) if kept is not None else None
    whole, packed = await asyncio.to_thread(_gzip, body, tail, packed)
    if kept is not None:
        kept[form] = packed
    return whole


def _gzip(body: bytes, tail: bytes, packed: bytes | None) -> tuple[bytes, bytes]:
    """The whole, and its tail compressed."""
    if packed is None:
        packed = _deflate(tail, zlib.Z_FINISH)
    checksum = zlib.crc32(tail, zlib.crc32(body))
    length = (len(body) + len(tail)) & 0xFFFFFFFF
    end = checksum.to_bytes(4, "little") + length.to_bytes(4, "little")
    return b"".join((_HEADER, _deflate(body, zlib.Z_SYNC_FLUSH), packed, end)), packed


def _deflate(data: bytes, mode: int) -> bytes:
    stream = zlib.compressobj(_FASTEST, zlib.DEFLATED, _RAW)
    return stream.compress(data) + stream.flush(mode)
