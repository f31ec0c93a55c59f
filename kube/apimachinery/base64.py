"""Base64 as Kubernetes reads it for `data` of Secrets: the standard alphabet, padded; line breaks are skipped.

Called by the field type `Bytes` for what clients send, and by whoever needs the bytes. It calls nothing. The text of
the error is that of Go's `base64.CorruptInputError`, which is what a client sees.
"""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64

_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")


def canonical(text: str) -> str:
    """The same bytes as the server writes them. Raises ValueError in Go's words."""
    compact = text.replace("\n", "").replace("\r", "")
    try:
        if len(compact) % 4 == 0:
            return encode(a2b_base64(compact, strict_mode=True))
    except (Error, ValueError):
        pass
    raise ValueError(f"illegal base64 data at input byte {_first_bad_byte(text)}")


def decode(text: str) -> bytes:
    """The bytes of a field of type `Bytes`."""
    return a2b_base64(text)


def encode(data: bytes) -> str:
    """Bytes as a field of type `Bytes` holds them."""
    return b2a_base64(data, newline=False).decode()


def _first_bad_byte(text: str) -> int:
    """Where Go's decoder stops: in fours, of which only the last may end in padding."""
    in_four = 0
    for at, char in enumerate(text):
        if char in "\r\n":
            continue
        if char not in _ALPHABET:
            return at if char != "=" or in_four < 2 else _after_padding(text, at, in_four)
        in_four = (in_four + 1) % 4
    return len(text) - in_four


def _after_padding(text: str, at: int, in_four: int) -> int:
    """The padding began at a right place: the fault is what follows it, or what does not."""
    rest = [i for i in range(at + 1, len(text)) if text[i] not in "\r\n"]
    if in_four == 2:
        if not rest:
            return len(text)
        if text[rest[0]] != "=":
            return rest[0] - 1
        rest = rest[1:]
    return rest[0] if rest else len(text)
