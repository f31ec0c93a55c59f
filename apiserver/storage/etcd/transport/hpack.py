"""HTTP/2 header blocks (RFC 7541), as far as a gRPC client needs them. Pure.

Called by `connection`. We ask the server for a dynamic table of size 0, so a block's meaning does not depend on those
before it, and the blocks that we send are constants. It calls nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

# RFC 7541 appendix A: the static table. Only names matter for most entries; those that have a value carry it.
_STATIC = [
    (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"),
    (":scheme", "http"), (":scheme", "https"), (":status", "200"), (":status", "204"), (":status", "206"),
    (":status", "304"), (":status", "400"), (":status", "404"), (":status", "500"), ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
]  # fmt: skip
_STATIC += [(name, "") for name in (
    "accept-language", "accept-ranges", "accept", "access-control-allow-origin", "age", "allow", "authorization",
    "cache-control", "content-disposition", "content-encoding", "content-language", "content-length",
    "content-location", "content-range", "content-type", "cookie", "date", "etag", "expect", "expires", "from",
    "host", "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "last-modified",
    "link", "location", "max-forwards", "proxy-authenticate", "proxy-authorization", "range", "referer", "refresh",
    "retry-after", "server", "set-cookie", "strict-transport-security", "transfer-encoding", "user-agent", "vary",
    "via", "www-authenticate",
)]  # fmt: skip

# RFC 7541 appendix B: how many bits the code of each byte has; the codes follow, as they are canonical.
_BITS = (
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
    28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12,
    10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6,
    5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22,
    22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20,
    22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28,
    27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28,
    27, 27, 27, 27, 27, 26, 30,
)  # fmt: skip
_END = 256


def _codes() -> dict[tuple[int, int], int]:
    """(number of bits, code) -> byte: codes of one length are consecutive, in the order of the bytes."""
    codes: dict[tuple[int, int], int] = {}
    code = last = 0
    for bits, symbol in sorted((bits, symbol) for symbol, bits in enumerate(_BITS)):
        code <<= bits - last
        codes[bits, code] = symbol
        code, last = code + 1, bits
    return codes


_CODES = _codes()


class HeaderError(ValueError):
    """The block cannot be understood."""


def encode(headers: Iterable[tuple[str, str]]) -> bytes:
    """Every header as a literal that is never indexed."""
    return b"".join(b"\0" + _string(name) + _string(value) for name, value in headers)


def _string(text: str) -> bytes:
    data = text.encode()
    return _integer(len(data), 7) + data


def _integer(value: int, prefix: int) -> bytes:
    most = (1 << prefix) - 1
    if value < most:
        return bytes([value])
    value -= most
    out = bytearray([most])
    while value >= 128:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def decode(block: bytes) -> dict[str, str]:
    """The headers by name; of several of one name the last. Raises HeaderError."""
    headers: dict[str, str] = {}
    at = 0
    try:
        while at < len(block):
            first = block[at]
            if first & 0x80:  # a whole entry of the static table
                index, at = _read_integer(block, at, 7)
                name, value = _STATIC[index - 1]
            elif first & 0xE0 == 0x20:  # the size of the dynamic table: 0, as we asked
                _, at = _read_integer(block, at, 5)
                continue
            else:  # a literal, indexed (which a table of size 0 forgets) or not
                index, at = _read_integer(block, at, 6 if first & 0x40 else 4)
                name, at = (_STATIC[index - 1][0], at) if index else _read_string(block, at)
                value, at = _read_string(block, at)
            headers[name] = value
    except IndexError as error:
        raise HeaderError("the header block is cut off, or speaks of a dynamic table") from error
    return headers


def _read_integer(block: bytes, at: int, prefix: int) -> tuple[int, int]:
    most = (1 << prefix) - 1
    value = block[at] & most
    at += 1
    if value < most:
        return value, at
    shift = 0
    while True:
        byte = block[at]
        value += (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if not byte & 128:
            return value, at


def _read_string(block: bytes, at: int) -> tuple[str, int]:
    compressed = block[at] & 0x80
    length, at = _read_integer(block, at, 7)
    data = block[at : at + length]
    if len(data) < length:
        raise HeaderError("the header block is cut off")
    return (expand(data) if compressed else data).decode("latin-1"), at + length


def expand(data: bytes) -> bytes:
    """Huffman-coded bytes, in plain. Raises HeaderError."""
    out = bytearray()
    bits = code = 0
    for byte in data:
        for shift in range(7, -1, -1):
            code = code << 1 | byte >> shift & 1
            bits += 1
            symbol = _CODES.get((bits, code))
            if symbol is None:
                continue
            if symbol == _END:
                raise HeaderError("the end-of-string code stands in a string")
            out.append(symbol)
            bits = code = 0
    if bits > 7 or code != (1 << bits) - 1:
        raise HeaderError("the padding of a string is wrong")
    return bytes(out)
