"""SPDY/3.1 frames, as far as Kubernetes' clients use them: pure encoding and decoding.

Called by `spdy_session`. It calls zlib. Clients open streams (odd numbers), send data and end each direction with FIN;
headers are compressed with one zlib stream in each direction. It leaves out priorities, push and window enforcement,
which no client relies on. Source: the SPDY/3.1 draft.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

SYN_STREAM, SYN_REPLY, RST_STREAM, SETTINGS, PING, GOAWAY, HEADERS, WINDOW_UPDATE = 1, 2, 3, 4, 6, 7, 8, 9
FIN = 0x01
_CONTROL = 0x8003
_HEAD = 8
_MAX_DATA = 0xFFFFFF

_WORDS = (
    "options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow "
    "authorization cache-control connection content-base content-encoding content-language content-length "
    "content-location content-md5 content-range content-type date etag expect expires from host if-match "
    "if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma "
    "proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade "
    "user-agent vary via warning www-authenticate method get status"
)
_MORE_WORDS = ("200 OK", "version", "HTTP/1.1", "url", "public", "set-cookie", "keep-alive", "origin")
_TAIL = (
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505"
    "203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden"
    "404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable"
    "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT"
    "chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,"
    "publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0."
)
DICTIONARY = b"".join(
    struct.pack(">I", len(word)) + word.encode() for word in (*_WORDS.split(), *_MORE_WORDS)
) + _TAIL.encode()  # fmt: skip
"""What both sides' compressors begin with (draft, 2.6.10.1): 1423 bytes."""


class ProtocolError(Exception):
    """The peer does not speak SPDY/3.1."""


@dataclass(frozen=True)
class Frame:
    """A frame as it came. `stream` is 0 for frames about the connection; `type` 0 is data."""

    type: int
    flags: int
    stream: int
    payload: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def ends(self) -> bool:
        """Whether the peer sends nothing more on this stream."""
        return bool(self.flags & FIN)


class Decoder:
    """Bytes in, frames out; cuts between the calls do not matter."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._inflate = zlib.decompressobj(zdict=DICTIONARY)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Raises ProtocolError."""
        self._buffer += data
        while len(self._buffer) >= _HEAD:
            first, second = struct.unpack_from(">II", self._buffer)
            end = _HEAD + (second & _MAX_DATA)
            if len(self._buffer) < end:
                return
            payload = bytes(self._buffer[_HEAD:end])
            del self._buffer[:end]
            yield self._frame(first, second >> 24, payload)

    def _frame(self, first: int, flags: int, payload: bytes) -> Frame:
        if not first & 0x80000000:
            return Frame(0, flags, first, payload)
        if first >> 16 != _CONTROL:
            raise ProtocolError(f"not SPDY/3: {first >> 16:#x}")
        type_ = first & 0xFFFF
        if type_ == SYN_STREAM:
            return Frame(type_, flags, self._id(payload), headers=self._headers(payload[10:]))
        if type_ in (SYN_REPLY, HEADERS):
            return Frame(type_, flags, self._id(payload), headers=self._headers(payload[4:]))
        if type_ in (RST_STREAM, WINDOW_UPDATE):
            return Frame(type_, flags, self._id(payload), payload[4:])
        return Frame(type_, flags, 0, payload)

    @staticmethod
    def _id(payload: bytes) -> int:
        if len(payload) < 4:
            raise ProtocolError("a control frame without a stream")
        return struct.unpack_from(">I", payload)[0] & 0x7FFFFFFF

    def _headers(self, block: bytes) -> dict[str, str]:
        try:
            data = self._inflate.decompress(block)
        except zlib.error as error:
            raise ProtocolError(f"the header block cannot be read: {error}") from error
        return dict(_pairs(data))


def _pairs(data: bytes) -> Iterator[tuple[str, str]]:
    """Name and value pairs; values of repeated headers are joined by NUL, of which the first counts."""
    texts = _texts(data)
    for name, value in zip(texts, texts, strict=True):
        yield name.decode().lower(), value.split(b"\0")[0].decode()


def _texts(data: bytes) -> Iterator[bytes]:
    at = 4  # the count of pairs, which the length repeats
    while at + 4 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        yield data[at + 4 : at + 4 + length]
        at += 4 + length


class Encoder:
    """Frames to be sent."""

    def __init__(self) -> None:
        self._deflate = zlib.compressobj(zdict=DICTIONARY)

    def reply(self, stream: int) -> bytes:
        """Accepts a stream; without headers."""
        block = self._deflate.compress(struct.pack(">I", 0)) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        return _control(SYN_REPLY, 0, struct.pack(">I", stream) + block)

    def open(self, stream: int, headers: Mapping[str, str], flags: int = 0) -> bytes:
        """Opens a stream (what clients do)."""
        block = struct.pack(">I", len(headers))
        for name, value in headers.items():
            block += struct.pack(">I", len(name)) + name.encode() + struct.pack(">I", len(value)) + value.encode()
        packed = self._deflate.compress(block) + self._deflate.flush(zlib.Z_SYNC_FLUSH)
        return _control(SYN_STREAM, flags, struct.pack(">IIH", stream, 0, 0) + packed)


def data(stream: int, payload: bytes, *, end: bool = False) -> bytes:
    """A data frame; `end` says that it was the last of the stream."""
    return struct.pack(">II", stream, (FIN if end else 0) << 24 | len(payload)) + payload


def reset(stream: int, status: int = 5) -> bytes:
    """Breaks a stream off (5: cancel)."""
    return _control(RST_STREAM, 0, struct.pack(">II", stream, status))


def ping(payload: bytes) -> bytes:
    return _control(PING, 0, payload)


def go_away(last_stream: int) -> bytes:
    return _control(GOAWAY, 0, struct.pack(">II", last_stream, 0))


def _control(type_: int, flags: int, payload: bytes) -> bytes:
    return struct.pack(">II", _CONTROL << 16 | type_, flags << 24 | len(payload)) + payload
